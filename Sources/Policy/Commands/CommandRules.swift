/// What an operator says about the commands of a shell script.
package struct CommandRules: Sendable, Equatable {
  /// What happens to a command that cannot be known before it runs.
  package enum Unknown: String, Sendable, CaseIterable {
    case allow, approve, block
  }

  /// Shell words that a command begins with, such as `git status`; nil: everything that is not forbidden.
  package var allow: [String]?
  package var forbid: [String]
  package var approve: [String]
  package var unknown: Unknown

  package init(
    allow: [String]? = nil,
    forbid: [String] = [],
    approve: [String] = [],
    unknown: Unknown = .approve
  ) {
    self.allow = allow
    self.forbid = forbid
    self.approve = approve
    self.unknown = unknown
  }
}
