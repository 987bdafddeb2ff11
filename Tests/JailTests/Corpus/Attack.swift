package import Jail

/// What came of a probe: what it printed, or how the run ended when it printed nothing.
package enum Outcome: Hashable, CustomStringConvertible {
  case ok
  case errno(Int32)
  case reason(JailReason)
  case signal(Int32)
  /// As a control only: anything, as long as the filter did not refuse. For calls whose own answer depends on how the
  /// kernel was built; the denial, which is exact, tells the two apart.
  case undenied

  package var description: String {
    switch self {
    case .ok: "ok"
    case .errno(let number): "errno \(number)"
    case .reason(let reason): reason.rawValue
    case .signal(let number): "signal \(number)"
    case .undenied: "not refused by the filter"
    }
  }
}

/// What a grade promises of one attack.
package enum Promise: Hashable, Sendable {
  /// The same answer as under the full jail.
  case same
  case other(Outcome)
  case nothing
}

/// One attack: a probe, what the jail answers, and the control — the same probe under the same jail with only the
/// tested wall removed.
package struct Attack: Sendable {
  package var group: String
  package var name: String
  /// Arguments of jail-probe; `{secret}`, `{open}`, `{port}` and the like are filled in by the fixture.
  package var probe: [String]
  package var expected: Outcome
  /// Walls that the control removes: all that would hold it, none besides.
  package var walls: Set<JailWall> = []
  /// System calls that the control allows; the attack must also be reported as a denial of the first.
  package var calls: [String] = []
  package var control: Outcome
  /// Where the jailed program has another uid than the one who started it.
  package var controlAsRoot: Outcome?
  /// What a lesser grade promises; where it is silent `old-landlock` holds the same and `no-namespaces` nothing.
  package var lesser: [JailGrade: Promise] = [:]
  /// Further limits that must be reported.
  package var limits: Set<JailLimitHit> = []
  package var adjust: @Sendable (inout JailPolicy, Fixture) -> Void = { _, _ in }
  /// What else the control changes, such as lifting a limit.
  package var adjustControl: @Sendable (inout JailPolicy, Fixture) -> Void = { _, _ in }
}

extension Attack {
  /// What must come of it under a grade; nil: nothing is promised.
  package func expected(under grade: JailGrade) -> Outcome? {
    switch lesser[grade] ?? (grade == .noNamespaces ? .nothing : .same) {
    case .same: grade == .none ? nil : expected
    case .other(let outcome): outcome
    case .nothing: nil
    }
  }
}
