import JSON
import Testing

@Suite struct NumberTests {
  @Test(arguments: [
    "10.00", "1e400", "-1e400", "1E+2", "0.10", "-0", "-0.0", "0e1", "9223372036854775808", "-9223372036854775809",
    "123456789012345678901234567890", "1e-999999999", "2.5e999999998", "0e99999999999999999999",
  ])
  func `a number that is no plain 64-bit integer keeps its source text`(source: String) throws {
    guard case .number(let number) = try parsed(source) else {
      Issue.record("\(source) is not kept as a number")
      return
    }
    #expect(number.text == source)
    #expect(text(try parsed("[\(source)]").serialized()) == "[\(source)]")
  }

  @Test(arguments: [
    ("0", 0), ("-1", -1), ("999999999999999999", 999_999_999_999_999_999),
    ("1000000000000000000", 1_000_000_000_000_000_000),
    ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
    ("-999999999999999999", -999_999_999_999_999_999),
  ])
  func `a plain 64-bit integer is one`(source: String, expected: Int64) throws {
    guard case .integer(let value) = try parsed(source) else {
      Issue.record("\(source) is not an integer")
      return
    }
    #expect(value == expected)
    #expect(text(JSON.integer(expected).serialized()) == source)
  }

  @Test func `the integer and double views say nil rather than something near`() throws {
    #expect(try parsed("3.0").integerValue == 3)
    #expect(try parsed("3e2").integerValue == 300)
    #expect(try parsed("-0").integerValue == 0)
    #expect(try parsed("3.5").integerValue == nil)
    #expect(try parsed("9223372036854775807.0").integerValue == Int64.max)
    #expect(try parsed("-9223372036854775808.0").integerValue == Int64.min)
    #expect(try parsed("9223372036854775808").integerValue == nil)
    #expect(try parsed("-9223372036854775809").integerValue == nil)
    #expect(try parsed("1e999999999").integerValue == nil)
    #expect(try parsed("1e400").doubleValue == nil)
    #expect(try parsed("1e308").doubleValue == 1e308)
    #expect(try parsed("1e-400").doubleValue == 0)
    #expect(try parsed("-0").doubleValue?.sign == .minus)
    #expect(try parsed("\"1\"").doubleValue == nil)
  }

  @Test func `short decimals have the very double that the standard library reads`() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let digits = String(Int64.random(in: 0..<1_000_000_000_000_000, using: &generator))
      let cut = Int.random(in: 1...digits.count, using: &generator)
      let source = "-" + digits.prefix(cut) + (cut < digits.count ? "." + digits.dropFirst(cut) : ".0")
      guard let number = JSONNumber(String(source)) else {
        #expect(cut > 1 && digits.hasPrefix("0"), "\(source) is refused")
        continue
      }
      #expect(number.double == Double(source), "\(source)")
    }
  }

  @Test func `equality is by exact value and agrees with hashing`() throws {
    let one = try ["1", "1.0", "10e-1", "0.1e1", "100e-2"].map { try parsed($0) }
    #expect(Set(one).count == 1)
    // The nearest doubles of these are the same.
    #expect(try parsed("9007199254740993") != parsed("9007199254740992.0"))
    #expect(try parsed("0.1") != parsed("0.1000000000000000055511151231257827"))
    #expect(try parsed("1e400") != parsed("1e401"))
    #expect(try parsed("1e400") == parsed("10e399"))
    #expect(try parsed("-0") == parsed("0"))
    #expect(try parsed("1e999999999") != parsed("1e999999998"))
  }

  @Test func `order is by exact value`() throws {
    let ascending = [
      "-1e999999999", "-1e400", "-12", "-1.5", "-1e-400", "0", "1e-999999999", "0.1", "0.10000000000000000001", "0.9",
      "1",
      "1.25", "12", "123", "9223372036854775808", "1e400", "1.1e400", "1e999999999",
    ]
    let numbers = try ascending.map { try #require(JSONNumber($0)) }
    for (i, left) in numbers.enumerated() {
      for (j, right) in numbers.enumerated() {
        #expect((left < right) == (i < j), "\(left) < \(right)")
        #expect((left == right) == (i == j), "\(left) == \(right)")
      }
    }
    let zero = try #require(JSONNumber("0"))
    let negativeZero = try #require(JSONNumber("-0"))
    #expect(!(negativeZero < zero) && !(zero < negativeZero))
  }

  @Test(arguments: ["1e1000000000", "1e-1000000000", "10e999999999", "0.1e-999999999", "1e99999999999999999999999"])
  func `an exponent beyond the limit is refused by name`(source: String) {
    #expect(parseError("[\(source)]")?.code == .exponentExceeded)
    #expect(parseError("[\(source)]")?.offset == 1)
    #expect(JSONNumber(source) == nil)
  }

  @Test(arguments: [
    "", " 1", "1 ", "+1", "01", "-", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "1,2", "--1", "1\n", "١",
  ])
  func `what the grammar does not allow is no number`(source: String) {
    #expect(JSONNumber(source) == nil)
  }

  @Test(arguments: ["0", "-0", "1", "1.50", "1e5", "1E-5", "123456789012345678901234567890.5"])
  func `a text that is a number is kept as it is`(source: String) {
    #expect(JSONNumber(source)?.text == source)
  }

  @Test func `doubles are written as the shortest text that reads back`() throws {
    for value in [0.1, 1.0 / 3, 1e300, Double.leastNonzeroMagnitude, -2.5, 1e22, Double.greatestFiniteMagnitude] {
      let json = try #require(JSON(value))
      #expect(try parsed(json.description).doubleValue == value)
    }
    #expect(JSON(Double(3))?.description == "3")
    #expect(JSON(-Double.zero)?.description == "-0")
    #expect(JSON(Double.nan) == nil)
    #expect(JSON(-Double.infinity) == nil)
  }
}
