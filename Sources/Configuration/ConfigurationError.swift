/// Everything that is wrong with a configuration, a secret or a location, reported at once.
package struct ConfigurationError: Error, Sendable, Equatable {
  /// An open set of names; a name once given keeps its meaning.
  package struct Code: RawRepresentable, Sendable, Hashable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Not YAML.
    package static let syntax = Code(rawValue: "syntax")
    /// YAML that is valid but not taken here: aliases, anchors, foreign tags, several documents, ambiguous numbers.
    package static let refusedYAML = Code(rawValue: "refused_yaml")
    package static let duplicateKey = Code(rawValue: "duplicate_key")
    package static let unknownKey = Code(rawValue: "unknown_key")
    package static let missingKey = Code(rawValue: "missing_key")
    /// A value of another type than is due.
    package static let wrongType = Code(rawValue: "wrong_type")
    /// A value of the right type that is not acceptable.
    package static let invalidValue = Code(rawValue: "invalid_value")
    package static let limitExceeded = Code(rawValue: "limit_exceeded")
    /// A variable without a value or default, or a malformed reference.
    package static let substitution = Code(rawValue: "substitution")
    /// The configuration file could not be read.
    package static let unreadable = Code(rawValue: "unreadable")
    /// A secret's source is absent or not acceptable.
    package static let secret = Code(rawValue: "secret")
    /// A folder or socket path that is not acceptable.
    package static let location = Code(rawValue: "location")
  }

  package struct Mistake: Sendable, Equatable {
    package var code: Code
    /// nil when the mistake is not in a file's text.
    package var file: String?
    package var position: Position?
    /// Lower case, no full stop; never a secret's value.
    package var message: String
    /// What the reader can do, when there is something.
    package var hint: String?
    /// Of the system call that failed.
    package var errno: Int32?
    /// Of a mistake in a policy: its place as a JSON Pointer.
    package var path: String?

    package init(
      _ code: Code,
      file: String? = nil,
      at position: Position? = nil,
      _ message: String,
      hint: String? = nil,
      errno: Int32? = nil
    ) {
      self.code = code
      self.file = file
      self.position = position
      self.message = message
      self.hint = hint
      self.errno = errno
    }
  }

  /// In the order of the file; at least one, at most `mistakesShown`.
  package let mistakes: [Mistake]
  /// How many more there are.
  package let unlisted: Int

  package static let mistakesShown = 100

  package init(_ mistakes: [Mistake], unlisted: Int = 0) {
    self.mistakes = mistakes
    self.unlisted = unlisted
  }

  package init(_ mistake: Mistake) { self.init([mistake]) }
}

extension ConfigurationError.Mistake: CustomStringConvertible {
  /// `file:line:column: message; hint: …`
  package var description: String {
    // Defaults come from no file.
    var text = file.flatMap { $0.isEmpty ? nil : "\($0):" } ?? ""
    if let position { text += "\(position.line):\(position.column):" }
    if !text.isEmpty { text += " " }
    return text + message + (hint.map { "; hint: \($0)" } ?? "")
  }
}

extension ConfigurationError: CustomStringConvertible {
  /// One line for each mistake.
  package var description: String {
    let lines = mistakes.map(\.description) + (unlisted > 0 ? ["and \(unlisted) more"] : [])
    return lines.joined(separator: "\n")
  }
}

/// Gathers mistakes; keeps the first hundred and counts the rest.
package struct MistakeList: Sendable {
  package private(set) var listed: [ConfigurationError.Mistake] = []
  private var unlisted = 0

  init() {}
  init(_ mistake: ConfigurationError.Mistake) { listed = [mistake] }

  mutating func add(_ mistake: @autoclosure () -> ConfigurationError.Mistake) {
    if listed.count < ConfigurationError.mistakesShown { listed.append(mistake()) } else { unlisted += 1 }
  }

  /// Throws what was gathered, in the order of the text.
  func throwAny() throws(ConfigurationError) {
    if !listed.isEmpty { throw error() }
  }

  /// What was gathered, with as many more as are counted elsewhere.
  func error(unlisted others: Int = 0) -> ConfigurationError {
    let ordered = listed.enumerated().sorted { a, b in
      (a.element.position ?? .start, a.offset) < (b.element.position ?? .start, b.offset)
    }
    return ConfigurationError(ordered.map(\.element), unlisted: unlisted + others)
  }
}
