import JSON
import Testing

@Suite struct RoundTripTests {
  static let document = #"""
    {"jsonrpc":"2.0","id":17,"method":"tool/invoke","params":{"tool":"größe","input":{"path":"C:\\temp\t\u0001/x",
    "numbers":[0,-1,1.50,1e5,-2E-7,9223372036854775808],"flags":[true,false,null],"empty":[{},[],""],
    "emoji":"😀\ud83d\ude00","nested":[[[{"a":[{"b":null}]}]]]}}}
    """#

  @Test func `a document reads back from its own text`() throws {
    let json = try parsed(Self.document)
    let again = try JSON(parsing: json.serialized())
    #expect(again == json)
    #expect(again.serialized() == json.serialized())
    #expect(again.canonical() == json.canonical())
    #expect(try JSON(parsing: json.canonical()) == json)
    #expect(try JSON(parsing: json.canonical()).canonical() == json.canonical())
  }

  @Test func `every truncation of a document is refused as truncated`() {
    let bytes = Array(Self.document.utf8)
    let cutInSequence = { (length: Int) in bytes[length] & 0xC0 == 0x80 }
    for length in 0..<bytes.count {
      let error = parseError(bytes[..<length])
      #expect(error?.code == .truncated, "\(length) bytes")
      if !cutInSequence(length) { #expect(error?.offset == length) }
    }
  }

  @Test func `every change of one byte is accepted or refused but never traps`() throws {
    let bytes = Array(Self.document.utf8)
    for place in bytes.indices {
      for value in [UInt8(0), 0x1F, 0x20, 0x22, 0x2C, 0x30, 0x5B, 0x5C, 0x7B, 0x7D, 0x80, 0xC0, 0xED, 0xF4, 0xFF] {
        var changed = bytes
        changed[place] = value
        guard parseError(changed) == nil else { continue }
        let json = try JSON(parsing: changed)
        #expect(try JSON(parsing: json.serialized()) == json)
      }
    }
  }

  @Test func `a buffer, an array, a slice and a string are read alike`() throws {
    let bytes = Array("xx[1,\"é\"]yy".utf8)
    let expected: JSON = [1, "é"]
    #expect(try JSON(parsing: bytes[2..<bytes.count - 2]) == expected)
    #expect(try JSON(parsing: Array(bytes[2..<bytes.count - 2])) == expected)
    #expect(try JSON(parsing: "[1,\"é\"]") == expected)
    let unsafe = bytes.withUnsafeBytes { buffer in
      parseError(Array(buffer[2..<5])) == nil ? nil : parseError(Array(buffer[2..<5]))?.code
    }
    #expect(unsafe == .truncated)
    do throws(JSONError) {
      _ = try JSON(parsing: UnsafeRawBufferPointer(start: nil, count: 0))
      Issue.record("no bytes were accepted")
    } catch {
      #expect(error.code == .truncated)
    }
  }

  @Test func `white space is the four characters of the standard`() throws {
    #expect(try parsed(" \t\r\n[ \t\r\n1 \t\r\n, {\r\"a\"\n:\t2 } ] \n") == [1, ["a": 2]])
    for other in ["\u{B}", "\u{C}", "\u{A0}", "\u{2028}", "\u{FEFF}"] { #expect(parseError(other + "1") != nil) }
  }
}
