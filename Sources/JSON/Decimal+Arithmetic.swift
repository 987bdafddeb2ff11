/// Exact arithmetic: nothing is rounded unless its name says so, and results are bounded in length, so that a number from
/// a peer (`1e999999999`) costs an error and no memory.
extension Decimal {
  /// What happens to a value half-way between two neighbours.
  package enum Rounding: String, Sendable, CaseIterable {
    /// Away from zero, as tills and most tax rules do: 0.125 → 0.13, −0.125 → −0.13.
    case halfUp = "half_up"
    /// To the even neighbour, as banks do: 0.125 → 0.12, 0.135 → 0.14.
    case halfEven = "half_even"
  }

  package enum ArithmeticError: Error, Equatable {
    /// A result or a step to it of more than `Decimal.longest` digits.
    case tooLong
    case divisionByZero
  }

  /// Digits between the first and the last place of a result.
  package static let longest = 1_000

  package static let zero = Decimal("0")

  package init(_ value: Int) { self.init(String(value)) }

  package var isZero: Bool { digits.isEmpty }

  package var negated: Decimal { Decimal(isNegative: !isNegative, digits: digits, pointPosition: pointPosition) }

  /// The power of ten that the last digit counts.
  private var lastPlace: Int { pointPosition - digits.count }

  package func adding(_ other: Decimal) throws(ArithmeticError) -> Decimal {
    if isZero { return other }
    if other.isZero { return self }
    let last = min(lastPlace, other.lastPlace)
    let top = max(pointPosition, other.pointPosition)
    guard top - last < Self.longest else { throw .tooLong }
    let a = magnitude(from: last)
    let b = other.magnitude(from: last)
    if isNegative == other.isNegative { return Decimal(isNegative, Magnitude.sum(a, b), last) }
    return Magnitude.isLess(a, b)
      ? Decimal(other.isNegative, Magnitude.difference(b, a), last)
      : Decimal(isNegative, Magnitude.difference(a, b), last)
  }

  package func subtracting(_ other: Decimal) throws(ArithmeticError) -> Decimal { try adding(other.negated) }

  package func multiplied(by other: Decimal) throws(ArithmeticError) -> Decimal {
    guard digits.count + other.digits.count <= Self.longest else { throw .tooLong }
    if isZero || other.isZero { return .zero }
    let product = Magnitude.product(magnitude(from: lastPlace), other.magnitude(from: other.lastPlace))
    return Decimal(isNegative != other.isNegative, product, lastPlace + other.lastPlace)
  }

  /// The quotient, rounded to `fractionDigits` places behind the point.
  package func divided(
    by other: Decimal,
    fractionDigits: Int,
    _ rounding: Rounding
  ) throws(ArithmeticError) -> Decimal {
    if other.isZero { throw .divisionByZero }
    if isZero { return .zero }
    // As many zeros behind one of the two as make the whole quotient count 10^−fractionDigits.
    let shift = lastPlace - other.lastPlace + fractionDigits
    guard digits.count + other.digits.count + Int(shift.magnitude) <= Self.longest else { throw .tooLong }
    let numerator = magnitude(from: lastPlace - max(shift, 0))
    let denominator = other.magnitude(from: other.lastPlace - max(-shift, 0))
    var (quotient, rest) = Magnitude.quotient(numerator, denominator)
    let twice = Magnitude.sum(rest, rest)
    let isOver = Magnitude.isLess(denominator, twice)
    let isHalf = !isOver && !Magnitude.isLess(twice, denominator)
    let isOdd = (quotient.last ?? 0) % 2 == 1
    if isOver || isHalf && (rounding == .halfUp || isOdd) { quotient = Magnitude.sum(quotient, [1]) }
    return Decimal(isNegative != other.isNegative, quotient, -fractionDigits)
  }

