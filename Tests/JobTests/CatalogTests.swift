import Engine
import JSON
import Journal
import Policy
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct `Tools that come and go` {
  private static let steps = #"{"id":"h","tool":"hold"},{"id":"l","tool":"late","depends_on":["h"]}"#

  @Test func `a tool that is gone during a job is waited for, and the job goes on`() throws {
    let bench = try JobBench()
    let other = bench.worker("other", settings: ["tools": ["late"]])
    try bench.start(bench.worker(), other)
    let job = try bench.submit(Self.steps)
    try bench.until("it holds") { bench.lines().count == 1 }
    try bench.start(bench.worker())
    #expect(bench.supervisor.catalog["late"] == nil)
    try bench.release()
    try bench.untilWaiting()
    #expect(try bench.show(job).job.reason?["name"] == "unknown_tool")
    try bench.start(bench.worker(), other)
    #expect(try bench.finish(job).job.state == "succeeded")
    #expect(try bench.kinds(job).contains("job.running"))
    try bench.end()
  }

  @Test func `a worker that never comes up leaves no step waiting in silence`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker(), bench.worker("other", settings: ["tools": ["late"]]))
    let job = try bench.submit(Self.steps)
    try bench.until("it holds") { bench.lines().count == 1 }
    try bench.start(bench.worker())
    let broken = bench.worker("other", script: "dies-at-start") { $0.restart.throttleMS = 60_000 }
    _ = bench.supervisor.apply(["jobs": bench.worker(), "other": broken])
    try bench.release()
    try bench.untilWaiting()
    #expect(try bench.state(job) == "waiting")
    try bench.end()
  }

  @Test func `a tool with another schema waits for a person, and what was agreed lasts`() throws {
    let changed: JSONObject = ["schema": ["type": "object", "description": "new"]]
    let first = try JobBench(keepsFolder: true)
    try first.start(first.worker())
    let job = try first.submit(#"{"id":"a","tool":"hold"},{"id":"b","tool":"hold","depends_on":["a"]}"#) {
      $0.isPaused = true
    }
    try first.end()

    let second = try JobBench(folder: first.folder, keepsFolder: true)
    try second.start(second.worker(settings: changed))
    try second.recover()
    _ = try second.ask { second.jobs.resume(JobResume(job: job), by: .owner, answer: $0) }.get()
    try second.untilWaiting()
    #expect(try second.show(job).job.reason?["name"] == "tool_changed")
    // The second resume agrees.
    _ = try second.ask { second.jobs.resume(JobResume(job: job), by: .owner, answer: $0) }.get()
    try second.until("it holds") { second.lines().count == 1 }
    try second.release()
    try second.until("the other holds") { second.lines().count == 3 }
    // The drain waits for what runs; somebody lets it end.
    var isOver = false
    second.coordinator.drain { isOver = true }
    for invocation in second.jobs.active.values.flatMap({ $0.invocations.values }) { invocation.cancel(.shutdown) }
    try second.until("it is drained") { isOver }
    second.coordinator.journal.close()

    let third = try JobBench(folder: first.folder)
    try third.start(third.worker(settings: changed))
    try third.recover()
    let spec = try third.read { try $0.job(id: job)?.spec ?? "" }
    #expect(
      try JSON(parsing: spec)["tools"]?["hold"]?["schema"]?.stringValue
        == third.supervisor.catalog["hold"]?.terms.schema
    )
    try third.end()
  }
}
