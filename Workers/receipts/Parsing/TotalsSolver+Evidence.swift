// What the figures of a receipt say about its total.
extension TotalsSolver {
  func evidence() -> [Evidence] {
    var list = totals.filter { $0.value > .zero }.map { Evidence(value: $0.value, weight: $0.weight) }
    func add(_ value: Amount, _ weight: Double) {
      if value > .zero { list.append(Evidence(value: value, weight: weight)) }
    }
    for paid in cash {
      for change in changes where change.value >= .zero && change.value < paid.value {
        // Two figures agree on nothing by chance; without change it is one figure. What no coins make was misread.
        let coins = isStep(paid.value) && isStep(change.value) ? 1 : 0.3
        add(paid.value - change.value, (change.value > .zero ? 3 : 1.5) * coins * min(paid.weight, change.weight))
      }
      add(paid.value, 0.5 * paid.weight)
    }
    for paid in cards { add(paid.value, 1.5 * paid.weight) }
    for figure in unnamed { add(figure.value, 0.3 * figure.weight) }
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
  func sums(from base: Figure) -> [(Amount, Double)] {
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
  func rounded(_ value: Amount) -> [(Amount, Double)] {
    guard let rounding = roundings.last, rounding.value != .zero else { return [(value, 1)] }
    return signs(value, rounding.value).map { ($0.0, $0.1 * (isStep($0.0) ? 1 : 0.3)) } + [
      (value, isStep(value) ? 0.8 : 0.3)
    ]
  }

  func signs(_ value: Amount, _ rounding: Amount) -> [(Amount, Double)] {
    // A minus that was read is one; one that was not may have been lost.
    rounding < .zero ? [(value + rounding, 1)] : [(value + rounding, 0.9), (value - rounding, 0.8)]
  }

  /// Where coins below five are not in use, what is paid is a multiple of them.
  func isStep(_ value: Amount) -> Bool { !(hasRounding || hasFiveSenCoins) || value.units % 500 == 0 }
}
