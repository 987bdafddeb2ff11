import Digest
import JSON
import Journal
import Policy
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct `Secret outputs` {
  /// What `tells-secret.py` answers; it stands in no file of ours, and must come to stand in none.
  static let secret = SHA256.digest(Array("planted by tells-secret".utf8))
  private static let digest = SHA256.digest(Array("\"\(secret)\"".utf8))

  private func bench(callers: [String] = ["user"]) throws -> JobBench {
    let bench = try JobBench()
    try bench.start(
      bench.worker("vault", script: "tells-secret") { $0.callers = callers },
      bench.worker("user", script: "uses-secret"),
      bench.worker()
    )
    return bench
  }

  private func use(_ how: String..., dies: Bool = false) -> String {
    let ask = how.map { #""\#($0)""# }.joined(separator: ",")
    return #"{"id":"u","tool":"use","input":{"ask":[\#(ask)],"dies":\#(dies)}}"#
  }

  @Test func `the caller has it, and the journal says only that there was one`() throws {
    let bench = try bench()
    let shown = try bench.run(use("answer", "error", "failure"))
    #expect(shown.steps[0].output?[0]?["token"]?.stringValue == Self.digest)
    #expect(shown.steps[0].output?[1]?["error"] == 4010)
    let message = SHA256.digest(Array("\"not \(Self.secret)\"".utf8))
    #expect(shown.steps[0].output?[1]?["message"]?.stringValue == message, "the caller has the whole error")
    let calls = try bench.read { try $0.calls(of: 1) }
    #expect(calls.count == 3 && calls.allSatisfy(\.isRedacted))
    let kept = Set(calls.map { $0.output ?? $0.error ?? "" })
    #expect(kept.contains(#"{"redacted":true}"#) && kept.contains { $0.contains("tool_failed") })
    #expect(kept.count == 2 && calls.contains { $0.error == #""redacted""# })
    try bench.end()
    #expect(try PlantedValue(Self.secret).found(below: bench.folder) == [])
  }

  @Test func `what breaks its schema, or is kept otherwise, is refused without a word of it`() throws {
    let bench = try bench()
    let shown = try bench.run(use("broken", "artifact"))
    #expect(shown.steps[0].output?[0]?["error"] == 4006 && shown.steps[0].output?[1]?["error"] == 4006)
    let what = "output of tool 'tell' of worker 'vault' breaks its schema"
    #expect(shown.steps[0].output?[0]?["message"]?.stringValue == SHA256.digest(Array("\"\(what)\"".utf8)))
    #expect(try bench.read { try $0.referencedArtifacts() }.isEmpty)
    try bench.end()
    #expect(try PlantedValue(Self.secret).found(below: bench.folder) == [])
  }

  @Test func `a further attempt of the caller gets it anew`() throws {
    let bench = try bench()
    let shown = try bench.run(use("answer", dies: true))
    #expect(shown.job.state == "succeeded" && shown.steps[0].attempt == 2)
    #expect(shown.steps[0].output?[0]?["token"]?.stringValue == Self.digest)
    #expect(shown.steps[0].output?[0]?["asked"] == 2 && bench.lines("vault") == ["asked 1", "asked 2"])
    #expect(try bench.read { try $0.calls(of: 1) }.count == 1, "under the same key")
    try bench.end()
    #expect(try PlantedValue(Self.secret).found(below: bench.folder) == [])
  }

  /// The tool was secret in the first attempt and no longer is.
  @Test func `what stands in the place of a secret is never an answer`() {
    var record = CallRecord(key: "k", job: 1, parent: "p", tool: "tell", input: "{}", startedAt: 1)
    record.end(.success(ToolResult(output: ["token": "t"])), isSecret: true)
    #expect(record.earlierResult == nil && !record.hasFailedForSure)
    record.end(.success(ToolResult(output: ["redacted": true])), isSecret: false)
    #expect(record.earlierResult?.output == ["redacted": true])
  }

  @Test func `only the workers that its manifest names may call it`() throws {
    let bench = try bench(callers: ["models", "agent"])
    let shown = try bench.run(use("answer"))
    #expect(shown.steps[0].output?[0]?["error"] == 4009)
    let said =
      "tool 'tell' is not for worker 'user': the manifest of its worker names as 'callers' 'models', 'agent'"
    #expect(shown.steps[0].output?[0]?["message"]?.stringValue == SHA256.digest(Array("\"\(said)\"".utf8)))
    guard case .failure(let error) = try bench.call("tell") else {
      Issue.record("a client had it")
      return
    }
    #expect(error.name == .refused && error.message.contains("is not for a client or a plan"))
    // A tool of that worker that is no secret is not for everybody either.
    #expect(throws: WireError.self) { try bench.call("count").get() }
    guard case .failure(let refusal) = try bench.attempt(#"{"id":"e","tool":"echo"},{"id":"t","tool":"tell"}"#) else {
      Issue.record("a plan had it")
      return
    }
    #expect(refusal.name == .invalidPlan && refusal.data["mistakes"]?[0]?["path"] == "/steps/1/tool")
    #expect(refusal.data["mistakes"]?[0]?["message"]?.stringValue?.contains("'callers'") == true)
    #expect(bench.lines("vault").isEmpty)
    try bench.end()
  }

  @Test func `a step whose tool has become one for workers only does not run`() throws {
    let bench = try bench()
    let job = try bench.submit(#"{"id":"a","tool":"echo"}"#) { $0.isPaused = true }
    try bench.start(
      bench.worker { $0.callers = ["user"] },
      bench.worker("user", script: "uses-secret"),
      bench.worker("vault", script: "tells-secret") { $0.callers = ["user"] }
    )
    _ = try bench.ask { bench.jobs.resume(JobResume(job: job), by: .owner, answer: $0) }.get()
    let shown = try bench.finish(job)
    #expect(shown.job.state == "failed" && shown.steps[0].error?["name"] == "refused", "\(shown.steps[0])")
    #expect(bench.lines().isEmpty)
    try bench.end()
  }

  @Test func `a worker whose manifest names nobody does not offer such a tool`() throws {
    let bench = try JobBench()
    let manifest = bench.worker("vault", script: "tells-secret")
    _ = bench.supervisor.apply(["vault": manifest])
    try bench.until("it is refused") { bench.supervisor.kinds["vault"]?.instances.first?.lastError != nil }
    let error = bench.supervisor.kinds["vault"]?.instances.first?.lastError ?? ""
    #expect(error.contains("tool 'tell' has a secret output, and its manifest names no 'callers'"), "\(error)")
    #expect(bench.supervisor.catalog["tell"] == nil)
    try bench.end()
  }

  @Test func `a credential helper offers tools with secret outputs only`() throws {
    let bench = try JobBench()
    let manifest = bench.worker("vault", script: "tells-secret") {
      $0.callers = ["user"]
      $0.permissions.credentialHelper = true
    }
    _ = bench.supervisor.apply(["vault": manifest])
    try bench.until("it is refused") { bench.supervisor.kinds["vault"]?.instances.first?.lastError != nil }
    let error = bench.supervisor.kinds["vault"]?.instances.first?.lastError ?? ""
    #expect(error.contains("tool 'count' has no 'secret_output'"), "\(error)")
    try bench.end()
  }
}
