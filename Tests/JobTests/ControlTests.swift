import JSON
import Journal
import Policy
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct `Acting on jobs` {
  @Test func `a cancel reaches the process, and the answer is what is on disk`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"h","tool":"hold"},{"id":"e","tool":"echo","depends_on":["h"]}"#)
    try bench.until("it holds") { bench.lines().count == 1 }
    let answer = try bench.ask { bench.jobs.cancel(JobCancel(job: job), by: .owner, answer: $0) }.get()
    #expect(["cancelling", "cancelled"].contains(answer.job.state))
    let shown = try bench.finish(job)
    #expect(shown.job.state == "cancelled" && shown.job.endedAt != nil)
    #expect(bench.lines().suffix(1) == ["cancelled: caller"])
    #expect(shown.steps.map(\.state) == ["cancelled", "skipped"])
    let again = try bench.ask { bench.jobs.cancel(JobCancel(job: job), by: .owner, answer: $0) }
    #expect(throws: WireError(.conflict, "job '\(job)' has ended (cancelled)", data: ["state": "cancelled"])) {
      try again.get()
    }
    let nobody = try bench.ask { bench.jobs.cancel(JobCancel(job: "nobody"), by: .owner, answer: $0) }
    #expect(throws: WireError(.notFound, "there is no job 'nobody'", data: ["job": "nobody"])) { try nobody.get() }
    try bench.end()
  }

  @Test func `a worker that ignores the cancel is killed`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker("hangs-in-call", script: "hangs-in-call") { $0.graceMS = 100 })
    let job = try bench.submit(#"{"id":"h","tool":"hangs-in-call"}"#)
    try bench.until("it runs") { bench.jobs.active.values.contains { !$0.invocations.isEmpty } }
    bench.jobs.cancel(JobCancel(job: job), by: .owner) { _ in }
    #expect(try bench.finish(job).job.state == "cancelled")
    try bench.end()
  }

  @Test func `a pause holds the rest back until it resumes`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"h","tool":"hold"},{"id":"e","tool":"echo","depends_on":["h"]}"#)
    try bench.until("it holds") { bench.lines().count == 1 }
    #expect(try bench.ask { bench.jobs.pause(JobPause(job: job), by: .owner, answer: $0) }.get().job.state == "paused")
    try bench.release()
    try bench.until("what ran has ended") { bench.jobs.invocationCount == 0 }
    #expect(try bench.show(job).steps.map(\.state) == ["succeeded", "pending"])
    #expect(
      try bench.ask { bench.jobs.resume(JobResume(job: job), by: .owner, answer: $0) }.get().job.state == "running"
    )
    #expect(try bench.finish(job).job.state == "succeeded")
    try bench.end()
  }

  @Test func `a retry runs what did not succeed, and its deadline does not come back at the next start`() throws {
    let bench = try JobBench(keepsFolder: true)
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"e","tool":"echo"},{"id":"h","tool":"hold","depends_on":["e"]}"#) {
      $0.deadlineMS = 300
    }
    #expect(try bench.finish(job).job.reason?["name"] == "deadline_exceeded")
    let early = try bench.ask { bench.jobs.retry(JobRetry(job: job), by: .owner, answer: $0) }.get()
    #expect(early.job.state == "queued" && early.job.generation == 2 && early.job.endedAt == nil)
    #expect(early.job.deadlineAt == nil)
    let twice = try bench.ask { bench.jobs.retry(JobRetry(job: job), by: .owner, answer: $0) }
    #expect(throws: WireError.self) { try twice.get() }
    try bench.until("it holds again") { bench.lines().count { $0.hasPrefix("hold") } == 2 }
    #expect(bench.lines().count { $0.hasPrefix("echo") } == 1)
    var isOver = false
    bench.coordinator.drain { isOver = true }
    bench.coordinator.stopNow()
    try bench.until("it is stopped") { isOver }
    bench.coordinator.journal.close()

    let next = try JobBench(folder: bench.folder)
    try next.start(next.worker())
    try next.recover()
    try next.until("it holds once more") { next.lines().count == 1 }
    try next.release()
    #expect(try next.finish(job).job.state == "succeeded")
    let whole = try next.ask { next.jobs.retry(JobRetry(job: job), by: .owner, answer: $0) }
    #expect(throws: WireError.self) { try whole.get() }
    _ = try next.ask { next.jobs.retry(JobRetry(job: job, from: "e"), by: .owner, answer: $0) }.get()
    try next.until("it holds in the third generation") { next.lines().count { $0.hasPrefix("hold") } == 2 }
    try next.release()
    #expect(try next.finish(job).job.generation == 3)
    try next.end()
  }

  @Test func `a fork has another input of one step and takes over the rest`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let first = try bench.run(
      #"{"id":"a","tool":"echo","input":{"n":1}},{"id":"b","tool":"echo","input":{"n":2,"a":"step:a"}},"#
        + #"{"id":"c","tool":"echo","input":{"b":"step:b"}}"#
    )
    let fork = JobFork(job: first.job.id, from: "b", input: ["n": 3, "a": "step:a"], id: "fork")
    #expect(try bench.ask { bench.jobs.fork(fork, caller: ["uid": 5], answer: $0) }.get().job.id == "fork")
    let shown = try bench.finish("fork")
    #expect(shown.result == ["outputs": ["c": ["b": ["n": 3, "a": ["n": 1]]]]])
    #expect(shown.job.caller == ["uid": 5] && shown.job.generation == 1)
    #expect(bench.lines().count { $0.contains(" fork ") } == 2, "the first step is taken over")
    #expect(try bench.show(first.job.id).result == ["outputs": ["c": ["b": ["n": 2, "a": ["n": 1]]]]])
    let taken = try bench.ask { bench.jobs.fork(fork, caller: [:], answer: $0) }
    #expect(throws: WireError(.conflict, "there is a job 'fork' already")) { try taken.get() }
    let wrong = JobFork(job: first.job.id, from: "b", input: "step:nowhere")
    let invalid = try bench.ask { bench.jobs.fork(wrong, caller: [:], answer: $0) }
    #expect(throws: WireError.self) { try invalid.get() }
    try bench.end()
  }
}

