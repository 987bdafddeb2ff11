/// How a value travels in one of the protocol's headers: as it is, or as `=?base64?…?=` where a header could not hold it.
package enum HeaderValue {
  private static let start = "=?base64?"
  private static let end = "?="

  package static func encode(_ text: String) -> String {
    isPlain(text) ? text : start + Base64.encode(text.utf8) + end
  }

  /// Visible ASCII, with spaces and tabs only inside, and not what looks encoded.
  private static func isPlain(_ text: String) -> Bool {
    if text.hasPrefix(start), text.hasSuffix(end) { return false }
    guard let first = text.utf8.first, let last = text.utf8.last else { return true }
    func isVisible(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }
    return isVisible(first) && isVisible(last) && text.utf8.allSatisfy { isVisible($0) || $0 == 0x20 || $0 == 0x09 }
  }
}

/// RFC 4648 section 4, with padding.
enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    var held: UInt32 = 0
    var bits = 0
    for byte in bytes {
      held = held << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(digits[Int(held >> UInt32(bits) & 63)])
      }
      held &= 0xFF
    }
    if bits > 0 { text.append(digits[Int(held << UInt32(6 - bits) & 63)]) }
    while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
    return String(decoding: text, as: UTF8.self)
  }
}
