/// The figures at the end of a receipt, and what they say about each other.
struct Totals: Sendable {
  var total: Amount?
  /// 0 … 1.
  var confidence = 0.0
  var subtotal: Amount?
  var tax: Amount?
  var rounding: Amount?
  var serviceCharge: Amount?
  var discount: Amount?
  var cash: Amount?
  var change: Amount?
  var checks: [Check] = []

  /// An equation between figures that were read. One that does not hold means that a figure was misread, or that the
  /// receipt counts otherwise.
  struct Check: Sendable {
    /// `items_sum`, `subtotal_tax_rounding`, `cash_change` or `rounding_step`.
    var name: String
    var holds: Bool
    var left: Amount
    var right: Amount
  }
}

/// Finds the total by weighing what speaks for each amount.
///
/// Every line with a word for it is evidence, and so is every sum that should give it: cash less change; subtotal, tax and
/// rounding; the tax table; the items. Figures that were read independently of each other and agree outweigh any single
/// line, whatever its wording. An amount that differs from evidence in one digit gains a little from it, since that is
/// how OCR errs.
struct TotalsSolver {
  private struct Figure {
    var value: Amount
    var weight: Double
    var line: Int
  }

  private struct Evidence {
    var value: Amount
    var weight: Double
  }

  private let lines: [ReceiptLine]
  private let roles: [LineRole?]
  private let items: [ReceiptItem]
  private var totals: [Figure] = []
  private var subtotals: [Figure] = []
  private var taxes: [Figure] = []
  private var roundings: [Figure] = []
  private var serviceCharges: [Figure] = []
  private var discounts: [Figure] = []
  private var cash: [Figure] = []
  private var cards: [Figure] = []
  private var changes: [Figure] = []
  /// Taxable amount and tax of a tax table.
  private var table: (base: Figure, tax: Figure)?
  private var hasRounding = false
  /// Percentages that are printed beside a word for tax, and in the tax table.
  private var rates: Set<Amount> = []

  static func solve(_ lines: [ReceiptLine], _ roles: [LineRole?], _ items: [ReceiptItem]) -> Totals {
    var solver = TotalsSolver(lines: lines, roles: roles, items: items)
    solver.collect()
    return solver.totals(for: solver.best())
  }

  private init(lines: [ReceiptLine], roles: [LineRole?], items: [ReceiptItem]) {
    self.lines = lines
    self.roles = roles
    self.items = items
  }

  // MARK: What is printed

  private mutating func collect() {
    let itemLines = Set(items.map(\.line))
    var isInTable = false
    for (i, line) in lines.enumerated() {
      let role = roles[i]
      if role == .taxSummary { isInTable = true }
      if Keywords.containsAny(line.letters, ["GST", "TAX", "SST", "VAT"]) {
        for number in line.numbers where number.isPercent { rates.insert(number.value) }
      }
      if isInTable, takeTable(line) { continue }
      guard let role, !itemLines.contains(i) || isClosing(role) else { continue }
      guard var figure = figure(of: i, role) else { continue }
      switch role {
      case .total(let weight):
        figure.weight *= isInTable ? weight * 0.3 : weight
        totals.append(figure)
      case .subtotal: if figure.value > .zero { subtotals.append(figure) }
      case .count:
        // Behind the number of things some print their sum.
        if let amount = line.amounts.last, line.numbers.first != amount {
          figure.weight *= 0.8
          subtotals.append(figure)
        }
      case .tax: if !isInTable { taxes.append(figure) }
      case .rounding:
        hasRounding = true
        if figure.value.magnitude < Amount(cents: 100) { roundings.append(figure) }
      case .serviceCharge: serviceCharges.append(figure)
      case .discount: discounts.append(figure)
      case .payment(let isCard): if isCard { cards.append(figure) } else { cash.append(figure) }
      case .change: changes.append(figure)
      case .taxSummary, .other: break
      }
    }
  }

