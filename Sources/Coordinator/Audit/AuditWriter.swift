internal import Digest
internal import JSON
package import Journal
package import Policy
internal import Wire

/// Makes records of events: what is said of each, without secrets, within bounds.
package struct AuditWriter: Sendable {
  private let settings: AuditSettings
  private let redaction: Redaction

  package init(_ settings: AuditSettings = AuditSettings()) {
    self.settings = settings
    redaction = Redaction(names: settings.redact)
  }

  /// To be written in the entry of what it tells of, before that is done. `by`: nil for the coordinator itself; `item`: of
  /// a `for_each`, counted from 0.
  package func change(
    _ event: AuditEvent,
    by caller: Caller? = nil,
    job: String? = nil,
    step: String? = nil,
    item: Int? = nil
  ) -> Change {
    let step = step.map { step in item.map { "\(step)[\($0)]" } ?? step }
    return .audit(record(event, actor: Self.actor(caller), job: job, step: step))
  }

  package func record(_ event: AuditEvent, actor: String, job: String? = nil, step: String? = nil) -> AuditRecord {
    var writer = JSONWriter(reserving: 512)
    writer.beginObject()
    describe(event, in: &writer)
    writer.endObject()
    return AuditRecord(kind: event.kind, actor: actor, job: job, step: step, data: writer.finish())
  }

  /// `user:anna`, `worker:planner`, or `coordinator`.
  package static func actor(_ caller: Caller?) -> String {
    guard let caller else { return "coordinator" }
    return caller.worker.map { "worker:\($0)" } ?? "user:\(caller.user)"
  }

  // MARK: What is said

  private func describe(_ event: AuditEvent, in writer: inout JSONWriter) {
    switch event {
    case .started(let version), .stopped(let version): writer.member("version", version)
    case .policyLoaded(let version, let file, let environment):
      writer.member("version", version)
      writer.member("file", file)
      writer.member("environment", environment)
    case .requested(let what, let title, let hash, let policy):
      writer.member("what", what)
      writer.member("title", clean(title))
      writer.member("hash", hash)
      writer.member("policy", policy)
    case .refused(let method, let role, let needed):
      writer.member("method", method)
      writer.member("role", role.rawValue)
      writer.member("needed", needed.rawValue)
    case .decided(let decision, let point, let tool, let facts, let policy):
      decided(decision, point, tool, facts, policy, &writer)
    case .approvalAsked(let approval): asked(approval, &writer)
    case .approvalAnswered(let id, _, let input, let reason):
      writer.member("approval", id)
      writer.member("edited", input != nil)
      extent(input, "input", &writer)
      writer.member("reason", reason.map(clean))
    case .approvalExpired(let id, let escalatedTo):
      writer.member("approval", id)
      writer.member("to", escalatedTo)
    case .invoked(let invocation): invoked(invocation, &writer)
    case .ended(let ending): ended(ending, &writer)
    case .control(let method, let details):
      writer.member("method", method)
      for member in redacted(.object(details)).objectValue?.members ?? [] {
        writer.key(member.key)
        writer.value(member.value)
      }
    case .limitReached(let name, let of, let atMost, let over):
      writer.member("limit", name)
      writer.member("of", of)
      writer.member("at_most", atMost)
      writer.member("over", over)
    case .toolPinned(let worker, let tool, let digest):
      pinned(worker, tool, digest, previous: nil, &writer)
    case .toolWithheld(let worker, let tool, let digest, let previous),
      .toolAccepted(let worker, let tool, let digest, let previous):
      pinned(worker, tool, digest, previous: previous, &writer)
    case .alert(let alert, _):
      writer.member("tool", alert.tool)
      writer.member("alert", alert.name)
      writer.member("of", alert.measure)
      writer.member("side", alert.side)
      writer.number("bound", alert.bound)
      writer.number("value", alert.value)
      writer.member("since", alert.since)
    }
  }

  /// The tool comes first wherever there is one: it can be searched for.
  private func decided(
    _ decision: Decision,
    _ point: Facts.Point,
    _ tool: String?,
    _ facts: String,
    _ policy: String,
    _ writer: inout JSONWriter
  ) {
    writer.member("tool", tool)
    writer.member("at", point.rawValue)
    writer.member("effect", decision.effect.rawValue)
    writer.key("rules")
    writer.beginArray()
    for match in decision.matches.prefix(64) {
      writer.beginObject()
      writer.member("rule", match.rule)
      writer.member("effect", match.effect.rawValue)
      writer.endObject()
    }
    writer.endArray()
    writer.member("facts", facts)
    writer.member("policy", policy)
  }

  private func pinned(
    _ worker: String,
    _ tool: String,
    _ digest: String,
    previous: String?,
    _ writer: inout JSONWriter
  ) {
    writer.member("tool", tool)
    writer.member("worker", worker)
    writer.member("digest", digest)
    writer.member("pinned", previous)
  }

  private func asked(_ approval: AuditEvent.Approval, _ writer: inout JSONWriter) {
    writer.member("tool", approval.tool)
    writer.member("approval", approval.id)
    writer.member("rules", Array(approval.rules.prefix(64)))
    writer.member("approver", approval.approver)
    writer.member("until", approval.until)
    writer.member("hash", approval.hash)
    writer.member("policy", approval.policy)
  }

  private func invoked(_ invocation: AuditEvent.Invocation, _ writer: inout JSONWriter) {
    writer.member("tool", invocation.tool)
    writer.member("worker", invocation.worker)
    writer.member("attempt", invocation.attempt)
    writer.member("key", invocation.idempotencyKey)
    writer.member("parent", invocation.parent)
    extent(invocation.input, "input", &writer)
    writer.member("needs", invocation.needs)
    writer.member("limits", invocation.limits)
    writer.member("jail", invocation.jail)
    writer.member("plan", invocation.plan)
    writer.member("policy", invocation.policy)
  }

  private func ended(_ ending: AuditEvent.Ending, _ writer: inout JSONWriter) {
    writer.member("tool", ending.tool)
    writer.member("result", ending.result)
    writer.member("error", ending.error)
    writer.member("attempt", ending.attempt)
    writer.member("key", ending.idempotencyKey)
    writer.member("receipt", ending.receipt)
    if ending.isSecret {
      writer.member("output", Redaction.mark)
    } else if let output = ending.output {
      result(output, &writer)
    }
  }

  // MARK: Extent

  /// An input: its hash, too, is that of what would have stood there, so that nobody finds a short secret by trying.
  private func extent(_ input: JSON?, _ name: StaticString, _ writer: inout JSONWriter) {
    guard let input, settings.inputs != .none else { return }
    let clean = redacted(input)
    if settings.inputs == .whole, clean.bytes(over: settings.wholeBytes) == nil {
      writer.key(name)
      writer.value(clean)
    } else {
      hash(clean.serialized(), name, &writer)
    }
  }

  /// A result: its hash is that of the text that the journal keeps.
  private func result(_ output: [UInt8], _ writer: inout JSONWriter) {
    switch settings.results {
    case .none: break
    case .whole where output.count <= settings.wholeBytes:
      do throws(JSONError) {
        let json = try JSON(parsing: output)
        writer.key("output")
        writer.value(redacted(json))
      } catch {
        hash(output, "output", &writer)
      }
    case .whole, .hash: hash(output, "output", &writer)
    }
  }

  private func hash(_ bytes: [UInt8], _ name: StaticString, _ writer: inout JSONWriter) {
    writer.key(name)
    writer.beginObject()
    writer.member("sha256", SHA256.digest(bytes))
    writer.member("bytes", bytes.count)
    writer.endObject()
  }

  private func redacted(_ json: JSON) -> JSON { redaction.apply(json) }

  /// People's words, bounded.
  private func clean(_ text: String) -> String {
    let clean = redaction.apply(text)
    return clean.utf8.count <= 1_024 ? clean : String(clean.unicodeScalars.prefix(256)) + "…"
  }
}
