package import JSON

/// What pairs an answer with its request: an integer or a text, never null.
package enum MessageID: Sendable, Hashable {
  case integer(Int64)
  case text(String)

  /// Bytes of the longest text that is read.
  package static let longestText = 1024

  /// nil: of another type, no whole number, or too long.
  package init?(_ json: JSON?) {
    switch json {
    case .string(let text) where text.utf8.count <= Self.longestText: self = .text(text)
    case .integer(let value): self = .integer(value)
    case .number(let number):
      guard let value = number.int64 else { return nil }
      self = .integer(value)
    default: return nil
    }
  }

  package var json: JSON {
    switch self {
    case .integer(let value): .integer(value)
    case .text(let text): .string(text)
    }
  }
}

extension MessageID: CustomStringConvertible {
  package var description: String {
    switch self {
    case .integer(let value): String(value)
    case .text(let text): quoted(text)
    }
  }
}