  /// What an item's row is never.
  private func isClosing(_ role: LineRole) -> Bool {
    switch role {
    case .total, .subtotal, .rounding, .change: true
    default: false
    }
  }

  /// The last amount in a line, or else the only thing in the line below.
  private func figure(of index: Int, _ role: LineRole) -> Figure? {
    let line = lines[index]
    if let amount = line.amounts.last { return figure(amount, line) }
    if isClosing(role), let number = line.numbers.last, number.reading == .pointless, number.range.count <= 7 {
      return figure(number.withPoint, line)
    }
    guard line.numbers.isEmpty, index + 1 < lines.count, roles[index + 1] == nil else { return nil }
    let next = lines[index + 1]
    guard next.amounts.count == 1, next.letters.count <= 3, let amount = next.amounts.last else { return nil }
    return figure(amount, next)
  }

  private func figure(_ number: PrintedNumber, _ line: ReceiptLine) -> Figure {
    Figure(value: number.value, weight: number.weight * (0.4 + 0.6 * line.confidence(number.range)), line: line.index)
  }

  /// A row of the tax table: taxable amount and tax, the last two amounts.
  private mutating func takeTable(_ line: ReceiptLine) -> Bool {
    let amounts = line.amounts
    guard amounts.count >= 2 else { return false }
    let base = figure(amounts[amounts.count - 2], line)
    let tax = figure(amounts[amounts.count - 1], line)
    guard isTax(tax.value, of: base.value) || tax.value == .zero else { return false }
    if let number = line.numbers.first(where: { $0.range.upperBound <= amounts[amounts.count - 2].range.lowerBound }) {
      rates.insert(number.value)
    }
    if case .total? = roles[line.index] {
      if table == nil { table = (base, tax) }
    } else if let known = table {
      let sum = Figure(
        value: known.base.value + base.value,
        weight: min(known.base.weight, base.weight),
        line: line.index
      )
      table = (
        sum, Figure(value: known.tax.value + tax.value, weight: min(known.tax.weight, tax.weight), line: line.index)
      )
    } else {
      table = (base, tax)
    }
    return true
  }

  /// No tax on sales is beyond 30 %.
  private func isTax(_ tax: Amount, of base: Amount) -> Bool { tax.units >= 0 && tax.units * 10 <= base.units * 3 }

  /// A tax that is a printed percentage of its base was read well, and so was the base.
  private func taxWeight(_ tax: Figure, of base: Amount) -> Double {
    let holds = rates.contains { rate in
      rate > .zero
        && (base * Amount(units: rate.units / 100)).map { ($0 - tax.value).magnitude <= Amount(cents: 2) } == true
    }
    return tax.weight * (holds ? 1.5 : rates.isEmpty ? 1 : 0.7)
  }

  // MARK: What follows from it

  private func evidence() -> [Evidence] {
    var list = totals.filter { $0.value > .zero }.map { Evidence(value: $0.value, weight: $0.weight) }
    func add(_ value: Amount, _ weight: Double) {
      if value > .zero { list.append(Evidence(value: value, weight: weight)) }
    }
    for paid in cash {
      for change in changes where change.value >= .zero && change.value < paid.value {
        // Two figures agree on nothing by chance; without change it is one figure.
        add(paid.value - change.value, (change.value > .zero ? 3 : 1.5) * min(paid.weight, change.weight))
      }
      add(paid.value, 0.5 * paid.weight)
    }
    for paid in cards { add(paid.value, 1.5 * paid.weight) }
    for base in subtotals {
      for (value, weight) in sums(from: base) { add(value, weight) }
    }
    if let table {
      let weight = min(table.base.weight, table.tax.weight)
      for (value, factor) in rounded(table.base.value + table.tax.value) { add(value, 1.5 * weight * factor) }
    }
    // A total before rounding, and the rounding after it; one of nothing leaves the total as it is.
    for total in totals where total.value > .zero {
      for rounding in roundings where rounding.line > total.line {
        if rounding.value == .zero {
          add(total.value, 0.8 * min(total.weight / 2, rounding.weight))
          continue
        }
        for (value, _) in signs(total.value, rounding.value) where isStep(value) && !isStep(total.value) {
          add(value, 1.5 * min(total.weight / 2, rounding.weight))
        }
      }
    }
    if !items.isEmpty {
      let sum = items.reduce(Amount.zero) { $0 + $1.price }
      let consistent = Double(items.count(where: \.isConsistent)) / Double(items.count)
      let weight = (0.5 + consistent) * (items.map(\.weight).min() ?? 0)
      for (value, factor) in rounded(sum) { add(value, weight * factor) }
      for tax in taxes where tax.value > .zero && isTax(tax.value, of: sum) {
        for (value, factor) in rounded(sum + tax.value) { add(value, 0.8 * weight * tax.weight * factor) }
      }
    }
    return list
  }

