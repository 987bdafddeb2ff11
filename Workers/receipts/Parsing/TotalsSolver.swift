/// Finds the total by weighing what speaks for each amount.
///
/// Every line with a word for it is evidence, and so is every sum that should give it: cash less change; subtotal, tax and
/// rounding; the tax table; the items. Figures that were read independently of each other and agree outweigh any single
/// line, whatever its wording. An amount that differs from evidence in one digit gains a little from it, since that is
/// how OCR errs.
struct TotalsSolver {
  struct Figure {
    var value: Amount
    var weight: Double
    var line: Int
  }

  struct Evidence {
    var value: Amount
    var weight: Double
  }

  /// Of one kind; a receipt has fewer, and every pair of them is looked at.
  static let figureLimit = 8

  let lines: [ReceiptLine]
  let roles: [LineRole?]
  let items: [ReceiptItem]
  var totals: [Figure] = []
  var subtotals: [Figure] = []
  var taxes: [Figure] = []
  var roundings: [Figure] = []
  var serviceCharges: [Figure] = []
  var discounts: [Figure] = []
  var cash: [Figure] = []
  var cards: [Figure] = []
  var changes: [Figure] = []
  /// Amounts below the items that stand alone in lines without a word for them.
  var unnamed: [Figure] = []
  /// Taxable amount and tax of a tax table.
  var table: (base: Figure, tax: Figure)?
  var hasRounding = false
  /// Cash is paid in multiples of five there, whether or not the receipt says that it rounds.
  let hasFiveSenCoins: Bool
  /// Percentages that are printed beside a word for tax, and in the tax table.
  var rates: Set<Amount> = []

  /// `currency`: what the receipt counts in, if that is known.
  init(_ lines: [ReceiptLine], _ roles: [LineRole?], _ items: [ReceiptItem], currency: String?) {
    self.lines = lines
    self.roles = roles
    self.items = items
    hasFiveSenCoins = currency == "MYR"
    collect()
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
      guard let role, !itemLines.contains(i) || isClosing(role) else {
        if i > itemLines.max() ?? lines.count / 2, line.amounts.count == 1, let amount = line.amounts.last {
          Self.add(figure(amount, line), to: &unnamed)
        }
        continue
      }
      guard var figure = figure(of: i, role) else { continue }
      switch role {
      case .total(let weight):
        figure.weight *= isInTable ? weight * 0.3 : weight
        Self.add(figure, to: &totals)
      case .subtotal: if figure.value > .zero { Self.add(figure, to: &subtotals) }
      case .count:
        // Behind the number of things some print their sum.
        if let amount = line.amounts.last, line.numbers.first != amount {
          figure.weight *= 0.8
          Self.add(figure, to: &subtotals)
        }
      case .tax: if !isInTable { Self.add(figure, to: &taxes) }
      case .rounding:
        hasRounding = true
        if figure.value.magnitude < Amount(cents: 100) { Self.add(figure, to: &roundings) }
      case .serviceCharge: Self.add(figure, to: &serviceCharges)
      case .discount: Self.add(figure, to: &discounts)
      case .payment(let isCard): if isCard { Self.add(figure, to: &cards) } else { Self.add(figure, to: &cash) }
      case .change: Self.add(figure, to: &changes)
      case .taxSummary, .other: break
      }
    }
    // What is too much for a tax is called something else in words that were misread.
    let most = (totals + subtotals + cash + cards).map(\.value).max() ?? .zero
    let tooMuch = most > .zero ? taxes.filter { !isTax($0.value, of: most) } : []
    if !tooMuch.isEmpty { taxes = taxes.filter { isTax($0.value, of: most) } }
    for tax in tooMuch { Self.add(Figure(value: tax.value, weight: 0.8 * tax.weight, line: tax.line), to: &totals) }
  }

  private static func add(_ figure: Figure, to figures: inout [Figure]) {
    if figures.count < figureLimit { figures.append(figure) }
  }

  /// What an item's row is never.
  func isClosing(_ role: LineRole) -> Bool {
    switch role {
    case .total, .subtotal, .rounding, .change: true
    default: false
    }
  }

  /// The last amount in a line, or else the only thing in the line below.
  func figure(of index: Int, _ role: LineRole) -> Figure? {
    let line = lines[index]
    if let amount = line.amounts.last { return figure(amount, line) }
    if let worn = WornAmount.find(in: line) { return figure(worn, line) }
    guard line.numbers.allSatisfy(\.isPercent), index + 1 < lines.count, roles[index + 1] == nil else { return nil }
    let next = lines[index + 1]
    guard next.amounts.count == 1, next.letters.count <= 3, let amount = next.amounts.last else { return nil }
    return figure(amount, next)
  }

  func figure(_ number: PrintedNumber, _ line: ReceiptLine) -> Figure {
    Figure(value: number.value, weight: number.weight * (0.4 + 0.6 * line.confidence(number.range)), line: line.index)
  }

  /// A row of the tax table: taxable amount and tax, the last two amounts.
  mutating func takeTable(_ line: ReceiptLine) -> Bool {
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
  func isTax(_ tax: Amount, of base: Amount) -> Bool { tax.units >= 0 && tax.units * 10 <= base.units * 3 }

  /// A tax that is a printed percentage of its base was read well, and so was the base.
  func taxWeight(_ tax: Figure, of base: Amount) -> Double {
    let holds = rates.contains { rate in
      rate > .zero
        && (base * Amount(units: rate.units / 100)).map { ($0 - tax.value).magnitude <= Amount(cents: 2) } == true
    }
    return tax.weight * (holds ? 1.5 : rates.isEmpty ? 1 : 0.7)
  }
}
