package import Jail

/// What one attack came to, with and without its wall.
package struct Evaluation {
  package var attack: Attack
  package var grade: JailGrade
  package var outcome: Outcome
  package var control: Outcome
  package var result: JailResult
  package var controlResult: JailResult
  var isRoot: Bool

  /// Everything that is not as it should be.
  package var complaints: [String] {
    var list: [String] = []
    guard let expected = attack.expected(under: grade) else { return ["nothing is promised under '\(grade.rawValue)'"] }
    if outcome != expected { list.append("jailed: \(outcome), expected \(expected)\(detail(result))") }
    if expectedControl != .undenied, control != expectedControl {
      list.append("control: \(control), expected \(expectedControl)\(detail(controlResult))")
    }
    if expected == attack.control, attack.calls.isEmpty { list.append("the control differs in nothing") }
    if let call = attack.calls.first {
      if !result.denials.contains(where: { $0.name == call }) { list.append("'\(call)' is not among the denials") }
      if controlResult.denials.contains(where: { $0.name == call }) { list.append("the control denied '\(call)'") }
    }
    let missing = attack.limits.subtracting(result.limitsHit)
    if !missing.isEmpty { list.append("limits not reported: \(missing.map(\.rawValue).sorted())") }
    return list
  }

  private var expectedControl: Outcome {
    // Pid 1 and the like are the host's then, and answer for themselves; the denial, which is exact, tells the two apart.
    if grade == .noNamespaces, !attack.calls.isEmpty { return .undenied }
    return isRoot ? attack.controlAsRoot ?? attack.control : attack.control
  }

  private func detail(_ result: JailResult) -> String {
    let setup = result.setupFailure.map { ", \($0)" } ?? ""
    return " (\(result.reason.rawValue)\(setup), stderr '\(String(decoding: result.errorOutput.bytes, as: UTF8.self))')"
  }
}

extension Attack {
  /// The jail that an attack meets unless it says otherwise.
  private func policy(_ fixture: Fixture, _ grade: JailGrade) -> JailPolicy {
    var policy = JailPolicy(program: fixture.probe, arguments: ["jail-probe"] + probe.map(fixture.fill))
    policy.runAs = fixture.runAs
    policy.view.programs = [fixture.probe]
    policy.limits.wallMilliseconds = 10_000
    adjust(&policy, fixture)
    switch grade {
    case .oldLandlock:
      policy.grade = grade
      policy.removedWalls.insert(.newLandlock)
    case .noNamespaces:
      policy.grade = grade
      policy.view.workspaceBytes = nil
      policy.directory = "/"
    default: break
    }
    return policy
  }

  /// `sharesView`: with a root from a template where the view permits it, or with one of its own.
  package func evaluate(
    _ fixture: Fixture,
    under grade: JailGrade = .full,
    sharesView: Bool = true
  ) throws -> Evaluation {
    var jailed = policy(fixture, grade)
    jailed.sharesView = sharesView
    var open = jailed
    open.removedWalls = walls.union(grade == .oldLandlock ? [.newLandlock] : [])
    // What mounts and namespaces do otherwise is Landlock's there.
    if grade == .noNamespaces, calls.isEmpty { open.removedWalls.insert(.landlock) }
    open.addedCalls = Set(calls)
    // The workspace is part of the private root.
    if walls.contains(.privateRoot) { open.directory = "/" }
    adjustControl(&open, fixture)
    let result = try JailRun(jailed.prepare()).run()
    let controlResult = try JailRun(open.prepare()).run()
    return Evaluation(
      attack: self,
      grade: grade,
      outcome: Self.outcome(result),
      control: Self.outcome(controlResult),
      result: result,
      controlResult: controlResult,
      isRoot: fixture.runAs != nil
    )
  }

  private static func outcome(_ result: JailResult) -> Outcome {
    let text = String(decoding: result.output.bytes, as: UTF8.self)
    let line = text.split(separator: "\n").first.map(String.init) ?? ""
    if result.reason == .ok || result.reason == .nonzeroExit || result.reason == .syscallDenied
      || result.reason == .workspaceLimit || result.reason == .processLimit
    {
      if line == "ok" { return .ok }
      if line.hasPrefix("errno "), let number = Int32(line.dropFirst(6)) { return .errno(number) }
    }
    if let signal = result.signal { return .signal(signal) }
    return .reason(result.reason)
  }
}
