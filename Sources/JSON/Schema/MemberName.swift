/// A member's name as a hash key: names are the same when their UTF-8 bytes are, where Swift's `==` asks for canonical
/// equivalence.
struct MemberName: Hashable, Sendable {
  private let text: String

  init(_ text: String) { self.text = text }

  static func == (a: MemberName, b: MemberName) -> Bool { sameName(a.text, b.text, isASCII: false) }

  /// Equal bytes are canonically equivalent, so the string's own hash is a valid (coarser) one.
  func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

/// Byte equality. Canonically equivalent strings of equal length can differ only outside ASCII.
@inline(__always)
func sameName(_ name: String, _ key: String, isASCII: Bool) -> Bool {
  name.utf8.count == key.utf8.count && name == key && (isASCII || name.utf8.elementsEqual(key.utf8))
}
