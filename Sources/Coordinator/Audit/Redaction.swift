internal import JSON

/// Takes what looks like a secret out of what is to be written down; pure.
///
/// Two things are looked at: the names of members and of assignments (`password`, `db_password`, `API_KEY=…`), and values
/// that have the form of well-known keys and tokens. A secret under an innocent name and of no known form stays: this
/// makes accidents rare, and is no wall.
struct Redaction: Sendable {
  static let mark = "[redacted]"

  /// As `SecretNames.folded` folds; whatever ends with one of these is one, too.
  private static let names = [
    "password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "privatekey", "secretkey",
    "signingkey",
    "authorization", "cookie", "credential", "credentials", "pwd",
  ]

  private let names: [[UInt8]]

  /// `more`: names that an operator adds.
  init(names more: [String] = []) {
    names = (Self.names + more).map { Self.folded($0.utf8) }.filter { !$0.isEmpty }
  }

  // MARK: Values

  func apply(_ json: JSON) -> JSON {
    switch json {
    case .null, .bool, .integer, .number: return json
    case .string(let text): return .string(apply(text))
    case .array(let elements): return .array(elements.map(apply))
    case .object(let object):
      var clean = object
      for member in object.members {
        if isSecret(member.key), Self.holdsText(member.value) {
          clean[member.key] = .string(Self.mark)
        } else if !Self.isPlain(member.value) {
          clean[member.key] = apply(member.value)
        }
      }
      return .object(clean)
    }
  }

  /// Values without text are never changed.
  private static func isPlain(_ json: JSON) -> Bool {
    switch json {
    case .null, .bool, .integer, .number: true
    default: false
    }
  }

  /// A `token` that is true or null says nothing; one that is a number may.
  private static func holdsText(_ json: JSON) -> Bool {
    switch json {
    case .null, .bool: false
    default: true
    }
  }

  // MARK: Names

  func isSecret(_ name: String) -> Bool { isSecret(name.utf8) }

  private func isSecret(_ name: some Collection<UInt8>) -> Bool {
    let name = Self.folded(name)
    return names.contains { name.count >= $0.count && name.suffix($0.count).elementsEqual($0) }
  }

  /// In lower case, without what separates words: `X-Api-Key` and `xApiKey` are the same.
  private static func folded(_ name: some Collection<UInt8>) -> [UInt8] {
    var folded: [UInt8] = []
    folded.reserveCapacity(name.count)
    for byte in name {
      switch byte {
      case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: " "): continue
      case 65...90: folded.append(byte | 32)
      case 128...:
        // Other letters by Unicode's rules, all of them at once.
        return Array(String(decoding: name, as: UTF8.self).lowercased().utf8.filter { !separators.contains($0) })
      default: folded.append(byte)
      }
    }
    return folded
  }

  private static let separators = Set("_-. ".utf8)

  // MARK: Text

  /// `text` with the parts of it that are secrets replaced.
  func apply(_ text: String) -> String {
    var text = text
    let cuts = text.withUTF8 { self.cuts(UnsafeRawBufferPointer($0)) }
    guard !cuts.isEmpty else { return text }
    let bytes = Array(text.utf8)
    var clean: [UInt8] = []
    clean.reserveCapacity(bytes.count)
    var start = 0
    for cut in cuts {
      clean.append(contentsOf: bytes[start..<cut.lowerBound])
      clean.append(contentsOf: Self.mark.utf8)
      start = cut.upperBound
    }
    clean.append(contentsOf: bytes[start...])
    return String(decoding: clean, as: UTF8.self)
  }

  /// In order, none within another.
  private func cuts(_ bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
    var cuts: [Range<Int>] = []
    var position = 0
    var word = 0
    while position < bytes.count {
      let byte = bytes[position]
      let isAtStart = position == 0 || !SecretForm.isWord(bytes[position - 1])
      if isAtStart { word = position }
      var cut: Range<Int>?
      if isAtStart || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ":") {
        cut = SecretForm.find(bytes, at: position)
      }
      if cut == nil, byte == UInt8(ascii: "="), word < position, isSecret(bytes[word..<position]) {
        cut = SecretForm.value(bytes, from: position + 1)
      }
      if let cut {
        cuts.append(cut)
        position = cut.upperBound
      } else {
        position += 1
      }
    }
    return cuts
  }
}
