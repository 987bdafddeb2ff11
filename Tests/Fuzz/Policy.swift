// fuzz: modules=Policy seeds=Tests/Fuzz/Seeds/Policy max_len=4096

import JSON
import Policy
import Wire

/// Fuzz target: a policy and behind zero bytes facts. What is accepted is shown so that it reads to the same policy again;
/// what is refused has places for its mistakes; and every decision comes to an end, the same with and without the rules'
/// index, and no weaker when rules are added.
func fuzzPolicy(_ bytes: UnsafeRawBufferPointer) {
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
  guard let first = parts.first, let source = parsed(first) else { return }
  let policy: Policy
  do throws(PolicyErrors) {
    policy = try Policy(reading: source, environment: nil)
  } catch {
    precondition(!error.errors.isEmpty && error.errors.count <= PolicyLimit.errors + 1, "\(error.errors.count) errors")
    for mistake in error.errors {
      precondition(mistake.path.isEmpty || mistake.path.hasPrefix("/"), "path \(mistake.path)")
      precondition(!mistake.message.isEmpty, "no message")
    }
    return
  }
  checkShown(policy)
  let facts = Facts(parts.count > 1 ? parsed(parts[1]) ?? .null : .null)
  let decision = policy.decide(facts)
  precondition(decision.matches.allSatisfy { $0.effect <= decision.effect }, "a match that is stronger")
  checkAlone(policy, facts, decision)
  if let needs = facts.needs { checkPrivileges(policy.privileges, needs) }
}

private func checkShown(_ policy: Policy) {
  do throws(PolicyErrors) {
    let again = try Policy(reading: policy.effective, environment: nil)
    precondition(again == policy && again.effective == policy.effective, "what is shown is another policy")
  } catch {
    preconditionFailure("what is shown does not read: \(error)")
  }
}

/// Each rule by itself says what it says among the others.
private func checkAlone(_ policy: Policy, _ facts: Facts, _ decision: Decision) {
  var names: [String] = []
  for rule in policy.guardrails where Policy(guardrails: [rule]).decide(facts).effect != .allow {
    names.append(rule.name)
  }
  let found = decision.matches.prefix(names.count).map(\.rule)
  precondition(found == names, "\(found) among others, \(names) alone")
}

private func checkPrivileges(_ rules: PrivilegeRules, _ needs: Needs) {
  let forbidden = rules.forbidden(needs)
  precondition(Set(forbidden.read).isSubset(of: needs.read) && Set(forbidden.write).isSubset(of: needs.write))
  let open = rules.unapproved(needs)
  precondition(Set(open.hosts).isSubset(of: needs.hosts) && Set(open.programs).isSubset(of: needs.programs ?? []))
}

extension Facts {
  fileprivate init(_ json: JSON) {
    let point = json["point"]?.stringValue.flatMap { Facts.Point(rawValue: $0) } ?? .invocation
    let groups = json["groups"]?.arrayValue?.compactMap(\.stringValue) ?? []
    self.init(
      point,
      task: json["task"]?.objectValue ?? [:],
      tool: json["tool"]?.stringValue,
      worker: json["worker"]?.stringValue,
      input: json["input"] ?? .null,
      caller: Caller(uid: 1, user: json["user"]?.stringValue ?? "u", groupNames: groups, role: .submitter)
    )
    guard case .object(let object)? = json["needs"] else { return }
    var fields = Fields(object, at: "")
    // Safety: needs that are none are another target's concern.
    needs = try? Needs(from: &fields)
  }
}

private func parsed(_ bytes: UnsafeRawBufferPointer.SubSequence) -> JSON? {
  // Safety: nil is a text that is no JSON, which another target looks at.
  try? JSON(parsing: UnsafeRawBufferPointer(rebasing: bytes))
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  fuzzPolicy(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
