internal import JSON
internal import WorkerKit

/// A line of a bill.
struct Item: Sendable {
  let name: String
  /// Of one unit, or of the whole line.
  let price: Decimal
  /// An item that says its unit price says in `price` what the line costs, as a receipt prints it.
  let isLinePrice: Bool
  let quantity: Decimal
  let category: String?
  /// As it came, with members that are not ours.
  let json: JSON

  init(_ json: JSON) throws(WireError) {
    guard let name = json["name"]?.stringValue, let price = json["price"].flatMap({ Decimal(json: $0) }) else {
      throw WireError(.internalError, "an item without name or price")
    }
    self.name = name
    self.price = price
    isLinePrice = json["unit_price"] != nil
    quantity = json["quantity"].flatMap { Decimal(json: $0) } ?? Decimal(1)
    category = json["category"]?.stringValue
    self.json = json
  }

  /// Of the line, rounded: bills round each line and then add.
  func total(_ money: Money) throws(Decimal.ArithmeticError) -> Decimal {
    money.rounded(isLinePrice ? price : try price.multiplied(by: quantity))
  }
}

/// Items counted together.
struct Tally {
  private(set) var count = 0
  private(set) var quantity = Decimal.zero
  private(set) var total = Decimal.zero

  mutating func add(_ item: Item, _ money: Money) throws(Decimal.ArithmeticError) {
    count += 1
    quantity = try quantity.adding(item.quantity)
    total = try total.adding(try item.total(money))
  }
}
