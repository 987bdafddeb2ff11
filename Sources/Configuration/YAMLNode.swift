package import JSON

/// A place in a text; both count from 1, columns in code points.
package struct Position: Sendable, Hashable, Comparable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package static func < (a: Position, b: Position) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// A value of a YAML document with its place.
package struct YAMLNode: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    /// The text of the key, whatever it looks like: `no`, `1` and `null` are texts here.
    package let key: String
    package let position: Position
    package let value: YAMLNode
  }

  package enum Content: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number that is no 64-bit integer; keeps its source text.
    case number(JSONNumber)
    case string(String)
    case sequence([YAMLNode])
    /// Keys are unique.
    case mapping([Entry])
    /// Stands where a mistake has been reported; readers pass over it.
    case mistaken
  }

  package let position: Position
  package let content: Content

  /// The word that messages use for this value's type.
  package var typeName: String {
    switch content {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .sequence: "list"
    case .mapping: "mapping"
    case .mistaken: "mistaken"
    }
  }
}

/// The bounds of a document. At the value it is accepted, one above it is refused.
package struct YAMLLimits: Sendable {
  package var bytes = 1 << 20
  /// Nested sequences and mappings.
  package var depth = 64
  /// Scalars, sequences and mappings, keys included.
  package var nodes = 100_000
  /// One key; keeps every key short enough to be printed on its own line.
  package var keyBytes = 128

  package init() {}
}
