package import Wire

/// What to do after the last attempt has failed.
package enum OnFailure: String, Sendable, CaseIterable {
  /// The job fails.
  case fail
  /// Everything that depends on the step is skipped; the rest runs.
  case skip
  /// The step's output is null, and what depends on it runs.
  case `continue`
}

/// What to do when an attempt was interrupted and nobody can say whether it took effect.
package enum OnUnknown: String, Sendable, CaseIterable {
  /// For a person.
  case wait
  case fail
  /// Another attempt, although the first may have taken effect.
  case retry
}

/// What to do while no worker offers the tool.
package enum OnMissingTool: String, Sendable, CaseIterable {
  case wait
  case fail
}

/// One call of a tool, or one call for each item of a list.
package struct Step: Sendable {
  package let id: String
  package let description: String?
  package let tool: String
  package let input: Template
  /// Indices of the steps that must be done before, explicit and implied, ascending.
  package internal(set) var dependsOn: [Int]
  package let when: Condition?
  package let forEach: ForEach?
  package let retry: Retry
  /// Of one attempt; nil: the tool's.
  package let timeoutMS: Int64?
  package let needs: Needs?
  package let limits: ResourceLimits?
  /// nil: what the tool says.
  package let isIdempotent: Bool?
  package let onFailure: OnFailure
  package let onUnknown: OnUnknown
  package let onMissingTool: OnMissingTool
}
