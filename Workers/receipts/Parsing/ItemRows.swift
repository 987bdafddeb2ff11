/// One thing that was bought.
struct ReceiptItem: Sendable {
  var name: String
  var quantity: Amount
  var unitPrice: Amount?
  var price: Amount
  /// Whether quantity times unit price is the price as printed.
  var isConsistent: Bool
  var weight: Double
  var line: Int
}

/// The part of a receipt that lists what was bought.
///
/// A row has its price at its end, before it perhaps the unit price and the quantity. The name is in the row, or on
/// lines of its own: before the row or after it, the same in the whole receipt.
struct ItemRows {
  let lines: [ReceiptLine]
  let roles: [LineRole?]

  static func find(in lines: [ReceiptLine], _ roles: [LineRole?]) -> [ReceiptItem] {
    ItemRows(lines: lines, roles: roles).items()
  }

  private func items() -> [ReceiptItem] {
    guard let region = region() else { return [] }
    var items: [ReceiptItem] = []
    var nameless: [Int] = []
    var rows: Set<Int> = []
    for index in region where !isHeading(lines[index]) {
      guard var item = row(lines[index]) else { continue }
      // What is the sum of all before it is their total, whatever it is called.
      if items.count >= 2, item.price == items.reduce(Amount.zero, { $0 + $1.price }) { break }
      rows.insert(index)
      // A percentage of the row before is taken off it.
      if let percent = lines[index].numbers.first(where: \.isPercent)?.value, let last = items.last, item.price > .zero,
        let part = last.price * Amount(units: percent.units / 100), part == item.price
      {
        item.price = -item.price
        item.isConsistent = true
      }
      item.name = name(in: lines[index])
      if item.name.isEmpty { nameless.append(items.count) }
      items.append(item)
    }
    if let first = nameless.first, let last = nameless.last {
      let before = !names(before: items[first].line, region, rows).isEmpty
      let after = !names(after: items[last].line, region, rows).isEmpty
      for i in nameless {
        let line = items[i].line
        let found = before || !after ? names(before: line, region, rows) : names(after: line, region, rows)
        items[i].name = found.joined(separator: " ")
      }
    }
    return items.filter { !$0.name.isEmpty || $0.isConsistent }
  }

  // MARK: The region

  private func region() -> Range<Int>? {
    let closing = lines.indices.first { isClosing(roles[$0]) && !lines[$0].numbers.isEmpty } ?? lines.count
    let heading = lines[..<closing].firstIndex { isHeading($0) }
    var start = heading.map { $0 + 1 } ?? 0
    if heading == nil {
      // Without a heading the first line with an amount, and what names it.
      guard let first = lines.firstIndex(where: { !$0.amounts.isEmpty }) else { return nil }
      start = max(0, first - 2)
    }
    var seenRow = false
    for index in start..<max(start, lines.count) {
      if ends(index, seenRow) { return start..<index }
      seenRow = seenRow || !lines[index].amounts.isEmpty
    }
    return seenRow ? start..<lines.count : nil
  }

  private func isClosing(_ role: LineRole?) -> Bool {
    switch role {
    case .total?, .subtotal?, .rounding?, .change?, .taxSummary?: true
    default: false
    }
  }

  private func ends(_ index: Int, _ seenRow: Bool) -> Bool {
    switch roles[index] {
    case nil, .other?, .discount?: return false
    case .taxSummary?, .count?: return seenRow
    case .total?, .subtotal?, .rounding?, .change?: return seenRow || !lines[index].numbers.isEmpty
    // The names of things have such words in them.
    case .tax?, .payment?, .serviceCharge?:
      return seenRow && !lines[index].amounts.isEmpty && lines[index].letters.count < 24
    }
  }

  /// A line that names columns.
  func isHeading(_ line: ReceiptLine) -> Bool {
    guard line.numbers.isEmpty else { return false }
    let words = line.ascii.split { !$0.isLetter }.map { String(decoding: $0, as: UTF8.self).uppercased() }
    let columns: Set<String> = [
      "QTY", "PRICE", "AMOUNT", "AMT", "ITEM", "ITEMS", "DESC", "DESCRIPTION", "CODE", "UPRICE", "DISC", "TAX",
      "SPRICE", "RM", "UOM",
      "RSP", "TOTAL", "UNIT", "QUANTITY", "U", "P",
    ]
    if words.count >= 2, words.allSatisfy({ columns.contains($0) }) { return true }
    return words.count { columns.contains($0) } >= 2
      && words.contains {
        ["QTY", "PRICE", "AMOUNT", "AMT", "DESC", "DESCRIPTION", "QUANTITY", "UPRICE", "RSP", "CODE", "TOTAL"].contains(
          $0
        )
      }
  }

