import Testing

@testable import JSON

@Suite struct DecimalArithmeticTests {
  static func text(_ value: Decimal, _ fractionDigits: Int = 0) throws -> String {
    try value.plainText(fractionDigits: fractionDigits)
  }

  @Test(arguments: [
    ("0.1", "0.2", "0.3"), ("1e2", "-1e2", "0"), ("-5", "3", "-2"), ("3", "-5", "-2"), ("999.99", "0.01", "1000"),
    ("1e-20", "1e20", "100000000000000000000.00000000000000000001"), ("0", "-7.5", "-7.5"), ("-0.5", "-0.5", "-1"),
  ])
  func `a sum is exact`(_ a: String, _ b: String, _ sum: String) throws {
    #expect(try Self.text(Decimal(a).adding(Decimal(b))) == sum)
    #expect(try Self.text(Decimal(b).adding(Decimal(a))) == sum)
    #expect(try Decimal(sum).subtracting(Decimal(b)) == Decimal(a))
  }

  @Test(arguments: [
    ("100.00", "0.08", "8"), ("19.99", "3", "59.97"), ("-0.1", "0.1", "-0.01"), ("0", "-3", "0"),
    ("123456789012345678901234567890", "10", "1234567890123456789012345678900"), ("1e300", "1e-300", "1"),
  ])
  func `a product is exact`(_ a: String, _ b: String, _ product: String) throws {
    #expect(try Self.text(Decimal(a).multiplied(by: Decimal(b))) == product)
  }

  @Test(arguments: [
    ("0.125", 2, "0.13", "0.12"), ("0.135", 2, "0.14", "0.14"), ("-0.125", 2, "-0.13", "-0.12"), ("2.5", 0, "3", "2"),
    ("0.5", 0, "1", "0"), ("0.05", 0, "0", "0"), ("0.1251", 2, "0.13", "0.13"), ("9.995", 2, "10.00", "10.00"),
    ("9.985", 2, "9.99", "9.98"), ("1e-999999999", 2, "0.00", "0.00"), ("1234", -2, "1200", "1200"),
    ("8", 2, "8.00", "8.00"),
  ])
  func `a half goes away from zero or to the even neighbour`(
    _ value: String,
    _ places: Int,
    _ up: String,
    _ even: String
  ) throws {
    #expect(try Self.text(Decimal(value).rounded(fractionDigits: places, .halfUp), max(0, places)) == up)
    #expect(try Self.text(Decimal(value).rounded(fractionDigits: places, .halfEven), max(0, places)) == even)
  }

  @Test(arguments: [
    ("1", "3", 2, "0.33"), ("2", "3", 2, "0.67"), ("-2", "3", 2, "-0.67"), ("10", "4", 0, "3"), ("1", "8", 2, "0.13"),
    ("1e10", "1e-10", 0, "100000000000000000000"), ("0", "5", 2, "0.00"), ("100", "7", 10, "14.2857142857"),
    ("0.0001", "3", 2, "0.00"),
  ])
  func `a quotient is rounded to its places`(_ a: String, _ b: String, _ places: Int, _ quotient: String) throws {
    #expect(try Self.text(Decimal(a).divided(by: Decimal(b), fractionDigits: places, .halfUp), places) == quotient)
  }

  /// 128-bit integers as the oracle: numbers of up to 15 digits with up to 6 places.
  @Test func `random sums, products and quotients agree with integers`() throws {
    var generator = SystemRandomNumberGenerator()
    func scaled(_ value: Int128, _ places: Int) throws -> Decimal {
      try Decimal(String(value)).multiplied(by: Decimal("1e-\(places)"))
    }
    for _ in 0..<2_000 {
      let (p, q) = (Int.random(in: 0...6, using: &generator), Int.random(in: 0...6, using: &generator))
      let size = Int64(1) << Int64.random(in: 1...49, using: &generator)
      let a = Int128(Int64.random(in: -size...size, using: &generator))
      let b = Int128(Int64.random(in: -size...size, using: &generator))
      let (x, y) = (try scaled(a, p), try scaled(b, q))
      func tens(_ n: Int) -> Int128 { (0..<n).reduce(1) { power, _ in power * 10 } }
      #expect(try x.adding(y) == scaled(a * tens(6 - p) + b * tens(6 - q), 6))
      #expect(try x.multiplied(by: y) == scaled(a * b, p + q))
      guard b != 0 else { continue }
      // a/10^p ÷ b/10^q to three places, half away from zero.
      let numerator = a.magnitude * tens(q + 3).magnitude
      let denominator = b.magnitude * tens(p).magnitude
      let magnitude = (numerator * 2 + denominator) / (denominator * 2)
      let expected = Int128(magnitude) * ((a < 0) != (b < 0) ? -1 : 1)
      #expect(try x.divided(by: y, fractionDigits: 3, .halfUp) == scaled(expected, 3), "\(a)e-\(p) / \(b)e-\(q)")
    }
  }

  @Test func `what would be too long is an error and takes no memory`() throws {
    let huge = Decimal("1e999999999")
    #expect(throws: Decimal.ArithmeticError.tooLong) { try huge.adding(Decimal("1")) }
    #expect(throws: Decimal.ArithmeticError.tooLong) { try huge.plainText(fractionDigits: 0) }
    #expect(throws: Decimal.ArithmeticError.tooLong) { try Decimal("1").divided(by: huge, fractionDigits: 2, .halfUp) }
    #expect(throws: Decimal.ArithmeticError.divisionByZero) {
      try Decimal("1").divided(by: .zero, fractionDigits: 2, .halfUp)
    }
    let long = Decimal(String(repeating: "9", count: 501))
    #expect(throws: Decimal.ArithmeticError.tooLong) { try long.multiplied(by: long) }
    #expect(try long.adding(long).digits.count == 502)
  }

  @Test func `a result is written with its places and an integer as one`() throws {
    #expect(try JSON(Decimal("8"), fractionDigits: 2).description == "8.00")
    #expect(try JSON(Decimal("-0.5"), fractionDigits: 2).description == "-0.50")
    #expect(try JSON(Decimal("0"), fractionDigits: 3).description == "0.000")
    guard case .integer(8) = try JSON(Decimal("8.0")) else {
      Issue.record("8 is an integer")
      return
    }
  }
}
