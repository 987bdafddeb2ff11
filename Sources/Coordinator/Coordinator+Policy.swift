internal import JSON
internal import Journal
internal import Logging
package import Policy
package import Wire

/// The policy while it holds, and what people do that changes something for others.
extension Coordinator {
  /// Keeps to another policy from here on.
  package func take(_ policy: Policy, file: String?) {
    judge.take(policy, file: file)
    audit.settings = AuditSettings(policy.audit)
    journal.commit([judge.loaded()])
    log.info("policy loaded", ["version": .string(policy.version), "file": file.map { .string($0) } ?? .null])
    jobs.policyChanged()
  }

  /// Reads the policy again; one with mistakes leaves the one that holds.
  @discardableResult
  package func rereadPolicy() -> PolicyReload.Response {
    let (policy, file, mistakes) = readPolicy()
    for mistake in mistakes { log.error("policy cannot be used", ["reason": .string(mistake)]) }
    let isChanged = mistakes.isEmpty && policy != nil && policy != judge.policy
    if isChanged, let policy { take(policy, file: file) }
    return PolicyReload.Response(
      version: judge.version ?? "",
      file: judge.policyFile,
      isChanged: isChanged,
      mistakes: mistakes
    )
  }

  var shownPolicy: PolicyShow.Response {
    PolicyShow.Response(
      version: judge.version ?? "",
      file: judge.policyFile,
      environment: judge.policy.environment,
      policy: judge.policy.effective
    )
  }

  /// What a client asks for that changes something, before it is done.
  func note(_ method: String, _ params: JSONObject, by caller: Caller) {
    var details = params
    // What belongs to the job is in its rows.
    for member in ["input", "output"] { details[member] = nil }
    journal.commit([judge.control(method, details, by: caller, job: params["job"]?.stringValue)])
  }

  func note(refused method: String, to caller: Caller, needed: Role) {
    let event = AuditEvent.refused(method: method, role: caller.role, needed: needed)
    journal.commit([judge.auditor.change(event, by: caller)])
  }
}
