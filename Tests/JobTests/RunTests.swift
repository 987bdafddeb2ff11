import Engine
import JSON
import Journal
import Policy
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct `Plans that run` {
  @Test func `a plan runs in real workers, and everything of it is on disk`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let shown = try bench.run(
      #"{"id":"a","tool":"echo","input":{"n":10.00}},{"id":"b","tool":"echo","input":{"x":"step:a#/n"}},"#
        + #"{"id":"l","tool":"echo","for_each":[1,2,3],"input":{"v":"item:value"}}"#
    )
    #expect(shown.job.state == "succeeded" && shown.job.stepCount == 3 && !shown.isAbridged)
    #expect(shown.result?.description.contains(#""b":{"x":10.0"#) == true)
    #expect(shown.result?["outputs"]?["l"] == [["v": 1], ["v": 2], ["v": 3]])
    #expect(shown.steps.map(\.id) == ["a", "b", "l", "l", "l", "l"])
    #expect(shown.steps.map(\.item) == [nil, nil, nil, 0, 1, 2])
    #expect(shown.steps[1].dependsOn == ["a"] && shown.steps[1].input == ["x": 10.0])
    #expect(shown.steps.allSatisfy { $0.state == "succeeded" })
    let events = try bench.events(shown.job.id)
    #expect(events.map(\.number) == Array(1...Int64(events.count)))
    #expect(events.first?.kind == "job.accepted" && events.last?.kind == "job.succeeded")
    try bench.end()
  }

  @Test func `no more attempts run than the worker has slots, and all of these are used`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker { $0.concurrency = 4 })
    let steps = (0..<9).map { #"{"id":"s\#($0)","tool":"hold"}"# }.joined(separator: ",")
    let job = try bench.submit(steps)
    try bench.until("four have begun") { bench.lines().count == 4 }
    #expect(bench.jobs.invocationCount == 4)
    #expect(bench.supervisor.kinds["jobs"]?.queuedCount == 0, "what has no slot waits where it can still be changed")
    for invocation in bench.jobs.active.values.flatMap({ $0.invocations.values }) { invocation.cancel(.deadline) }
    #expect(try bench.finish(job).job.state == "failed")
    #expect(bench.lines().count { $0.hasPrefix("hold") } == 4, "a failed job begins no more")
    try bench.end()
  }

  @Test func `a tool may have a bound of its own`() throws {
    let bench = try JobBench { $0.toolConcurrency = ["hold": 1] }
    try bench.start(bench.worker())
    let job = try bench.submit(
      #"{"id":"h1","tool":"hold"},{"id":"h2","tool":"hold"},{"id":"e1","tool":"echo"},{"id":"e2","tool":"echo"}"#
    )
    try bench.until("the others are done") { bench.lines().count == 3 && bench.jobs.invocationCount == 1 }
    #expect(bench.lines().count { $0.hasPrefix("hold") } == 1)
    try bench.release()
    try bench.until("the second holds") { bench.lines().count { $0.hasPrefix("hold") } == 2 }
    try bench.release()
    #expect(try bench.finish(job).job.state == "succeeded")
    try bench.end()
  }

  @Test func `an equal call of a pure tool is made once`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    #expect(try bench.run(#"{"id":"a","tool":"pure","input":{"n":1}}"#).result == ["outputs": ["a": ["n": 1]]])
    let second = try bench.run(#"{"id":"a","tool":"pure","input":{"n":1.0}}"#)
    #expect(second.result == ["outputs": ["a": ["n": 1]]])
    #expect(bench.lines().count == 1 && bench.jobs.cache.hits == 1)
    #expect(try bench.events(second.job.id).first { $0.kind == "step.succeeded" }?.data == ["cached": true])
    _ = try bench.run(#"{"id":"a","tool":"pure","input":{"n":2}}"#)
    _ = try bench.run(#"{"id":"a","tool":"echo","input":{"n":1}}"#)
    _ = try bench.run(#"{"id":"a","tool":"echo","input":{"n":1}}"#)
    #expect(bench.lines().count == 4, "what is not pure is made each time")
    try bench.end()
  }

  @Test func `an output over the limit fails its step and names the limit`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let most = Limit.outputBytes - 2
    #expect(try bench.run(#"{"id":"a","tool":"big","input":{"bytes":\#(most)}}"#).job.state == "succeeded")
    let shown = try bench.run(#"{"id":"a","tool":"big","input":{"bytes":\#(most + 1)},"retry":{"max_attempts":3}}"#)
    #expect(shown.job.state == "failed" && shown.job.reason?["name"] == "limit_exceeded")
    #expect(shown.job.reason?["data"]?["limit"] == "output_bytes")
    #expect(shown.job.reason?["message"]?.stringValue?.contains("exceeds the limit of 8388608") == true)
    #expect(shown.steps[0].attempt == 1, "another attempt would be no smaller")
    try bench.end()
  }

  @Test func `a step is tried again in its worker until it succeeds`() throws {
    let bench = try JobBench()
    // Apart, so that one's death is not the other's.
    try bench.start(
      bench.worker(settings: ["tools": ["fail"]]),
      bench.worker("mortal", settings: ["tools": ["die"]])
    )
    let shown = try bench.run(
      #"{"id":"f","tool":"fail","input":{"until":3},"retry":{"max_attempts":3,"backoff_ms":5}},"#
        + #"{"id":"d","tool":"die","input":{"until":2},"idempotent":true}"#
    )
    #expect(shown.job.state == "succeeded" && shown.steps.map(\.attempt) == [3, 2])
    try bench.end()
  }

  @Test func `a worker that dies with what is not idempotent leaves a question to a person`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"d","tool":"die"},{"id":"e","tool":"echo","input":{"x":"step:d"}}"#)
    try bench.untilWaiting()
    let shown = try bench.show(job)
    #expect(shown.job.state == "waiting" && shown.job.reason?["name"] == "outcome_unknown")
    #expect(shown.steps[0].state == "unknown" && shown.steps[0].error?["name"] == "outcome_unknown")
    let wrong = try bench.ask {
      bench.jobs.resolve(JobResolve(job: job, step: "e", outcome: .failed), by: .owner, answer: $0)
    }
    #expect(throws: WireError.self) { try wrong.get() }
    let missing = try bench.ask {
      bench.jobs.resolve(JobResolve(job: job, step: "ee", outcome: .failed), by: .owner, answer: $0)
    }
    #expect(throws: WireError(.notFound, "the plan has no step 'ee' (did you mean 'e'?)", data: ["step": "ee"])) {
      try missing.get()
    }
    let resolve = JobResolve(job: job, step: "d", outcome: .succeeded, output: ["was": "done"])
    _ = try bench.ask { bench.jobs.resolve(resolve, by: .owner, answer: $0) }.get()
    #expect(try bench.finish(job).result == ["outputs": ["e": ["x": ["was": "done"]]]])
    #expect(bench.lines().count { $0.hasPrefix("die") } == 1)
    try bench.end()
  }
}