  /// A subtotal alone, and with what is added to it.
  private func sums(from base: Figure) -> [(Amount, Double)] {
    var sums: [(Amount, Double)] = []
    let service = serviceCharges.last { $0.value > .zero && isTax($0.value, of: base.value) }
    let value = base.value + (service?.value ?? .zero)
    for tax in taxes where tax.value > .zero && isTax(tax.value, of: base.value) {
      let weight = 3 * min(base.weight, taxWeight(tax, of: base.value), service?.weight ?? 1)
      for (sum, factor) in rounded(value + tax.value) { sums.append((sum, weight * factor)) }
    }
    for discount in discounts where discount.value != .zero && discount.value.magnitude < value {
      sums.append((value - discount.value.magnitude, 1.2 * min(base.weight, discount.weight)))
    }
    for (sum, factor) in rounded(value) { sums.append((sum, 1.2 * base.weight * factor)) }
    return sums
  }

  /// With the printed rounding, either way where the sign may be lost; as it is when there is none.
  private func rounded(_ value: Amount) -> [(Amount, Double)] {
    guard let rounding = roundings.last, rounding.value != .zero else { return [(value, 1)] }
    return signs(value, rounding.value).map { ($0.0, $0.1 * (isStep($0.0) ? 1 : 0.3)) } + [
      (value, isStep(value) ? 0.8 : 0.3)
    ]
  }

  private func signs(_ value: Amount, _ rounding: Amount) -> [(Amount, Double)] {
    // A minus that was read is one; one that was not may have been lost.
    rounding < .zero ? [(value + rounding, 1)] : [(value + rounding, 0.9), (value - rounding, 0.8)]
  }

  /// Where coins below five are not in use, what is paid is a multiple of them: if the receipt rounds at all.
  private func isStep(_ value: Amount) -> Bool { !hasRounding || value.units % 500 == 0 }

  // MARK: The decision

