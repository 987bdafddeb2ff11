/// Base64 with padding (RFC 4648 section 4), strict: no white space, no other alphabet, no bits left over.
package enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
    return values
  }()

  package static func encode(_ bytes: [UInt8]) -> String {
    String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { out in
      var o = 0
      var i = 0
      while i < bytes.count {
        let left = bytes.count - i
        let word =
          UInt32(bytes[i]) << 16 | (left > 1 ? UInt32(bytes[i + 1]) << 8 : 0) | (left > 2 ? UInt32(bytes[i + 2]) : 0)
        out[o] = alphabet[Int(word >> 18)]
        out[o + 1] = alphabet[Int(word >> 12 & 63)]
        out[o + 2] = left > 1 ? alphabet[Int(word >> 6 & 63)] : UInt8(ascii: "=")
        out[o + 3] = left > 2 ? alphabet[Int(word & 63)] : UInt8(ascii: "=")
        i += 3
        o += 4
      }
      return o
    }
  }

  /// nil when `text` is not base64.
  package static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { letters in
      guard letters.count % 4 == 0 else { return nil }
      if letters.isEmpty { return [] }
      let padding =
        letters[letters.count - 1] != UInt8(ascii: "=") ? 0 : letters[letters.count - 2] != UInt8(ascii: "=") ? 1 : 2
      var out: [UInt8] = []
      out.reserveCapacity(letters.count / 4 * 3)
      let end = letters.count - padding
      var word: UInt32 = 0
      var bits = 0
      for i in 0..<end {
        let value = values[Int(letters[i])]
        if value == 255 { return nil }
        word = word << 6 | UInt32(value)
        bits += 6
        if bits >= 8 {
          bits -= 8
          out.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
        }
      }
      // Bits beyond the last byte must be zero, so that every value has one spelling.
      return word & (1 << UInt32(bits) - 1) == 0 ? out : nil
    }
  }
}

extension Fields {
  package mutating func base64(_ name: StaticString) throws(WireError) -> [UInt8] {
    let text = try require(name, String.self)
    guard let bytes = Base64.decode(text) else {
      throw .invalidParams(path(name), "'\(path(name))' is no base64")
    }
    return bytes
  }
}
