internal import JSON

/// The texts within a value: itself, or its strings and the names of its members, however deep. An array of nothing but
/// strings is a text too, its strings with blanks between them: programs take their arguments so.
final class TextCollection {
  private(set) var texts: [String] = []
  /// All of them, with boundaries between them.
  private(set) var fold = Fold()
  private(set) lazy var plainPairs = BytePairs(fold.plain)
  private(set) lazy var seenPairs = BytePairs(fold.seen)

  init(_ value: JSON) { collect(value) }

  private func add(_ text: String) {
    if !texts.isEmpty { fold.separate() }
    texts.append(text)
    fold.append(text)
  }

  private func collect(_ value: JSON) {
    switch value {
    case .string(let text): add(text)
    case .array(let elements):
      for element in elements { collect(element) }
      let strings = elements.compactMap(\.stringValue)
      if strings.count > 1, strings.count == elements.count { add(strings.joined(separator: " ")) }
    case .object(let object):
      for member in object.members {
        add(member.key)
        collect(member.value)
      }
    default: break
    }
  }

  /// The texts that are another one when they are folded, so folded.
  private(set) lazy var otherForms: [String] = {
    zip(texts, fold.seen.split(separator: Fold.boundary, omittingEmptySubsequences: false)).compactMap { text, seen in
      Self.isSame(text, seen) ? nil : String(decoding: seen, as: UTF8.self)
    }
  }()

  private static func isSame(_ text: String, _ bytes: ArraySlice<UInt8>) -> Bool {
    text.utf8.count == bytes.count && text.utf8.elementsEqual(bytes)
  }
}

/// Which pairs of bytes stand beside each other in a text, roughly: enough to see that most words are not in it.
struct BytePairs {
  /// Longer texts have every pair.
  private static let textBytes = 1 << 20
  private static let bits = 8_192
  /// Empty for a text that is too long.
  private var words: ContiguousArray<UInt64> = []

  init(_ text: ContiguousArray<UInt8>) {
    guard text.count <= Self.textBytes else { return }
    words = ContiguousArray(repeating: 0, count: Self.bits / 64)
    words.withUnsafeMutableBufferPointer { words in
      text.withUnsafeBufferPointer { text in
        var i = 1
        while i < text.count {
          let pair = Int(Self.pair(text[i - 1], text[i]))
          words[pair >> 6] |= 1 << UInt64(pair & 63)
          i += 1
        }
      }
    }
  }

  static func pair(_ a: UInt8, _ b: UInt8) -> UInt16 { (UInt16(a) &* 0x9D ^ UInt16(b) &* 0x1F3) & UInt16(bits - 1) }

  func holds(_ pair: UInt16) -> Bool { words.isEmpty || words[Int(pair) >> 6] >> UInt64(pair & 63) & 1 == 1 }
}
