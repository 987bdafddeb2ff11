internal import JSON
internal import WorkerKit

/// The arguments of one call, typed. They fit the function's schema already, so what is missing here is a mistake of the
/// function's own and told as one.
struct Arguments {
  private let json: JSON

  init(_ json: JSON) { self.json = json }

  func decimal(_ name: String) throws(WireError) -> Decimal {
    guard let value = json[name].flatMap({ Decimal(json: $0) }) else { throw wrong(name, "a number") }
    return value
  }

  func string(_ name: String) throws(WireError) -> String {
    guard let value = json[name]?.stringValue else { throw wrong(name, "a text") }
    return value
  }

  func bool(_ name: String, default value: Bool) throws(WireError) -> Bool {
    guard let member = json[name] else { return value }
    guard let value = member.boolValue else { throw wrong(name, "true or false") }
    return value
  }

  func items(_ name: String) throws(WireError) -> [Item] {
    guard let values = json[name]?.arrayValue else { throw wrong(name, "a list of items") }
    return try Self.items(values)
  }

  /// A list of lists; absent: none.
  func lists(_ name: String) throws(WireError) -> [[Item]] {
    var lists: [[Item]] = []
    for list in json[name]?.arrayValue ?? [] {
      guard let values = list.arrayValue else { throw wrong(name, "a list of lists of items") }
      lists.append(try Self.items(values))
    }
    return lists
  }

  private static func items(_ values: [JSON]) throws(WireError) -> [Item] {
    var items: [Item] = []
    items.reserveCapacity(values.count)
    for value in values { items.append(try Item(value)) }
    return items
  }

  /// `currency`, `digits` and `rounding`.
  func money() throws(WireError) -> Money {
    let rounding = json["rounding"]?.stringValue.flatMap(Decimal.Rounding.init(rawValue:))
    return Money(
      currency: json["currency"]?.stringValue,
      digits: json["digits"]?.integerValue.map { Int($0) },
      rounding: rounding
    )
  }

  private func wrong(_ name: String, _ due: String) -> WireError {
    WireError(.internalError, "argument '\(name)' is not \(due)")
  }
}