  /// The nearest value of at most `fractionDigits` places behind the point.
  package func rounded(fractionDigits: Int, _ rounding: Rounding) -> Decimal {
    let kept = pointPosition + fractionDigits
    guard kept < digits.count else { return self }
    guard kept >= 0 else { return .zero }
    let next = digits[kept] - UInt8(ascii: "0")
    let isHalf = next == 5 && kept == digits.count - 1
    let isOdd = kept > 0 && digits[kept - 1] % 2 == 1
    var magnitude = digits[..<kept].map { $0 - UInt8(ascii: "0") }
    if isHalf ? rounding == .halfUp || isOdd : next >= 5 { magnitude = Magnitude.sum(magnitude, [1]) }
    return Decimal(isNegative, magnitude, -fractionDigits)
  }

  /// Plain notation with at least `fractionDigits` places behind the point: 8 → `8.00`. Always exact, and a JSON number.
  package func plainText(fractionDigits: Int) throws(ArithmeticError) -> String {
    let last = min(lastPlace, -fractionDigits, 0)
    guard max(pointPosition, 1) - last <= Self.longest else { throw .tooLong }
    var text = (isZero ? [] : magnitude(from: last)).map { $0 + UInt8(ascii: "0") }
    let missing = 1 - last - text.count
    if missing > 0 { text.insert(contentsOf: repeatElement(UInt8(ascii: "0"), count: missing), at: 0) }
    if last < 0 { text.insert(UInt8(ascii: "."), at: text.count + last) }
    return (isNegative ? "-" : "") + String(decoding: text, as: UTF8.self)
  }

  private init(_ isNegative: Bool, _ magnitude: [UInt8], _ lastPlace: Int) {
    self.init(
      isNegative: isNegative,
      digits: magnitude.map { $0 + UInt8(ascii: "0") },
      pointPosition: lastPlace + magnitude.count
    )
  }

  /// The value without its sign, as a whole number of 10^`place`; `place` is at most `lastPlace`.
  private func magnitude(from place: Int) -> [UInt8] {
    digits.map { $0 - UInt8(ascii: "0") } + repeatElement(0, count: lastPlace - place)
  }
}

/// Whole numbers as digits 0 … 9, the first the most significant; zeros may lead.
private enum Magnitude {
  static func isLess(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    let a = a.drop { $0 == 0 }
    let b = b.drop { $0 == 0 }
    return a.count == b.count ? a.lexicographicallyPrecedes(b) : a.count < b.count
  }

  static func sum(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: max(a.count, b.count) + 1)
    var carry: UInt8 = 0
    for place in 1...result.count {
      let digit = (place <= a.count ? a[a.count - place] : 0) + (place <= b.count ? b[b.count - place] : 0) + carry
      result[result.count - place] = digit % 10
      carry = digit / 10
    }
    return result
  }

  /// `a` − `b`, where `a` is not less.
  static func difference(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
    var result = a
    var borrow: UInt8 = 0
    for place in 1...a.count {
      let less = (place <= b.count ? b[b.count - place] : 0) + borrow
      let digit = a[a.count - place]
      borrow = digit < less ? 1 : 0
      result[a.count - place] = digit + borrow * 10 - less
    }
    return result
  }

  static func product(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
    var sums = [Int](repeating: 0, count: a.count + b.count)
    for (i, x) in a.enumerated() where x != 0 {
      for (j, y) in b.enumerated() { sums[i + j + 1] += Int(x) * Int(y) }
    }
    var carry = 0
    for place in sums.indices.reversed() {
      let sum = sums[place] + carry
      sums[place] = sum % 10
      carry = sum / 10
    }
    return sums.map { UInt8($0) }
  }

  static func quotient(_ a: [UInt8], _ b: [UInt8]) -> (quotient: [UInt8], rest: [UInt8]) {
    var quotient: [UInt8] = []
    var rest: [UInt8] = []
    for digit in a {
      rest.append(digit)
      var times: UInt8 = 0
      while !isLess(rest, b) {
        rest = Array(difference(rest, b).drop { $0 == 0 })
        times += 1
      }
      quotient.append(times)
    }
    return (quotient, rest)
  }
}

extension JSON {
  /// The exact number, with at least `fractionDigits` places behind its point.
  package init(_ decimal: Decimal, fractionDigits: Int = 0) throws(Decimal.ArithmeticError) {
    let text = try decimal.plainText(fractionDigits: fractionDigits)
    self = Int64(text).map { JSON.integer($0) } ?? .number(JSONNumber(validated: text))
  }
}
