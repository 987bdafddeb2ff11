package import JSON

/// What a new policy would have said of things that were decided before, one after another. Says what changes, and keeps
/// the first of each kind as examples; memory does not grow with what is rehearsed.
package struct Rehearsal: Sendable {
  package enum Change: String, Sendable, CaseIterable {
    /// Happened, or was waited for, and would be blocked.
    case newlyBlocked = "newly_blocked"
    /// Nobody was asked, or it was blocked, and a person would be asked.
    case newlyAsked = "newly_asked"
    /// Was blocked or asked about, and would happen.
    case newlyAllowed = "newly_allowed"
  }

  package struct Example: Sendable, Equatable {
    package var job: String?
    package var step: String?
    package var tool: String?
    package var point: Facts.Point
    package var before: Decision.Effect
    package var after: Decision.Effect
    /// The rules that make it so; where it would be allowed, those that no longer hold it back.
    package var rules: [String]
  }

  package static let examplesKept = 100

  private let policy: Policy
  package private(set) var looked = 0
  private var counts: [Change: Int] = [:]
  private var kept: [Change: [Example]] = [:]
  /// Rule → how many changes it made.
  package private(set) var byRule: [String: Int] = [:]

  package init(_ policy: Policy) { self.policy = policy }

  package func count(_ change: Change) -> Int { counts[change] ?? 0 }

  /// The first of them.
  package func examples(_ change: Change) -> [Example] { kept[change] ?? [] }

  /// Looks at something that was decided before; `before` is what was said then.
  package mutating func look(at facts: Facts, before: Decision) {
    looked += 1
    let after = policy.decide(facts)
    guard let change = Self.change(from: before.effect, to: after.effect) else { return }
    counts[change, default: 0] += 1
    let deciding = change == .newlyAllowed ? before.deciding : after.deciding
    let rules = deciding.map(\.rule)
    for rule in Set(rules) { byRule[rule, default: 0] += 1 }
    guard examples(change).count < Self.examplesKept else { return }
    kept[change, default: []].append(
      Example(
        job: facts.job,
        step: facts.step,
        tool: facts.tool,
        point: facts.point,
        before: before.effect,
        after: after.effect,
        rules: rules
      )
    )
  }

  /// A warning is no hindrance.
  private static func change(from before: Decision.Effect, to after: Decision.Effect) -> Change? {
    switch (before, after) {
    case (.block, .block), (.requireApproval, .requireApproval): nil
    case (_, .block): .newlyBlocked
    case (_, .requireApproval): .newlyAsked
    case (.block, _), (.requireApproval, _): .newlyAllowed
    default: nil
    }
  }
}

extension Rehearsal {
  /// `{"looked", "newly_blocked": {"count", "examples"}, …, "rules": {name: count}}`
  package var json: JSON {
    var it: JSONObject = ["looked": .integer(Int64(looked))]
    for change in Change.allCases {
      it[change.rawValue] = [
        "count": .integer(Int64(count(change))), "examples": .array(examples(change).map(\.json)),
      ]
    }
    let rules = byRule.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    it["rules"] = .object(JSONObject(rules.map { ($0.key, .integer(Int64($0.value))) }))
    return .object(it)
  }
}

extension Rehearsal.Example {
  fileprivate var json: JSON {
    var it: JSONObject = [:]
    for (key, text) in [("job", job), ("step", step), ("tool", tool)] { if let text { it[key] = .string(text) } }
    it["point"] = .string(point.rawValue)
    it["before"] = .string(before.rawValue)
    it["after"] = .string(after.rawValue)
    it["rules"] = .array(rules.map { .string($0) })
    return .object(it)
  }
}
