import Testing

@testable import JSON

@Suite struct ShortStringTests {
  /// Where this fails, the standard library has changed how it keeps short strings: parsing is slower then, not wrong.
  @Test func `this standard library keeps short strings as we know it`() {
    #expect(ShortString.layoutIsKnown)
  }

  @Test func `short strings from a text are ordinary strings`() throws {
    let alphabet = String(decoding: (0x23..<0x5C as Range<UInt8>), as: UTF8.self)
    for length in 0...40 {
      let expected = String(alphabet.prefix(length))
      for behind in ["", "   ", "                    "] {
        var value = try #require(try parsed("[\"\(expected)\"]" + behind)[0]?.stringValue)
        #expect(value == expected && value.hashValue == expected.hashValue)
        #expect(value.utf8.count == length && Array(value.utf8) == Array(expected.utf8))
        value += "é"
        #expect(value == expected + "é")
        value.removeLast()
        #expect(value == expected)
        #expect(try parsed("{\"\(expected)\":1}" + behind)[expected] == 1)
      }
    }
  }
}