  // MARK: Rows

  private func row(_ line: ReceiptLine) -> ReceiptItem? {
    let numbers = line.numbers.filter { !$0.isPercent }
    guard let priceAt = numbers.lastIndex(where: \.isMoney) else { return nil }
    let price = numbers[priceAt]
    // A lonely amount without words belongs to something else.
    guard numbers.count > 1 || line.letters.count >= 3 else { return nil }
    let before = numbers[..<priceAt]
    var item = ReceiptItem(
      name: "",
      quantity: Amount(units: Amount.scale),
      unitPrice: nil,
      price: price.value,
      isConsistent: false,
      weight: price.weight * line.confidence(price.range),
      line: line.index
    )
    // The pair whose product is the price; of several the one that stands next to it.
    let units = before.filter { $0.decimals >= 2 || $0.reading == .pointless }
    search: for unit in units.reversed() {
      for quantity in before.reversed() where quantity.range != unit.range && quantity.reading != .pointless {
        let value = unit.reading == .pointless ? unit.withPoint.value : unit.value
        guard quantity.value > .zero, quantity.decimals != 2 || quantity.value < Amount(cents: 100_000) else {
          continue
        }
        if let product = quantity.value * value, product == price.value {
          item.quantity = quantity.value
          item.unitPrice = value
          item.isConsistent = true
          break search
        }
      }
    }
    if !item.isConsistent, let pair = discounted(Array(before), price.value) {
      item.quantity = pair.quantity
      item.unitPrice = pair.unit
      item.isConsistent = true
    }
    if !item.isConsistent, let pair = lostPoint(numbers) {
      item.quantity = pair.quantity
      item.unitPrice = pair.unit
      item.price = pair.price
      item.isConsistent = true
    }
    if !item.isConsistent {
      let unit = before.last { $0.isMoney }
      if let unit, unit.value == price.value { item.isConsistent = true }
      item.unitPrice = unit?.value
      let count = before.first { $0.decimals == 0 && $0.reading == .exact && $0.value > .zero }
      if let count, unit == nil {
        // Only in front of everything; elsewhere it is part of the name.
        if line.tokens.first?.lowerBound == count.range.lowerBound { item.quantity = count.value }
      } else if let count, let unit, unit.value != price.value, let product = count.value * unit.value,
        product.magnitude > price.value.magnitude
      {
        // With a discount in the row, or a digit misread.
        item.quantity = count.value
      }
    }
    return item
  }

  /// Unit price and discount before the price, the discount as an amount or in percent.
  private func discounted(_ numbers: [PrintedNumber], _ price: Amount) -> (quantity: Amount, unit: Amount)? {
    let amounts = numbers.filter(\.isMoney)
    guard amounts.count >= 2 else { return nil }
    let (unit, discount) = (amounts[amounts.count - 2].value, amounts[amounts.count - 1].value)
    let counts = numbers.filter {
      $0.range.upperBound <= amounts[amounts.count - 2].range.lowerBound && $0.reading == .exact
    }
    for quantity in counts.map(\.value) + [Amount(units: Amount.scale)] where quantity > .zero && discount > .zero {
      guard let full = quantity * unit else { continue }
      let part = full * Amount(units: discount.units / 100)
      if full - discount == price || part.map({ (full - $0 - price).magnitude <= Amount(cents: 1) }) == true {
        return (quantity, unit)
      }
    }
    return nil
  }

  /// The last number of a row has lost its point, and quantity and unit price say so.
  private func lostPoint(_ numbers: [PrintedNumber]) -> (quantity: Amount, unit: Amount, price: Amount)? {
    guard let last = numbers.last, last.reading == .pointless, numbers.count >= 3 else { return nil }
    let unit = numbers[numbers.count - 2]
    let quantity = numbers[numbers.count - 3]
    guard unit.isMoney, let product = quantity.value * unit.value, product == last.withPoint.value else { return nil }
    return (quantity.value, unit.value, product)
  }
}
