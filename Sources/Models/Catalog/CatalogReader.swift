internal import JSON

extension ModelCatalog {
  /// An object of a catalog with its place, for errors that say where.
  struct Reader {
    let json: JSONObject
    private let place: String

    init(_ json: JSON, _ place: String) throws(CatalogError) {
      guard let object = json.objectValue else {
        throw CatalogError(path: place, detail: "\(json.typeName) where an object is due")
      }
      self.json = object
      self.place = place
    }

    func path(_ member: String) -> String {
      place + "/"
        + member.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
        .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }

    func error(_ detail: String, _ member: String? = nil) -> CatalogError {
      CatalogError(path: member.map { path($0) } ?? place, detail: detail)
    }

    /// Itself, when it has no other members than these.
    func known(_ members: String...) throws(CatalogError) -> Reader {
      for member in json.members where !members.contains(member.key) {
        throw error("unknown member; known are \(members.joined(separator: ", "))", member.key)
      }
      return self
    }

    func object(_ member: String) throws(CatalogError) -> Reader? {
      guard let value = json[member] else { return nil }
      return try Reader(value, path(member))
    }

    func string(_ member: String) throws(CatalogError) -> String? {
      guard let value = json[member] else { return nil }
      guard let text = value.stringValue else { throw wrong(value, "a string", member) }
      return text
    }

    func bool(_ member: String) throws(CatalogError) -> Bool? {
      guard let value = json[member] else { return nil }
      guard let bool = value.boolValue else { throw wrong(value, "a boolean", member) }
      return bool
    }

    func integer(_ member: String, _ range: ClosedRange<Int64>) throws(CatalogError) -> Int? {
      guard let value = json[member] else { return nil }
      guard let integer = value.integerValue else { throw wrong(value, "an integer", member) }
      guard range.contains(integer) else {
        throw error("\(integer) is not within \(range.lowerBound) to \(range.upperBound)", member)
      }
      return Int(integer)
    }

    func strings(_ member: String) throws(CatalogError) -> [String]? {
      guard let value = json[member] else { return nil }
      guard let array = value.arrayValue, array.count <= 64 else { throw error("not a list of up to 64", member) }
      var strings: [String] = []
      for (index, element) in array.enumerated() {
        guard let text = element.stringValue else { throw wrong(element, "a string", "\(member)/\(index)") }
        strings.append(text)
      }
      return strings
    }

    func range(_ member: String) throws(CatalogError) -> ClosedRange<Double>? {
      guard let value = json[member] else { return nil }
      guard let bounds = value.arrayValue, bounds.count == 2, let low = bounds[0].doubleValue,
        let high = bounds[1].doubleValue, low <= high
      else { throw error("not two numbers in order", member) }
      return low...high
    }

    func choice<Value>(_ member: String, _ value: (String) -> Value?) throws(CatalogError) -> Value? {
      guard let text = try string(member) else { return nil }
      guard let value = value(text) else { throw error("\(quoted(text)) is not known here", member) }
      return value
    }

    /// A price in dollars per million tokens, exact.
    func picodollars(_ member: String) throws(CatalogError) -> Int? {
      guard let value = json[member] else { return nil }
      let text: String
      switch value {
      case .integer(let integer): text = String(integer)
      case .number(let number): text = number.text
      default: throw wrong(value, "a number", member)
      }
      let price = Decimal(text)
      // Bounded before it is written out: an exponent may be large.
      guard !price.isNegative, price.pointPosition <= 6, price.digits.count - price.pointPosition <= 6 else {
        throw error("a price is 0 or more, below 1000000, with at most 6 digits behind the point", member)
      }
      var picodollars = price.digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
      for _ in 0..<(6 - price.digits.count + price.pointPosition) { picodollars *= 10 }
      return picodollars
    }

    private func wrong(_ value: JSON, _ due: String, _ member: String) -> CatalogError {
      CatalogError(path: place + "/" + member, detail: "\(value.typeName) where \(due) is due")
    }
  }
}
