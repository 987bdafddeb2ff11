import JSON
import Testing

@Suite struct UnicodeTests {
  struct Bad: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
  }

  @Test(arguments: [
    Bad(testDescription: "overlong slash in two bytes", bytes: [0xC0, 0xAF]),
    Bad(testDescription: "overlong NUL in two bytes", bytes: [0xC0, 0x80]),
    Bad(testDescription: "overlong in three bytes", bytes: [0xE0, 0x80, 0xAF]),
    Bad(testDescription: "overlong in four bytes", bytes: [0xF0, 0x80, 0x80, 0xAF]),
    Bad(testDescription: "high surrogate as bytes", bytes: [0xED, 0xA0, 0x80]),
    Bad(testDescription: "low surrogate as bytes", bytes: [0xED, 0xBF, 0xBF]),
    Bad(testDescription: "surrogate pair as bytes", bytes: [0xED, 0xA0, 0x81, 0xED, 0xB0, 0x80]),
    Bad(testDescription: "beyond U+10FFFF", bytes: [0xF4, 0x90, 0x80, 0x80]),
    Bad(testDescription: "five-byte sequence", bytes: [0xF8, 0x88, 0x80, 0x80, 0x80]),
    Bad(testDescription: "lone continuation", bytes: [0x80]),
    Bad(testDescription: "two of three bytes", bytes: [0xE2, 0x82]),
    Bad(testDescription: "three of four bytes", bytes: [0xF0, 0x9F, 0x98]),
    Bad(testDescription: "one of two bytes", bytes: [0xC3]),
    Bad(testDescription: "byte FE", bytes: [0xFE]),
    Bad(testDescription: "byte FF", bytes: [0xFF]),
  ])
  func `bytes that are not UTF-8 are refused where they stand`(bad: Bad) {
    for length in 0..<20 {
      let before = [UInt8](repeating: UInt8(ascii: "a"), count: length)
      for after in ["", "z", "zzzzzzzzzzzzzzzz", #"\n"#, "é"] {
        for escape in ["", #"\t"#, #"\u00e9é"#] {
          let prefix = Array("[\"".utf8) + Array(escape.utf8) + before
          let bytes = prefix + bad.bytes + Array(after.utf8) + Array("\"]".utf8)
          let error = parseError(bytes)
          #expect(error?.code == .invalidUTF8)
          #expect(error?.offset == prefix.count)
        }
      }
      let key = Array("{\"".utf8) + before + bad.bytes + Array("\":1}".utf8)
      #expect(parseError(key)?.code == .invalidUTF8)
    }
  }

  @Test func `an escape does not complete a sequence`() {
    let bytes = Array("\"".utf8) + [0xC3] + Array(#"\u00a9""#.utf8)
    #expect(parseError(bytes)?.code == .invalidUTF8)
  }

  @Test(arguments: [
    (#""\ud800""#, 1, "high surrogate \\ud800 without a low one"),
    (#""\udbff x""#, 1, "high surrogate \\udbff without a low one"),
    (#""ab\udc00""#, 3, "low surrogate \\udc00 without a high one"),
    (#""\ud800\ud800""#, 1, "high surrogate \\ud800 without a low one"),
    (#""\ud800\n""#, 1, "high surrogate \\ud800 without a low one"),
    (#""\ud800\u0041""#, 1, "high surrogate \\ud800 without a low one"),
    (#""\udc00\ud800""#, 1, "low surrogate \\udc00 without a high one"),
  ])
  func `half a surrogate pair is refused`(source: String, offset: Int, detail: String) {
    let error = parseError(source)
    #expect(error?.code == .loneSurrogate)
    #expect(error?.offset == offset)
    #expect(error?.detail == detail)
  }

  @Test func `every Unicode scalar survives, escaped and as it is`() throws {
    var source = "\""
    var expected: [UInt8] = []
    for value in stride(from: UInt32(0), through: 0x10FFFF, by: 7) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      for unit in String(Character(scalar)).utf16 {
        let digits = String(unit, radix: 16)
        source += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
      expected += Array(String(Character(scalar)).utf8)
    }
    let value = try #require(try parsed(source + "\"").stringValue)
    #expect(Array(value.utf8) == expected)
    #expect(try JSON(parsing: JSON.string(value).serialized()) == .string(value))
  }

  @Test func `strings of every length around the word size read back`() throws {
    for length in 0..<40 {
      for special in ["", "\"", "\\", "\u{1}", "é", "😀", "\u{7F}"] {
        for place in 0...length {
          let value = String(repeating: "x", count: place) + special + String(repeating: "y", count: length - place)
          let json = JSON.object([value: .string(value)])
          #expect(try JSON(parsing: json.serialized()) == json)
        }
      }
    }
  }
}