@Suite struct `Looking at jobs` {
  @Test func `a list comes in pages, newest first, to the empty one`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    var ids: [String] = []
    for _ in 1...7 { ids.append(try bench.submit(#"{"id":"e","tool":"echo"}"#)) }
    for id in ids { try bench.finish(id) }
    var seen: [String] = []
    var before: Int64?
    while true {
      let page = try bench.ask { bench.jobs.list(JobList(kind: "plan", before: before, limit: 3), answer: $0) }.get()
        .jobs
      guard let last = page.last else { break }
      #expect(page.count <= 3)
      seen += page.map(\.id)
      before = last.sequence
    }
    #expect(seen == ids.reversed())
    for (wrong, path) in [(JobList(states: ["done"]), "/states"), (JobList(kind: "thing"), "/kind")] {
      guard case .failure(let error) = try bench.ask({ bench.jobs.list(wrong, answer: $0) }) else {
        Issue.record("it was answered")
        continue
      }
      #expect(error.name == .invalidParams && error.data["path"] == .string(path))
    }
    #expect(try bench.ask { bench.jobs.list(JobList(states: ["failed"]), answer: $0) }.get().jobs.isEmpty)
    try bench.end()
  }

  @Test func `a job too large for a frame is shown abridged, and each of its steps in whole`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let big = #""tool":"big","input":{"bytes":6000000}"#
    let shown = try bench.run(#"{"id":"a",\#(big)},{"id":"b",\#(big)},{"id":"c",\#(big)}"#)
    #expect(
      shown.isAbridged && shown.spec == nil && shown.steps.map(\.state) == ["succeeded", "succeeded", "succeeded"]
    )
    #expect(shown.steps.allSatisfy { $0.output == nil && $0.input == nil })
    let one = try bench.show(shown.job.id, step: "b")
    #expect(!one.isAbridged && one.steps.count == 1 && one.steps[0].output?.stringValue?.utf8.count == 6_000_000)
    #expect(one.result?["outputs"]?["a"] == ["omitted_bytes": 6_000_002])
    let bare = try bench.show(shown.job.id, payloads: false)
    #expect(!bare.isAbridged && bare.spec == nil && bare.result == nil)
    let none = try bench.ask { bench.jobs.show(JobShow(job: shown.job.id, step: "z"), answer: $0) }
    #expect(throws: WireError.self) { try none.get() }
    try bench.end()
  }

  @Test func `a job of thousands of steps that depend on many fits a frame`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let ids = (0..<5_000).map { "\($0)-" + String(repeating: "x", count: 100) }
    let all = ids.prefix(20).map { "\"\($0)\"" }.joined(separator: ",")
    let steps = ids.enumerated().map { #"{"id":"\#($1)","tool":"echo","depends_on":[\#($0 < 20 ? "" : all)]}"# }
    let job = try bench.submit(steps.joined(separator: ",")) { $0.isPaused = true }
    let shown = try bench.show(job)
    #expect(shown.isAbridged && shown.steps.count == 5_000)
    var writer = JSONWriter()
    writer.object(shown)
    #expect(writer.finish().count < Limit.frameBytes)
    bench.jobs.cancel(JobCancel(job: job), by: .owner) { _ in }
    try bench.finish(job)
    try bench.end()
  }

  @Test func `events come in pages with word of more`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let job = try bench.run(#"{"id":"e","tool":"echo"}"#).job.id
    let page = try bench.ask { bench.jobs.events(JobEvents(job: job, after: 1, limit: 2), answer: $0) }.get()
    #expect(page.events.map(\.number) == [2, 3] && page.hasMore)
    let rest = try bench.ask { bench.jobs.events(JobEvents(job: job, after: 3), answer: $0) }.get()
    #expect(rest.events.map(\.kind) == ["step.succeeded", "job.succeeded"] && !rest.hasMore)
    let beyond = try bench.ask { bench.jobs.events(JobEvents(job: job, after: Int64.max), answer: $0) }.get()
    #expect(beyond.events.isEmpty && !beyond.hasMore)
    try bench.end()
  }
}

@Suite struct `Keeping` {
  @Test func `old jobs are removed and young ones are not, and numbers are not given again`() throws {
    let bench = try JobBench(keepsFolder: true)
    try bench.start(bench.worker())
    let old = try bench.run(#"{"id":"e","tool":"echo"}"#).job
    let open = try bench.submit(#"{"id":"e","tool":"echo"}"#) { $0.isPaused = true }
    func collect(_ message: JournalCollect) throws -> JournalCollect.Response {
      try bench.ask { bench.jobs.collect(message, bench.coordinator.blobs, answer: $0) }.get()
    }
    #expect(try collect(JournalCollect()).jobs == 0, "it is young")
    try bench.until("some time has passed") { WallTime.now > (old.endedAt ?? 0) + 2 }
    #expect(try collect(JournalCollect(olderThanMS: 0, isDryRun: true)).jobs == 1)
    #expect(try bench.state(old.id) == "succeeded")
    #expect(try collect(JournalCollect(olderThanMS: 0)).jobs == 1)
    let gone = try bench.ask { bench.jobs.show(JobShow(job: old.id), answer: $0) }
    #expect(throws: WireError.self) { try gone.get() }
    #expect(try bench.state(open) == "paused")
    #expect(try bench.read { try $0.integer("SELECT count(*) FROM events WHERE id < \(2 << 28)") } == 0)
    bench.jobs.cancel(JobCancel(job: open), by: .owner) { _ in }
    let last = try bench.finish(open).job
    try bench.until("some time has passed") { WallTime.now > (last.endedAt ?? 0) + 2 }
    #expect(try collect(JournalCollect(olderThanMS: 0)).jobs == 1)
    try bench.end()
    let next = try JobBench(folder: bench.folder)
    #expect(next.coordinator.journal.takeSeq() > last.sequence)
    next.coordinator.journal.close()
  }

  @Test func `a backup is the journal of that moment`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let job = try bench.run(#"{"id":"e","tool":"echo","input":{"n":1}}"#).job.id
    let backup = try bench.ask { bench.jobs.backup(answer: $0) }.get()
    #expect(backup.path.hasPrefix(bench.folder + "/backups/journal-") && backup.bytes > 0)
    let copy = try Database(backup.path, .readOnly)
    #expect(try copy.job(id: job)?.state == .succeeded)
    #expect(try copy.steps(of: 1).first?.output == #"{"n":1}"#)
    let second = try bench.ask { bench.jobs.backup(answer: $0) }.get()
    #expect(second.path != backup.path, "one copy does not replace another")
    try bench.end()
  }
}
