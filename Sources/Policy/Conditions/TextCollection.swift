internal import JSON

/// The texts within a value: itself, or its strings and the names of its members, however deep. An array of nothing but
/// strings is a text too, its strings with blanks between them: programs take their arguments so.
struct TextCollection {
  private(set) var texts: [String] = []
  /// All of them, with boundaries between them.
  private(set) var fold = Fold()
  private var folded: [String]?

  init(_ text: String) { add(text) }

  init(_ value: JSON) { collect(value) }

  private mutating func add(_ text: String) {
    if !texts.isEmpty { fold.separate() }
    texts.append(text)
    fold.append(text)
  }

  private mutating func collect(_ value: JSON) {
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
  mutating func otherForms() -> [String] {
    if let folded { return folded }
    var forms: [String] = []
    for (text, seen) in zip(texts, fold.seen.split(separator: Fold.boundary, omittingEmptySubsequences: false))
    where !text.utf8.elementsEqual(seen) {
      forms.append(String(decoding: seen, as: UTF8.self))
    }
    folded = forms
    return forms
  }
}
