import Engine
import JSON
import Policy
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// What a request grants, from its submission to what a worker is given.
@Suite struct `Ceilings of requests` {
  private static func plan(_ steps: String) throws -> JSON {
    ["decision": "plan", "plan": ["steps": try JSON(parsing: "[\(steps)]")]]
  }

  private static func needs(_ text: String) throws -> Needs {
    try Needs.decode(try #require(try JSON(parsing: text).objectValue))
  }

  /// A planner that answers in turn, and tools that answer with the needs that they are given.
  private static func start(_ bench: JobBench, _ answers: JSON...) throws {
    let planner = bench.worker("planner", script: "plans", settings: ["answers": .array(answers)]) {
      $0.permissions.planning = true
    }
    try bench.start(bench.worker(settings: ["tools": ["bash", "code_exec", "act"], "shows_needs": true]), planner)
  }

  private static func submit(_ bench: JobBench, _ needs: String?) throws -> Result<JobSubmit.Response, WireError> {
    let request = TaskRequest("do it", needs: try needs.map { try Self.needs($0) })
    return try bench.ask { bench.jobs.submit(JobSubmit(.request(request)), caller: [:], answer: $0) }
  }

  @Test func `a plan beyond it is repaired, and what lies within reaches the worker`() throws {
    let bench = try JobBench()
    try Self.start(
      bench,
      try Self.plan(#"{"id":"a","tool":"act","needs":{"read":["/srv/data","/etc"]}}"#),
      try Self.plan(#"{"id":"a","tool":"act","needs":{"read":["/srv/data"]}}"#)
    )
    let job = try Self.submit(bench, #"{"read":["/srv"]}"#).get().job.id
    let shown = try bench.finish(job)
    #expect(shown.job.state == "succeeded" && shown.steps.map(\.id) == ["planning", "planning-2", "a"])
    #expect(shown.steps.last?.output == ["read": ["/srv/data"]])
    let refused = try JSON(parsing: try #require(bench.lines("planner").last))["refused"]
    #expect(refused?.arrayValue?.count == 1 && refused?[0]?["path"] == "/steps/0/needs/read/1")
    try bench.end()
  }

  @Test func `without one a planned step gets nothing`() throws {
    let bench = try JobBench()
    try Self.start(
      bench,
      try Self.plan(#"{"id":"a","tool":"act","needs":{"read":["/srv/data"]}}"#),
      try Self.plan(#"{"id":"a","tool":"act"}"#)
    )
    let shown = try bench.finish(try Self.submit(bench, nil).get().job.id)
    #expect(shown.steps.map(\.id) == ["planning", "planning-2", "a"] && shown.steps.last?.output == .null)
    try bench.end()
  }

  @Test func `privileges within it wait for a person as any do, through a restart`() throws {
    let policy = try ApprovalTests.policy(#"{"privileges":{"approve":"always","forbid":{"read":["/root"]}}}"#)
    let first = try JobBench(keepsFolder: true, policy: policy)
    let plan = try Self.plan(#"{"id":"a","tool":"act","needs":{"read":["/srv/data"]}}"#)
    try Self.start(first, plan)
    let job = try Self.submit(first, #"{"read":["/"]}"#).get().job.id
    let asked = try first.asked()
    #expect(asked.kind == "plan" && asked.privileges.map(\.value) == ["/srv/data"])
    #expect(asked.privileges.map(\.verdict) == ["asks"])
    try first.end()
    let second = try JobBench(folder: first.folder, policy: policy)
    try Self.start(second, plan)
    try second.recover()
    let again = try second.asked()
    #expect(again.hash == asked.hash && second.lines().isEmpty)
    _ = try second.decide(again, .approve).get()
    #expect(try second.finish(job).steps.last?.output == ["read": ["/srv/data"]])
    try second.end()
  }

  @Test func `what the policy never grants is not granted by a request`() throws {
    let bench = try JobBench(policy: try ApprovalTests.policy(#"{"privileges":{"forbid":{"read":["/root"]}}}"#))
    try Self.start(
      bench,
      try Self.plan(#"{"id":"a","tool":"act","needs":{"read":["/root/.ssh"]}}"#),
      try Self.plan(#"{"id":"a","tool":"act","needs":{"read":["/srv"]}}"#)
    )
    let job = try Self.submit(bench, #"{"read":["/"]}"#).get().job.id
    let shown = try bench.finish(job)
    #expect(shown.job.state == "succeeded" && shown.steps.map(\.id) == ["planning", "planning-2", "a"])
    #expect(shown.steps.last?.output == ["read": ["/srv"]] && bench.lines().count == 1)
    let refused = try JSON(parsing: try #require(bench.lines("planner").last))["refused"]
    #expect(refused?[0]?["name"] == "blocked" && refused?[0]?["path"] == "/steps/0/needs")
    try bench.end()
  }

  @Test func `its programs are all that shells of the job have`() throws {
    let bench = try JobBench()
    try Self.start(
      bench,
      try Self.plan(
        #"""
        {"id":"a","tool":"bash","input":{"command":"ls"}},
        {"id":"b","tool":"code_exec","input":{"language":"sh","code":"ls"}},
        {"id":"c","tool":"code_exec","input":{"language":"python","code":"1"}},
        {"id":"d","tool":"bash","input":{"command":"ls"},"needs":{"programs":["ls"]}}
        """#
      )
    )
    let shown = try bench.finish(try Self.submit(bench, #"{"programs":["ls","wc"]}"#).get().job.id)
    let given = Dictionary(uniqueKeysWithValues: shown.steps.map { ($0.id, $0.output ?? .null) })
    #expect(given["a"] == ["programs": ["ls", "wc"]] && given["b"] == ["programs": ["ls", "wc"]])
    #expect(given["c"] == .null && given["d"] == ["programs": ["ls"]])
    try bench.end()
  }

  @Test func `a rule about requests sees it`() throws {
    let bench = try JobBench(
      policy: try ApprovalTests.policy(
        #"{"guardrails":[{"name":"etc","effect":"block","at":["request"],"when":{"value":"needs.write.*","matches":"^/etc"},"message":"not there"}]}"#
      )
    )
    try Self.start(bench, try Self.plan(#"{"id":"a","tool":"act"}"#))
    #expect(try Self.submit(bench, #"{"write":["/etc/x"]}"#).failureName == .blocked)
    #expect(try bench.finish(try Self.submit(bench, #"{"write":["/srv"]}"#).get().job.id).job.state == "succeeded")
    try bench.end()
  }

  @Test func `commands that are allowed narrow every shell in the same way`() throws {
    let bench = try JobBench(policy: try ApprovalTests.policy(#"{"commands":{"allow":["ls","git status"]}}"#))
    try bench.start(bench.worker(settings: ["tools": ["bash", "code_exec"], "shows_needs": true]))
    let bash = try bench.call("bash", ["command": "ls"]).get().output
    #expect(bash == ["programs": ["ls", "git"]])
    #expect(try bench.call("code_exec", ["language": "sh", "code": "ls"]).get().output == bash)
    #expect(try bench.call("code_exec", ["language": "bash", "code": "ls"]).get().output == bash)
    #expect(try bench.call("code_exec", ["language": "python", "code": "ls"]).get().output == .null)
    try bench.end()
  }
}
