package import JSON

/// One mistake in a policy, and where it is.
package struct PolicyError: Error, Sendable, Hashable {
  /// As a JSON Pointer into the policy; empty for the whole. A missing member's path is where it should be.
  package let path: String
  package let name: Name
  /// One sentence for people, in which foreign values are shortened.
  package let message: String

  /// An open set; a name once given keeps its meaning. The table is in `protocol/policy.md`.
  package struct Name: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(stringLiteral value: String) { rawValue = value }
    package var description: String { rawValue }

    package static let missingMember: Name = "missing_member"
    package static let unknownMember: Name = "unknown_member"
    package static let invalidValue: Name = "invalid_value"
    package static let duplicateName: Name = "duplicate_name"
    package static let limitExceeded: Name = "limit_exceeded"
    package static let unknownPreset: Name = "unknown_preset"
    package static let unknownEnvironment: Name = "unknown_environment"
    /// A rule does not do what its own tests say.
    package static let failedTest: Name = "failed_test"
    /// Stands last, for the mistakes beyond those that are listed.
    package static let moreErrors: Name = "more_errors"
  }

  package init(path: String, name: Name, message: String) {
    self.path = path
    self.name = name
    self.message = message
  }
}

extension PolicyError: CustomStringConvertible {
  package var description: String { message }
}

extension PolicyError {
  /// `{"path", "name", "message"}`, as it travels.
  package var json: JSON {
    ["path": .string(path), "name": .string(name.rawValue), "message": .string(message)]
  }
}

/// Every mistake that was found in a policy: at least one; `more_errors` behind the listed ones when there are more.
package struct PolicyErrors: Error, Sendable, Equatable {
  package let errors: [PolicyError]

  package init(_ errors: [PolicyError]) { self.errors = errors }
}

extension PolicyErrors: CustomStringConvertible {
  package var description: String { errors.map(\.message).joined(separator: "\n") }
}
