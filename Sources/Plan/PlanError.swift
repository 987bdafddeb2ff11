package import JSON
internal import Wire

/// One mistake in a plan, and where it is.
package struct PlanError: Error, Sendable, Hashable {
  /// The place in the plan as a JSON Pointer; empty for the whole plan. A missing member's path is where it should be.
  package let path: String
  package let name: Name
  /// One sentence for people, in which foreign values are shortened.
  package let message: String

  /// An open set; a name once given keeps its meaning. The table is in `protocol/plan.md`.
  package struct Name: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(stringLiteral value: String) { rawValue = value }
    package var description: String { rawValue }

    package static let missingMember: Name = "missing_member"
    package static let unknownMember: Name = "unknown_member"
    package static let invalidValue: Name = "invalid_value"
    package static let duplicateID: Name = "duplicate_id"
    /// A reference or a dependency that names no step, or a place that an output cannot have.
    package static let danglingReference: Name = "dangling_reference"
    package static let selfReference: Name = "self_reference"
    /// A text that begins as a reference and cannot be one.
    package static let invalidReference: Name = "invalid_reference"
    /// A reference where none may stand.
    package static let misplacedReference: Name = "misplaced_reference"
    package static let cycle: Name = "cycle"
    /// `needs` or `limits` inside an input: privileges are members of the step, where they are approved.
    package static let privilegesInInput: Name = "privileges_in_input"
    package static let tooManySteps: Name = "too_many_steps"
    package static let limitExceeded: Name = "limit_exceeded"
    package static let unknownTool: Name = "unknown_tool"
    package static let invalidInput: Name = "invalid_input"
    /// Stands last, for the mistakes beyond `PlanLimit.errors`.
    package static let moreErrors: Name = "more_errors"
  }

  package init(path: String, name: Name, message: String) {
    self.path = path
    self.name = name
    self.message = message
  }
}

extension PlanError: CustomStringConvertible {
  package var description: String { message }
}

extension PlanError {
  /// `{"path", "name", "message"}`, as it travels.
  package var json: JSON {
    ["path": .string(path), "name": .string(name.rawValue), "message": .string(message)]
  }
}

/// Every mistake that was found in a plan: at most `PlanLimit.errors`, and `more_errors` behind them when there are more.
package struct PlanErrors: Error, Sendable, Equatable {
  package let errors: [PlanError]
}

extension PlanErrors: CustomStringConvertible {
  package var description: String { errors.map(\.message).joined(separator: "\n") }
}

/// Bounds of what a plan may hold beside those of the wire.
package enum PlanLimit {
  /// Mistakes that are listed.
  package static let errors = 100
  /// `all`, `any` and `not` inside each other, the tests at the bottom included.
  package static let conditionDepth = 32
  /// Tests in one condition.
  package static let conditionTests = 256
  /// UTF-8 bytes of all distinct patterns of a plan; a kilobyte takes up to a millisecond to compile.
  package static let patternBytes = 262_144
  /// References in a whole plan, repetitions included.
  package static let references = 100_000
  /// Nested containers of an input: two of its message stand around it.
  package static let inputDepth = Limit.depth - 2
  package static let attempts: Int64 = 100
  /// What must hold at the end.
  package static let checks = 256
}

/// The mistakes found so far; what is beyond the bound is only counted.
struct ErrorList {
  private(set) var errors: [PlanError] = []
  private(set) var omitted = 0

  var isEmpty: Bool { errors.isEmpty }
  var isFull: Bool { errors.count >= PlanLimit.errors }

  mutating func add(_ name: PlanError.Name, at path: String, _ message: String) {
    if isFull { omit() } else { errors.append(PlanError(path: path, name: name, message: message)) }
  }

  /// Counts a mistake that nobody will read.
  mutating func omit() { omitted += 1 }

  /// With the count of the rest behind them.
  var listed: [PlanError] {
    guard omitted > 0 else { return errors }
    let rest = omitted == 1 ? "1 more mistake" : "\(omitted) more mistakes"
    return errors + [PlanError(path: "", name: .moreErrors, message: rest)]
  }
}
