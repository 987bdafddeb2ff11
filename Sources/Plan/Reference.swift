package import JSON

/// What stands for a value that is known only at run time.
package struct Reference: Sendable, Hashable {
  package enum Source: Sendable, Hashable {
    /// The output of the step with this index.
    case step(Int)
    /// The item at hand of a `for_each` step.
    case itemValue
    /// Its position, from 0.
    case itemIndex
  }

  package let source: Source
  /// The place in the output or the item.
  package let pointer: JSONPointer
}

extension Reference {
  /// Each once, in the order in which they first appear.
  static func distinct(_ uses: [Use]) -> [Reference] {
    guard uses.count > 1 else { return uses.map(\.reference) }
    var seen: Set<Reference> = []
    return uses.compactMap { seen.insert($0.reference).inserted ? $0.reference : nil }
  }
}

/// One place where a reference stands.
struct Use: Sendable {
  let reference: Reference
  /// Of the text that holds it, as a JSON Pointer into the plan.
  let path: String
  /// As it was written: `step:parse#/items`.
  let text: String
}

/// The grammar of references, before step ids are looked up.
enum ReferenceText: Equatable {
  case step(id: String, pointer: Substring?)
  case itemValue(pointer: Substring?)
  case itemIndex
  /// Begins as a reference and cannot be one; says why.
  case malformed(String)
  /// `steps`, which stands for all outputs, in double braces only.
  case allSteps

  /// A whole string. nil for plain text.
  init?(whole text: String) {
    guard Self.mayBegin(text.utf8) else { return nil }
    self.init(text[...])
  }

  /// What stands between double braces, without spaces around it. nil for what is none of ours.
  init?(braced text: Substring) {
    if text == "steps" {
      self = .allSteps
      return
    }
    guard Self.mayBegin(text.utf8) else { return nil }
    self = ReferenceText(text) ?? .malformed("is no reference")
  }

  /// Whether `text` begins with `step:` or `item:`.
  @inline(__always)
  static func mayBegin(_ text: some Collection<UInt8>) -> Bool {
    guard let first = text.first, first == UInt8(ascii: "s") || first == UInt8(ascii: "i") else { return false }
    return text.starts(with: "step:".utf8) || text.starts(with: "item:".utf8)
  }

  /// Works on bytes: a letter that combines with the sign before it must not hide that sign.
  private init?(_ text: Substring) {
    let bytes = text.utf8
    let start = bytes.index(bytes.startIndex, offsetBy: 5)
    let end = bytes[start...].firstIndex(of: UInt8(ascii: "#")) ?? bytes.endIndex
    let name = text[start..<end]
    let pointer = end < bytes.endIndex ? text[bytes.index(after: end)...] : nil
    if bytes.first == UInt8(ascii: "s") {
      guard Identifier.isValid(name) else { return nil }
      self = .step(id: String(name), pointer: pointer)
    } else if name == "value" {
      self = .itemValue(pointer: pointer)
    } else if name == "index" {
      self = pointer == nil ? .itemIndex : .malformed("has a pointer, but 'item:index' is a number")
    } else {
      return nil
    }
  }
}
