/// What tokens cost, in picodollars each: a dollar per million tokens is a million of them.
package struct ModelPrice: Sendable, Equatable {
  package struct Rates: Sendable, Equatable {
    package var input: Int
    package var output: Int
    /// Of input that the provider had in its cache, and that it wrote there; nil: not known.
    package var cachedInput: Int?
    package var cacheWrite: Int?

    package init(input: Int, output: Int, cachedInput: Int? = nil, cacheWrite: Int? = nil) {
      self.input = input
      self.output = output
      self.cachedInput = cachedInput
      self.cacheWrite = cacheWrite
    }
  }

  package var rates: Rates
  /// What holds instead for a whole call whose input has more than so many tokens.
  package var long: (over: Int, rates: Rates)?

  package init(rates: Rates, long: (over: Int, rates: Rates)? = nil) {
    self.rates = rates
    self.long = long
  }

  package static func == (left: ModelPrice, right: ModelPrice) -> Bool {
    left.rates == right.rates && left.long?.over == right.long?.over && left.long?.rates == right.long?.rates
  }
}

/// What a call costs, in billionths of a dollar.
package struct Cost: Sendable, Equatable, Comparable {
  package var nanodollars: Int64

  package init(nanodollars: Int64) { self.nanodollars = nanodollars }

  /// The list price of one call, exact but for one rounding to the nearest nanodollar, halves up; nil where a price that it
  /// takes is not known. Discounts for batches are not known here.
  package init?(_ usage: ModelUsage, at price: ModelPrice) {
    let rates = price.long.flatMap { usage.input > $0.over ? $0.rates : nil } ?? price.rates
    let cached = max(usage.cached, 0)
    let written = max(usage.cacheWritten, 0)
    let plain = max(Int128(usage.input) - Int128(cached) - Int128(written), 0)
    var sum = plain * Int128(rates.input) + Int128(max(usage.output, 0)) * Int128(rates.output)
    if cached > 0 {
      guard let rate = rates.cachedInput else { return nil }
      sum += Int128(cached) * Int128(rate)
    }
    if written > 0 {
      guard let rate = rates.cacheWrite else { return nil }
      sum += Int128(written) * Int128(rate)
    }
    nanodollars = Int64(clamping: (sum + 500) / 1000)
  }

  package static func < (left: Cost, right: Cost) -> Bool { left.nanodollars < right.nanodollars }

  package static func + (left: Cost, right: Cost) -> Cost {
    let (sum, overflow) = left.nanodollars.addingReportingOverflow(right.nanodollars)
    return Cost(nanodollars: overflow ? (left.nanodollars < 0 ? .min : .max) : sum)
  }

  /// All digits that are not zero, and at least two behind the point: `$0.000123`, `$1.50`.
  package var text: String {
    let (dollars, rest) = nanodollars.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    var digits = String(rest)
    digits = String(repeating: "0", count: 9 - digits.count) + digits
    while digits.utf8.count > 2, digits.hasSuffix("0") { digits.removeLast() }
    return "\(nanodollars < 0 ? "-" : "")$\(dollars).\(digits)"
  }
}
