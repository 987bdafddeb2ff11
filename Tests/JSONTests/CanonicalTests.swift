import JSON
import Testing

/// Golden texts of the canonical form. A change here changes idempotency keys and hashes that are on disk.
@Suite struct CanonicalTests {
  private func canonical(_ source: String) throws -> String { text(try parsed(source).canonical()) }

  @Test(arguments: [
    ("0", "0"), ("-0", "0"), ("-0.0", "0"), ("0e5", "0"), ("0E-999999999999999999999", "0"),
    ("1", "1"), ("1.0", "1"), ("10.00", "10"), ("1e0", "1"), ("0.1e1", "1"), ("-1.50", "-1.5"),
    ("100", "100"), ("1e2", "100"), ("123e-2", "1.23"), ("0.000001", "0.000001"), ("0.0000001", "1e-7"),
    ("1.5e-7", "1.5e-7"), ("100000000000000000000", "100000000000000000000"), ("1e20", "100000000000000000000"),
    ("1e21", "1e+21"), ("123456789012345678901", "123456789012345678901"),
    ("1234567890123456789012", "1.234567890123456789012e+21"),
    ("1234567890123456789012.5", "1.2345678901234567890125e+21"),
    ("9223372036854775807", "9223372036854775807"), ("9223372036854775808", "9223372036854775808"),
    ("-9223372036854775808", "-9223372036854775808"), ("1e400", "1e+400"), ("-12e-400", "-1.2e-399"),
    ("0.30000000000000000000000000000001", "0.30000000000000000000000000000001"), ("12345.6789E+2", "1234567.89"),
  ])
  func `numbers are written by their exact decimal value`(source: String, expected: String) throws {
    #expect(try canonical(source) == expected)
    #expect(try canonical(expected) == expected)
  }

  @Test func `strings have minimal escapes`() throws {
    let source = #""\u0000\u0001\b\t\n\u000b\f\r\u001f \/\"\\ \u007f\u00e9\u2028\ud83d\ude00""#
    let expected = #""\u0000\u0001\b\t\n\u000b\f\r\u001f /\"\\ "# + "\u{7F}é\u{2028}😀\""
    #expect(try canonical(source) == expected)
  }

  @Test func `members are sorted by the bytes of their keys at every level`() throws {
    let source = #"[ {"b":1, "a": {"é":1,"z":2,"Z":3,"":4}, "aa":0, "😀":1, "\uffff":2, "10":0, "9":0} ]"#
    let expected = #"[{"10":0,"9":0,"a":{"":4,"Z":3,"z":2,"é":1},"aa":0,"b":1,""# + "\u{FFFF}" + #"":2,"😀":1}]"#
    #expect(try canonical(source) == expected)
  }

  @Test func `large objects are sorted as small ones are`() throws {
    let keys = (0..<100).map { "k\($0 * 37 % 100)" }
    let source = "{" + keys.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    let expected = "{" + keys.sorted().map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    #expect(try canonical(source) == expected)
  }

  @Test func `nothing is normalised`() throws {
    let composed = try canonical("\"\u{E9}\"")
    let decomposed = try canonical("\"e\u{301}\"")
    #expect(Array(composed.utf8) != Array(decomposed.utf8))
  }

  @Test func `equal values have the same canonical text and hash`() throws {
    let spellings = [
      #"{"a":1.0,"b":[1e2,"\u0041"]}"#, #"{ "b" : [100, "A"], "a" : 1 }"#, #"{"b":[1000e-1,"A"],"a":10E-1}"#,
    ]
    let values = try spellings.map { try parsed($0) }
    #expect(Set(values).count == 1)
    #expect(Set(values.map { $0.canonical() }).count == 1)
  }
}
