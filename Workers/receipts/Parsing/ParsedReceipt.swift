package import JSON

/// What was found in the lines of a receipt.
package struct ParsedReceipt: Sendable {
  var merchant: Merchant
  var date: ReceiptDate?
  var time: TimeOfDay?
  var items: [ReceiptItem]
  var totals: Totals
  var currency: String?
  /// Readings of the image that would have given the same total, and the same date.
  var agreement: (readings: Int, total: Int, date: Int)

  /// What was not found by rules but said by a model, and stands in the text.
  private var modelled: [Field] = []

  package enum Field: String, CaseIterable, Sendable { case company, date, total }

  init(
    merchant: Merchant,
    date: ReceiptDate?,
    time: TimeOfDay?,
    items: [ReceiptItem],
    totals: Totals,
    currency: String?,
    agreement: (readings: Int, total: Int, date: Int)
  ) {
    self.merchant = merchant
    self.date = date
    self.time = time
    self.items = items
    self.totals = totals
    self.currency = currency
    self.agreement = agreement
  }

  /// What the rules found nothing for.
  package var missing: [Field] {
    Field.allCases.filter {
      switch $0 {
      case .company: merchant.company == nil
      case .date: date == nil
      case .total: totals.total == nil
      }
    }
  }

  /// Takes what a model says of a field, if it stands in the text; whether it did.
  package mutating func take(_ field: Field, _ value: JSON?, _ order: ReceiptDate.Order, _ text: Grounding) -> Bool {
    switch field {
    case .company:
      guard let company = text.company(value) else { return false }
      (merchant.company, merchant.confidence) = (company, Self.modelConfidence)
    case .date:
      guard var date = text.date(value, order) else { return false }
      date.score = 0
      self.date = date
    case .total:
      guard let total = text.total(value) else { return false }
      (totals.total, totals.confidence) = (total, Self.modelConfidence)
    }
    modelled.append(field)
    return true
  }

  private static let modelConfidence = 0.4

  /// Whether another reading of the image is worth its time. Measured: of totals and dates that are surer than this 99 in
  /// 100 are right; of other totals one half, of other dates four in five.
  package var isDoubtful: Bool {
    totals.confidence < 0.7 || (date?.confidence ?? 0) < 0.94 && agreement.date < 2
      // A shop's name is worth one more look, no more.
      || agreement.readings == 1 && merchant.confidence < 0.4
  }

  package var json: JSON {
    func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    func amount(_ value: Amount?) -> JSON { value?.json ?? .null }
    var receipt = JSONObject()
    receipt["company"] = text(merchant.company)
    receipt["address"] = text(merchant.address)
    receipt["date"] = text(date?.iso)
    receipt["time"] = text(time?.iso)
    receipt["items"] = .array(
      items.map { item in
        [
          "name": .string(item.name.isEmpty ? "(no name)" : item.name), "quantity": item.quantity.quantityJSON,
          "unit_price": amount(item.unitPrice),
          "price": item.price.json,
        ]
      }
    )
    receipt["subtotal"] = amount(totals.subtotal)
    receipt["service_charge"] = amount(totals.serviceCharge)
    receipt["discount"] = amount(totals.discount)
    receipt["tax"] = amount(totals.tax)
    receipt["rounding"] = amount(totals.rounding)
    receipt["total"] = amount(totals.total)
    receipt["cash"] = amount(totals.cash)
    receipt["change"] = amount(totals.change)
    receipt["currency"] = text(currency)
    let dateConfidence = date.map { max(0.1, min(0.99, 0.4 + 0.12 * $0.score)) } ?? 0
    receipt["confidence"] = [
      "company": Amount.hundredths(merchant.confidence), "date": Amount.hundredths(dateConfidence),
      "total": Amount.hundredths(totals.confidence),
      "overall": Amount.hundredths((merchant.confidence + dateConfidence + 2 * totals.confidence) / 4),
    ]
    receipt["checks"] = .array(
      totals.checks.map {
        ["name": .string($0.name), "holds": .bool($0.holds), "left": $0.left.json, "right": $0.right.json]
      }
    )
    receipt["summary"] = .string(summary)
    if !modelled.isEmpty {
      receipt["sources"] = .object(JSONObject(modelled.map { ($0.rawValue, "model") }))
    }
    return .object(receipt)
  }

  /// For people, in one or two sentences.
  private var summary: String {
    let shop = merchant.company ?? "A shop whose name was not found"
    let day = date.map { $0.iso } ?? "date not found"
    guard let total = totals.total else { return "\(shop), \(day): total not found." }
    let doubt = totals.confidence < 0.5 ? " (uncertain)" : ""
    var text = "\(shop), \(day): \(currency.map { $0 + " " } ?? "")\(total.text)\(doubt)."
    if let sum = totals.checks.first(where: { $0.name == "items_sum" }) {
      text += sum.holds ? " The items add up to it." : " The items that were found add up to \(sum.left.text)."
    }
    return text
  }
}
