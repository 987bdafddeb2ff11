import JSON
import Testing

@Suite struct ErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let source: String
    let code: JSONError.Code
    let offset: Int
    let detail: String
    var testDescription: String { source }

    init(_ source: String, _ code: JSONError.Code, _ offset: Int, _ detail: String) {
      self.source = source
      self.code = code
      self.offset = offset
      self.detail = detail
    }
  }

  @Test(arguments: [
    Case("", .truncated, 0, "text ends where a value is due"),
    Case("  ", .truncated, 2, "text ends where a value is due"),
    Case("[", .truncated, 1, "text ends where a value is due"),
    Case("[1", .truncated, 2, "text ends where ',' or ']' is due"),
    Case("{\"a\"", .truncated, 4, "text ends where ':' is due"),
    Case("tru", .truncated, 3, "text ends where 'true' is due"),
    Case("-", .truncated, 1, "text ends where a digit is due after '-'"),
    Case("1.", .truncated, 2, "text ends where a digit is due after '.'"),
    Case("1e+", .truncated, 3, "text ends where a digit is due in the exponent"),
    Case("\"a", .truncated, 2, "text ends where '\"' is due"),
    Case("\"\\", .truncated, 2, "text ends where an escape is due"),
    Case("\"\\u00", .truncated, 5, "text ends where a hexadecimal digit is due"),
    Case("\"\\ud800", .truncated, 7, "text ends where a low surrogate is due"),
    Case("\"\\ud800\\", .truncated, 8, "text ends where a low surrogate is due"),
    Case("[1,]", .unexpectedByte, 3, "']' where a value is due"),
    Case("[1 2]", .unexpectedByte, 3, "'2' where ',' or ']' is due"),
    Case("{\"a\":1,}", .unexpectedByte, 7, "'}' where a key is due"),
    Case("{a:1}", .unexpectedByte, 1, "'a' where a key is due"),
    Case("{\"a\" 1}", .unexpectedByte, 5, "'1' where ':' is due"),
    Case("nul!", .unexpectedByte, 3, "'!' where 'null' is due"),
    Case("\u{FEFF}1", .unexpectedByte, 0, "byte 0xef where a value is due"),
    Case("\u{0}", .unexpectedByte, 0, "byte 0x00 where a value is due"),
    Case("[\u{C}1]", .unexpectedByte, 1, "byte 0x0c where a value is due"),
    Case("1 2", .trailingBytes, 2, "unexpected '2' after the value"),
    Case("{}}", .trailingBytes, 2, "unexpected '}' after the value"),
    Case("[01]", .invalidNumber, 1, "number with a leading zero"),
    Case("[-x]", .invalidNumber, 1, "number with 'x' where a digit is due after '-'"),
    Case("[1.x]", .invalidNumber, 1, "number with 'x' where a digit is due after '.'"),
    Case("[1e]", .invalidNumber, 1, "number with ']' where a digit is due in the exponent"),
    Case("\"\\x\"", .invalidEscape, 1, "'x' after a backslash"),
    Case("\"\\u00g0\"", .invalidEscape, 5, "'g' where a hexadecimal digit is due"),
    Case("\"a\nb\"", .controlCharacter, 2, "unescaped byte 0x0a in a string"),
    Case("\"\\n\u{1F}\"", .controlCharacter, 3, "unescaped byte 0x1f in a string"),
  ])
  func `an error names its kind, its place and what was there`(c: Case) {
    let error = parseError(c.source)
    #expect(error?.code == c.code)
    #expect(error?.offset == c.offset)
    #expect(error?.detail == c.detail)
    #expect(error?.description == "\(c.detail) at byte \(c.offset)")
  }

  @Test func `a foreign key in a message is shortened and its control characters are shown`() {
    let key = "a\u{7}" + String(repeating: "x", count: 100)
    let written = "\"a\\u0007" + String(repeating: "x", count: 100) + "\""
    let error = parseError("{\(written):1,\(written):2}")
    #expect(error?.detail == "key 'a\\u{07}\(String(repeating: "x", count: 62))…' appears twice in the object")
    #expect(key.unicodeScalars.count > 64)
  }
}