  private func best() -> (value: Amount, confidence: Double)? {
    let evidence = evidence()
    var scores: [Amount: Double] = [:]
    for item in evidence { scores[item.value, default: 0] += item.weight }
    for value in scores.keys {
      let near = evidence.filter { $0.value != value && differsInOneDigit($0.value, value) }
      scores[value]! += 0.3 * near.reduce(0) { $0 + $1.weight }
      if !isStep(value) { scores[value]! -= 1.5 }
    }
    let order = scores.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key > $1.key }
    guard let first = order.first else { return nil }
    let second = max(0, order.dropFirst().first { !differsInOneDigit($0.key, first.key) }?.value ?? 0)
    let share = first.value <= 0 ? 0.1 : first.value / (first.value + second)
    return (first.key, max(0.05, min(0.99, share * min(1, max(0.2, first.value) / 3))))
  }

  private func differsInOneDigit(_ a: Amount, _ b: Amount) -> Bool {
    let (a, b) = (Array(a.text.utf8), Array(b.text.utf8))
    if a.count == b.count { return zip(a, b).count { $0 != $1 } == 1 }
    // The first digit is lost: 7.55 for 27.55.
    return a.count + 1 == b.count && b.dropFirst().elementsEqual(a)
      || b.count + 1 == a.count && a.dropFirst().elementsEqual(b)
  }

  // MARK: The rest

  private func totals(for best: (value: Amount, confidence: Double)?) -> Totals {
    var result = Totals()
    result.total = best?.value
    result.confidence = best?.confidence ?? 0
    result.serviceCharge = serviceCharges.last?.value
    result.discount = discounts.last { $0.value != .zero }?.value.magnitude
    result.rounding = roundings.last?.value
    result.cash = (cash + cards).first?.value
    result.change = changes.last?.value
    if let total = best?.value { choosePayment(total, &result) }
    // Nobody gives back more than was given.
    if let change = result.change, change > result.cash ?? .zero { result.change = nil }
    chooseSum(&result)
    if let tax = result.tax, let total = result.total, !isTax(tax, of: total) { result.tax = nil }
    if let discount = result.discount, let total = result.total, discount >= total + total { result.discount = nil }
    addChecks(&result)
    return result
  }

  /// Of several payments and changes the two that give the total.
  private func choosePayment(_ total: Amount, _ result: inout Totals) {
    for paid in cash + cards {
      for change in changes where paid.value - change.value == total {
        result.cash = paid.value
        result.change = change.value
        return
      }
    }
  }

  /// Of several subtotals, taxes and signs of the rounding those that give the total.
  private func chooseSum(_ result: inout Totals) {
    result.subtotal = subtotals.first?.value
    result.tax = taxes.last?.value ?? table?.tax.value
    guard let total = result.total else { return }
    let bases = subtotals.map(\.value) + (table.map { [$0.base.value] } ?? [])
    let parts = taxes.map(\.value) + (table.map { [$0.tax.value] } ?? []) + [.zero]
    let service = result.serviceCharge ?? .zero
    let given = result.rounding ?? .zero
    for base in bases {
      for tax in parts {
        for rounding in given > .zero ? [given, -given] : [given] where base + service + tax + rounding == total {
          result.subtotal = base
          // A tax that the subtotal holds already is not added to it, and still the tax.
          if tax != .zero || taxes.isEmpty { result.tax = tax == .zero ? result.tax : tax }
          if result.rounding != nil { result.rounding = rounding }
          return
        }
      }
    }
    // Rounded from another printed total.
    if given > .zero, totals.contains(where: { $0.value - given == total }),
      !totals.contains(where: { $0.value + given == total })
    {
      result.rounding = -given
    }
  }

  private func addChecks(_ result: inout Totals) {
    guard let total = result.total else { return }
    let rounding = result.rounding ?? .zero
    if !items.isEmpty {
      let sum = items.reduce(Amount.zero) { $0 + $1.price }
      let extra = (result.serviceCharge ?? .zero) - (result.discount ?? .zero)
      let ways = [sum, sum + extra, sum + (result.tax ?? .zero), sum + extra + (result.tax ?? .zero)]
      let left = ways.first { $0 + rounding == total } ?? sum
      result.checks.append(
        Totals.Check(name: "items_sum", holds: left + rounding == total, left: left + rounding, right: total)
      )
    }
    if let subtotal = result.subtotal {
      let tax = result.tax ?? .zero
      let service = result.serviceCharge ?? .zero
      let ways = [
        subtotal + service + tax + rounding, subtotal + service + rounding,
        subtotal + rounding - (result.discount ?? .zero),
      ]
      let left = ways.first { $0 == total } ?? ways[0]
      result.checks.append(Totals.Check(name: "subtotal_tax_rounding", holds: left == total, left: left, right: total))
    }
    if let cash = result.cash, let change = result.change {
      result.checks.append(
        Totals.Check(name: "cash_change", holds: cash - change == total, left: cash - change, right: total)
      )
    }
    if hasRounding {
      let step = Amount(units: total.units - total.units % 500)
      result.checks.append(Totals.Check(name: "rounding_step", holds: isStep(total), left: step, right: total))
    }
  }
}
