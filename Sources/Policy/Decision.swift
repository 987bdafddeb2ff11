/// What the policy says about something that is about to happen.
package struct Decision: Sendable, Equatable {
  /// The strongest that any match says; `allow` where nothing matched.
  package enum Effect: String, Sendable, CaseIterable, Comparable {
    case allow, warn
    case requireApproval = "require_approval"
    case block

    package static func < (left: Effect, right: Effect) -> Bool { left.rank < right.rank }

    private var rank: Int {
      switch self {
      case .allow: 0
      case .warn: 1
      case .requireApproval: 2
      case .block: 3
      }
    }
  }

  /// A rule that matched.
  package struct Match: Sendable, Equatable {
    /// The guardrail's name, or `commands/forbid` and the like.
    package var rule: String
    package var effect: Effect
    /// For people: why.
    package var message: String
    /// Who may decide: `user:NAME`, `group:NAME`, `role:NAME`, or the URI of a channel; nil: every approver.
    package var approver: String?
    /// How long an approval is waited for; nil: the policy's default.
    package var timeoutMS: Int64?
    package var onTimeout: OnTimeout?
    /// The approver that it goes to when nobody decided, with `escalate`.
    package var escalateTo: String?

    package init(
      rule: String,
      effect: Effect,
      message: String,
      approver: String? = nil,
      timeoutMS: Int64? = nil,
      onTimeout: OnTimeout? = nil,
      escalateTo: String? = nil
    ) {
      self.rule = rule
      self.effect = effect
      self.message = message
      self.approver = approver
      self.timeoutMS = timeoutMS
      self.onTimeout = onTimeout
      self.escalateTo = escalateTo
    }
  }

  package enum OnTimeout: String, Sendable, CaseIterable {
    case deny, escalate
  }

  package var effect: Effect
  /// In the order of the policy.
  package var matches: [Match]

  package static let allow = Decision(effect: .allow, matches: [])

  package init(effect: Effect, matches: [Match]) {
    self.effect = effect
    self.matches = matches
  }

  package init(_ matches: [Match]) {
    self.init(effect: matches.map(\.effect).max() ?? .allow, matches: matches)
  }

  /// With what another one asks for beyond this one.
  package func asking(also other: Decision) -> Decision {
    let names = Set(matches.filter { $0.effect == .requireApproval }.map(\.rule))
    return Decision(matches + other.matches.filter { $0.effect == .requireApproval && !names.contains($0.rule) })
  }

  /// Those that made it what it is.
  package var deciding: [Match] { matches.filter { $0.effect == effect } }
}
