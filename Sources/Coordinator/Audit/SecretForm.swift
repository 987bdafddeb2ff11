/// Forms by which keys and tokens can be told from other text.
enum SecretForm {
  /// What may follow a prefix, and how much of it there is at least.
  private struct Form {
    let prefix: [UInt8]
    let count: Int
    let isUpperCase: Bool

    init(_ prefix: String, _ count: Int, isUpperCase: Bool = false) {
      (self.prefix, self.count, self.isUpperCase) = (Array(prefix.utf8), count, isUpperCase)
    }
  }

  /// By first byte.
  private static let forms: [[Form]] = {
    let all = [
      // OpenAI, Anthropic and others of that fashion; Stripe.
      Form("sk-", 16), Form("sk_live_", 16), Form("sk_test_", 16), Form("rk_live_", 16), Form("whsec_", 16),
      // GitHub, GitLab, npm, Hugging Face, PyPI.
      Form("ghp_", 20), Form("gho_", 20), Form("ghu_", 20), Form("ghs_", 20), Form("ghr_", 20),
      Form("github_pat_", 20), Form("glpat-", 16), Form("npm_", 30), Form("hf_", 20), Form("pypi-", 32),
      // AWS key ids, Google, Slack.
      Form("AKIA", 16, isUpperCase: true), Form("ASIA", 16, isUpperCase: true), Form("AIza", 30),
      Form("xoxb-", 10), Form("xoxp-", 10), Form("xoxa-", 10), Form("xoxr-", 10), Form("xoxs-", 10), Form("xapp-", 10),
    ]
    var forms = [[Form]](repeating: [], count: 256)
    for form in all { forms[Int(form.prefix[0])].append(form) }
    return forms
  }()

  /// Letters, digits, `_` and `-`: what names and tokens are made of.
  static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
  }

  /// The part that is secret, of a form that begins at `position`.
  static func find(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Range<Int>? {
    switch bytes[position] {
    case UInt8(ascii: "-"): return pem(bytes, position)
    case UInt8(ascii: ":"): return userInfo(bytes, position)
    case UInt8(ascii: "e"): return token(bytes, position)
    case UInt8(ascii: "B"), UInt8(ascii: "b"):
      if let found = scheme(bytes, position) { return found }
    default: break
    }
    for form in forms[Int(bytes[position])] where starts(bytes, position, form.prefix) {
      let start = position + form.prefix.count
      let end = run(bytes, start) { form.isUpperCase ? (48...57).contains($0) || (65...90).contains($0) : isWord($0) }
      if end - start >= form.count { return position..<end }
    }
    return nil
  }

  /// What a shell word, a query or a header would hold there.
  static func value(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Range<Int>? {
    guard start < bytes.count else { return nil }
    if bytes[start] == UInt8(ascii: "\"") || bytes[start] == UInt8(ascii: "'") {
      let quote = bytes[start]
      let end = run(bytes, start + 1) { $0 != quote }
      return end > start + 1 ? start + 1..<end : nil
    }
    // What a shell would look up is not the secret itself.
    if bytes[start] == UInt8(ascii: "$") || bytes[start] == UInt8(ascii: "=") { return nil }
    let end = run(bytes, start) { $0 > 0x20 && !stops.contains($0) }
    return end > start ? start..<end : nil
  }

  private static let stops = Set("\"'`;&|<>()".utf8)

  private static func run(_ bytes: UnsafeRawBufferPointer, _ start: Int, while isPart: (UInt8) -> Bool) -> Int {
    var end = start
    while end < bytes.count, isPart(bytes[end]) { end += 1 }
    return end
  }

  private static func starts(_ bytes: UnsafeRawBufferPointer, _ position: Int, _ prefix: [UInt8]) -> Bool {
    guard bytes.count - position >= prefix.count else { return false }
    for i in prefix.indices where bytes[position + i] != prefix[i] { return false }
    return true
  }

  private static let pemStart = Array("-----BEGIN ".utf8)
  private static let pemEnd = Array("-----END ".utf8)
  private static let pemKind = Array("PRIVATE KEY-----".utf8)

  /// A private key in PEM, up to its end or the end of the text.
  private static func pem(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Range<Int>? {
    guard starts(bytes, position, pemStart) else { return nil }
    var start = position + pemStart.count
    let limit = min(bytes.count, start + 32)
    while start < limit, !starts(bytes, start, pemKind) { start += 1 }
    guard start < limit else { return nil }
    var end = start
    while end < bytes.count {
      if bytes[end] == UInt8(ascii: "-"), starts(bytes, end, pemEnd) {
        end = run(bytes, end + pemEnd.count) { $0 != UInt8(ascii: "-") }
        return position..<run(bytes, end) { $0 == UInt8(ascii: "-") }
      }
      end += 1
    }
    return position..<end
  }

  /// The password of `://user:password@`.
  private static func userInfo(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Range<Int>? {
    guard starts(bytes, position, Array("://".utf8)) else { return nil }
    let isPart: (UInt8) -> Bool = { $0 > 0x20 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@") }
    let end = run(bytes, position + 3, while: isPart)
    guard end < bytes.count, bytes[end] == UInt8(ascii: "@") else { return nil }
    let colon = run(bytes, position + 3) { isPart($0) && $0 != UInt8(ascii: ":") }
    return colon + 1 < end ? colon + 1..<end : nil
  }

  /// A JSON Web Token: three parts with dots between, the first of which begins as `{"` does in base64.
  private static func token(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Range<Int>? {
    guard starts(bytes, position, Array("eyJ".utf8)) else { return nil }
    var end = position
    for part in 0..<3 {
      let next = run(bytes, end, while: isWord)
      guard next - end >= 8 else { return nil }
      end = next
      guard part < 2 else { break }
      guard end < bytes.count, bytes[end] == UInt8(ascii: ".") else { return nil }
      end += 1
    }
    return position..<end
  }

  /// What follows `Bearer` or `Basic` in a header.
  private static func scheme(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Range<Int>? {
    for name in schemes where bytes.count - position > name.count {
      guard name.indices.allSatisfy({ bytes[position + $0] | 32 == name[$0] | 32 }) else { continue }
      let start = run(bytes, position + name.count) { $0 == 0x20 }
      let end = run(bytes, start) { isWord($0) || schemeParts.contains($0) }
      if end - start >= 12 { return start..<end }
    }
    return nil
  }

  private static let schemes = [Array("bearer ".utf8), Array("basic ".utf8)]
  private static let schemeParts = Set("._~+/=".utf8)
}
