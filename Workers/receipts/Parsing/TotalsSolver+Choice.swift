// From the evidence to the total, and to the figures that go with it.
extension TotalsSolver {
  /// The amount that most speaks for, in all readings of a receipt together.
  static func best(of readings: [TotalsSolver]) -> (value: Amount, confidence: Double)? {
    let evidence = readings.flatMap { $0.evidence() }
    var scores: [Amount: Double] = [:]
    for item in evidence { scores[item.value, default: 0] += item.weight }
    for value in scores.keys {
      // A figure that differs as misread ones do speaks a little for what it may have been.
      for item in evidence where item.value != value { scores[value]! += nearness(item.value, value) * item.weight }
      for reading in readings { scores[value]! -= reading.objection(to: value) }
    }
    let order = scores.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key > $1.key }
    guard let first = order.first else { return nil }
    let second = max(0, order.dropFirst().first { nearness($0.key, first.key) == 0 }?.value ?? 0)
    let share = first.value <= 0 ? 0.1 : first.value / (first.value + second)
    // What a single figure or sum says may be that figure misread.
    let most = evidence.count { $0.value == first.key } > 1 ? 0.99 : 0.65
    return (first.key, max(0.05, min(most, share * min(1, max(0.2, first.value / Double(readings.count)) / 3))))
  }

  /// How much one amount may be the other misread: 0 for not at all.
  static func nearness(_ a: Amount, _ b: Amount) -> Double {
    let (a, b) = (Array(a.text.utf8), Array(b.text.utf8))
    if a.count == b.count {
      let pairs = zip(a, b).filter { $0 != $1 }
      return pairs.count == 1 ? 0.4 * Lookalikes.likeness(pairs[0].0, pairs[0].1) : 0
    }
    // The first digit is lost: 7.55 for 27.55.
    let (short, long) = a.count < b.count ? (a, b) : (b, a)
    return short.count + 1 == long.count && long.dropFirst().elementsEqual(short) ? 0.3 : 0
  }

  /// What speaks against an amount, whoever speaks for it.
  private func objection(to value: Amount) -> Double {
    var sum = 0.0
    if !isStep(value) { sum += hasRounding ? 1.5 : 0.4 }
    // Nobody buys a thing for less than it costs.
    if discounts.isEmpty, items.contains(where: { $0.isConsistent && $0.weight > 0.6 && $0.price > value }) { sum += 1 }
    return sum
  }

  // MARK: The rest

  func totals(for best: (value: Amount, confidence: Double)?) -> Totals {
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
  func choosePayment(_ total: Amount, _ result: inout Totals) {
    for paid in cash + cards {
      for change in changes where paid.value - change.value == total {
        result.cash = paid.value
        result.change = change.value
        return
      }
    }
  }

  /// Of several subtotals, taxes and signs of the rounding those that give the total.
  func chooseSum(_ result: inout Totals) {
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

  func addChecks(_ result: inout Totals) {
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
      result.checks.append(Totals.Check(name: "rounding_step", holds: total == step, left: step, right: total))
    }
  }
}
