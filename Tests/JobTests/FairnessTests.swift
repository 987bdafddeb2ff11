import JSON
import Journal
import Policy
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct `A fair queue` {
  private func turns(_ queue: inout FairQueue, _ count: Int) -> [Int64] {
    (0..<count).compactMap { _ in queue.next()?.job }
  }

  private func filled(_ priorities: [Int64: Int64], units: Int = 5_000) -> FairQueue {
    var queue = FairQueue()
    for unit in 0..<units {
      for (job, priority) in priorities { queue.add(StepKey(unit), job: job, priority: priority) }
    }
    return queue
  }

  @Test func `jobs of one priority take turns`() {
    var queue = filled([1: 5, 2: 5, 3: 5])
    #expect(turns(&queue, 9) == [1, 2, 3, 1, 2, 3, 1, 2, 3])
  }

  @Test(arguments: 0..<9 as Range<Int64>)
  func `each point of priority is twice as many turns`(_ priority: Int64) {
    var queue = filled([1: priority, 2: priority + 1])
    let turns = turns(&queue, 300)
    #expect(turns.count { $0 == 2 } == 200 && turns.count { $0 == 1 } == 100)
  }

  @Test func `the least urgent job gets its turn beside the most urgent`() {
    var queue = filled([1: 0, 2: 9])
    let turns = turns(&queue, 513 * 3)
    #expect((2...4).contains(turns.count { $0 == 1 }), "one in 513")
  }

  @Test func `units of a job come in their order, and none is lost`() {
    var queue = filled([1: 3, 2: 7], units: 300)
    var seen: [Int64: [Int]] = [:]
    while let next = queue.next() { seen[next.job, default: []].append(next.unit.step) }
    #expect(seen[1] == Array(0..<300) && seen[2] == Array(0..<300))
    #expect(queue.isEmpty)
  }

  @Test func `who comes late has saved nothing up, and who comes back neither`() {
    var queue = filled([1: 5], units: 100)
    _ = turns(&queue, 50)
    for unit in 0..<50 { queue.add(StepKey(unit), job: 2, priority: 5) }
    #expect(turns(&queue, 10).count { $0 == 2 } == 5)
    queue.remove(job: 2)
    #expect(turns(&queue, 10).allSatisfy { $0 == 1 })
    queue.add(StepKey(0), job: 2, priority: 5)
    #expect(turns(&queue, 4).count { $0 == 2 } == 1)
  }

  @Test func `priorities out of range count as the nearest`() {
    var queue = filled([1: -5, 2: 99])
    #expect(turns(&queue, 100).count { $0 == 2 } >= 99)
  }
}

@Suite struct `Jobs beside each other` {
  @Test func `two jobs share one slot by turns`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker { $0.concurrency = 1 })
    let steps = (0..<10).map { #"{"id":"s\#($0)","tool":"echo"}"# }.joined(separator: ",")
    let first = try bench.submit(steps) { $0.isPaused = true }
    let second = try bench.submit(steps) { $0.isPaused = true }
    for job in [first, second] { bench.jobs.resume(JobResume(job: job), by: .owner) { _ in } }
    for job in [first, second] { try bench.finish(job) }
    let order = bench.lines().map { $0.contains(" \(first) ") ? 1 : 2 }
    #expect(order.count == 20)
    // From the time at which both have something to do.
    let both = order.drop { $0 == 1 }
    #expect(both.prefix(16).filter { $0 == 1 }.count >= 6, "\(order)")
    try bench.end()
  }

  @Test func `queued jobs are taken by priority, then by age`() throws {
    let bench = try JobBench { $0.activeJobs = 1 }
    try bench.start(bench.worker())
    let blocker = try bench.submit(#"{"id":"h","tool":"hold"}"#)
    try bench.until("it holds") { bench.lines().count == 1 }
    var names: [String] = []
    for (name, priority) in [("p1", 1), ("p9", 9), ("p5", 5), ("p5b", 5)] as [(String, Int64)] {
      names.append(try bench.submit(#"{"id":"e","tool":"echo"}"#, id: name) { $0.priority = priority })
    }
    #expect(bench.jobs.queuedCount == 4)
    #expect(try bench.state("p9") == "queued")
    try bench.release()
    for job in [blocker] + names { #expect(try bench.finish(job).job.state == "succeeded") }
    let order = bench.lines().compactMap { line in names.first { line.contains(" \($0) ") } }
    #expect(order == ["p9", "p5", "p5b", "p1"])
    try bench.end()
  }

  @Test func `a job that is paused or waits leaves its place to another`() throws {
    let bench = try JobBench { $0.activeJobs = 1 }
    try bench.start(bench.worker())
    let held = try bench.submit(#"{"id":"h","tool":"hold"},{"id":"e","tool":"echo","depends_on":["h"]}"#)
    try bench.until("it holds") { bench.lines().count == 1 }
    let second = try bench.submit(#"{"id":"d","tool":"die"}"#)
    let third = try bench.submit(#"{"id":"e","tool":"echo"}"#)
    #expect(bench.jobs.queuedCount == 2)
    #expect(try bench.ask { bench.jobs.pause(JobPause(job: held), by: .owner, answer: $0) }.get().job.state == "paused")
    try bench.until("the third is over") { bench.jobs.queuedCount == 0 && bench.jobs.ids[third] == nil }
    #expect(try bench.state(second) == "waiting" && bench.state(third) == "succeeded")
    try bench.end()
  }

  @Test func `what is queued can be paused, resumed and cancelled`() throws {
    let bench = try JobBench { $0.activeJobs = 1 }
    try bench.start(bench.worker())
    let blocker = try bench.submit(#"{"id":"h","tool":"hold"}"#)
    try bench.until("it holds") { bench.lines().count == 1 }
    let queued = try ["a", "b", "c"].map { try bench.submit(#"{"id":"e","tool":"echo"}"#, id: $0) }
    #expect(
      try bench.ask { bench.jobs.resume(JobResume(job: "a"), by: .owner, answer: $0) }.get().job.state == "queued"
    )
    #expect(
      try bench.ask { bench.jobs.cancel(JobCancel(job: "b"), by: .owner, answer: $0) }.get().job.state == "cancelled"
    )
    #expect(try bench.ask { bench.jobs.pause(JobPause(job: "c"), by: .owner, answer: $0) }.get().job.state == "paused")
    try bench.release()
    for job in [blocker, "a", "b"] { try bench.finish(job) }
    #expect(try queued.map { try bench.state($0) } == ["succeeded", "cancelled", "paused"])
    #expect(
      try bench.ask { bench.jobs.resume(JobResume(job: "c"), by: .owner, answer: $0) }.get().job.state == "running"
    )
    #expect(try bench.finish("c").job.state == "succeeded")
    try bench.end()
  }
}
