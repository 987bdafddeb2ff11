import Engine
import JSON
import Journal
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct `Accepting` {
  private static let echo = #"{"id":"e","tool":"echo"}"#

  @Test func `a malformed plan gets all its mistakes, and nothing of it is kept or started`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let steps =
      #"{"id":"a","tool":"ecko"},{"id":"a","tool":"echo","input":{"needs":{}}},{"id":"b","tool":"echo","depends_on":["x"]},"#
      + #"{"id":"c","tool":"echo","input":{"x":"step:d"}},{"id":"d","tool":"echo","depends_on":["c"],"speed":1}"#
    guard case .failure(let error) = try bench.attempt(steps, id: "bad") else {
      Issue.record("it was accepted")
      return
    }
    #expect(error.name == .invalidPlan && error.code == 4025)
    let names = Set((error.data["mistakes"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
    let all: Set = [
      "duplicate_id", "privileges_in_input", "dangling_reference", "cycle", "unknown_member", "unknown_tool",
    ]
    #expect(names == all)
    guard case .failure(let second) = try bench.attempt(#"{"id":"a","tool":"ecko"},{"id":"b","tool":"nope"}"#) else {
      Issue.record("it was accepted")
      return
    }
    let paths = (second.data["mistakes"]?.arrayValue ?? []).compactMap { $0["path"]?.stringValue }
    #expect(paths == ["/steps/0/tool", "/steps/1/tool"])
    #expect(second.message.contains("did you mean 'echo'?") && second.message.hasSuffix("(and 1 more)"))
    #expect(try bench.read { try $0.integer("SELECT count(*) FROM jobs") } == 0)
    #expect(bench.lines().isEmpty && bench.jobs.active.isEmpty)
    #expect(bench.jobs.check(try bench.plan(#"{"id":"a","tool":"ecko"}"#)).mistakes.map(\.name) == ["unknown_tool"])
    // A plan that cannot be read as a whole is told of its tools in the same answer.
    let both = bench.jobs.check(try bench.plan(#"{"id":"a","tool":"ecko","depends_on":["z"]}"#)).mistakes
    #expect(both.map(\.path) == ["/steps/0/depends_on/0", "/steps/0/tool"], "\(both)")
    #expect(try bench.submit(Self.echo, id: "bad") == "bad", "its id is free")
    try bench.end()
  }

  @Test func `the same submission again is the same job, and another one is a conflict`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    #expect(try bench.submit(Self.echo, id: "mine") == "mine")
    try bench.finish("mine")
    let again = try bench.attempt(#"{"tool":"echo","id":"e"}"#, id: "mine").get()
    #expect(again.isExisting && again.job.state == "succeeded")
    for change in [{ $0.priority = 9 }, { $0.isPaused = true }, { $0.deadlineMS = 5 }] as [(inout JobSubmit) -> Void] {
      let other = try bench.attempt(Self.echo, id: "mine", change)
      #expect(throws: WireError(.conflict, "there is a job 'mine' with other content", data: ["job": "mine"])) {
        try other.get()
      }
    }
    #expect(try bench.attempt(Self.echo, id: "mine") { $0.priority = 5 }.get().isExisting, "5 is what is meant anyway")
    #expect(bench.lines().count == 1)
    try bench.end()
  }

  @Test func `two submissions at once with one id are one job`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    var answers: [Result<JobSubmit.Response, WireError>] = []
    for _ in 1...2 {
      bench.jobs.submit(JobSubmit(.plan(try bench.plan(Self.echo)), id: "x"), caller: [:]) { answers.append($0) }
    }
    try bench.until("both are answered") { answers.count == 2 }
    #expect(try answers.map { try $0.get().isExisting } == [false, true])
    try bench.finish("x")
    #expect(try bench.read { try $0.integer("SELECT count(*) FROM jobs") } == 1)
    try bench.end()
  }

  @Test(arguments: ["job-1", "call-77", "", "a b", String(repeating: "x", count: 129)])
  func `an id that cannot be a caller's is refused`(_ id: String) throws {
    #expect(throws: WireError.self) { try JobSubmit.decode(["plan": [:], "id": .string(id)]) }
    #expect(throws: WireError.self) { try JobFork.decode(["job": "a", "from": "b", "id": .string(id)]) }
  }

  @Test(arguments: ["job-", "job-1a", "jobs-1", "call", String(repeating: "x", count: 128)])
  func `an id that only resembles one is not`(_ id: String) throws {
    #expect(try JobSubmit.decode(["plan": [:], "id": .string(id)]).id == id)
  }

  @Test func `tools of a worker that is just starting are waited for`() throws {
    let bench = try JobBench()
    _ = bench.supervisor.apply(["jobs": bench.worker()])
    #expect(bench.supervisor.catalog.isEmpty)
    #expect(try bench.run(Self.echo).job.state == "succeeded")
    try bench.end()
  }

  @Test func `privileges of a plan wait for a worker that is just starting, as its submission does`() throws {
    let bench = try JobBench()
    _ = bench.supervisor.apply(["jobs": bench.worker()])
    #expect(bench.supervisor.catalog.isEmpty)
    let plan = try bench.plan(#"{"id":"a","tool":"echo","needs":{"read":["/srv"]}}"#)
    let listed = try bench.ask { bench.jobs.privileges(PlanPrivileges(plan: plan), answer: $0) }.get()
    #expect(listed.mistakes.isEmpty && listed.privileges.map(\.value) == ["/srv"])
    let unknown = try bench.plan(#"{"id":"a","tool":"nobody"}"#)
    let missing = try bench.ask { bench.jobs.privileges(PlanPrivileges(plan: unknown), answer: $0) }.get()
    #expect(missing.privileges.isEmpty && missing.mistakes.map(\.name) == ["unknown_tool"])
    try bench.end()
  }

  @Test func `a job past its deadline is stopped, and one whose turn comes too late does not begin`() throws {
    let bench = try JobBench { $0.activeJobs = 1 }
    try bench.start(bench.worker())
    let held = try bench.submit(#"{"id":"h","tool":"hold"}"#)
    try bench.until("it holds") { bench.lines().count == 1 }
    let late = try bench.submit(Self.echo) { $0.deadlineMS = 30 }
    let start = BootTime.now
    try bench.until("its time is over") { BootTime.now > start + 60 }
    try bench.release()
    try bench.finish(held)
    let shown = try bench.finish(late)
    #expect(shown.job.state == "failed" && shown.job.reason?["name"] == "deadline_exceeded")
    #expect(!bench.lines().contains { $0.hasPrefix("echo") })

    let second = try bench.submit(#"{"id":"h","tool":"hold"}"#) { $0.deadlineMS = 200 }
    #expect(try bench.finish(second).job.reason?["name"] == "deadline_exceeded")
    #expect(bench.lines().last == "cancelled: caller")
    try bench.end()
  }

  @Test func `while it drains nothing new is accepted, and what has not begun stays for the next start`() throws {
    let bench = try JobBench(keepsFolder: true)
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"h","tool":"hold"},{"id":"e","tool":"echo","depends_on":["h"]}"#)
    try bench.until("it holds") { bench.lines().count == 1 }
    var isOver = false
    let start = BootTime.now
    bench.coordinator.drain { isOver = true }
    let refused = try bench.attempt(Self.echo)
    #expect(throws: WireError(.draining, "the coordinator accepts no new work")) { try refused.get() }
    // The drain waits for what runs, and for nothing else.
    #expect(!isOver)
    for invocation in bench.jobs.active.values.flatMap({ $0.invocations.values }) { invocation.cancel(.shutdown) }
    try bench.until("it is drained") { isOver }
    #expect(BootTime.now < start + 15_000, "not only when its time was over")
    bench.coordinator.journal.close()

    let next = try JobBench(folder: bench.folder)
    try next.start(next.worker())
    try next.recover()
    let shown = try next.finish(job)
    #expect(shown.job.state == "failed" || shown.job.state == "succeeded")
    try next.end()
  }
}
