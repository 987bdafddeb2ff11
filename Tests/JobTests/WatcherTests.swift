import JSON
import Journal
import Policy
import Posix
import Testing
import Transport
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct `Following a job` {
  @Test func `everything comes once and in order, and the answer when the job has ended`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"h","tool":"hold"},{"id":"e","tool":"echo","depends_on":["h"]}"#)
    try bench.until("it holds") { bench.lines().count == 1 }
    let early = try SocketClient(bench)
    try early.send(["id": 1, "method": "job/events", "params": ["job": .string(job), "follow": true]])
    let later = try SocketClient(bench)
    try later.send(["id": 1, "method": "job/events", "params": ["job": .string(job), "follow": true, "after": 2]])
    try bench.until("both follow") { bench.jobs.watchers.values.first?.count == 2 }
    try bench.release()
    for client in [early, later] { try client.waitForReply(1, bench) }
    #expect(early.numbers == Array(1...7))
    #expect(later.numbers == Array(3...7))
    #expect(early.reply(1)?["result"]?["job"]?["state"] == "succeeded")
    #expect(early.reply(1)?["result"]?["events"] == [])
    #expect(bench.jobs.watchers.isEmpty)
    // Of a job that is over: everything at once.
    try early.send(["id": 2, "method": "job/events", "params": ["job": .string(job), "follow": true]])
    try early.waitForReply(2, bench)
    #expect(early.numbers == Array(1...7) + Array(1...7))
    try bench.end()
  }

  @Test func `a client that does not read misses nothing, and nothing piles up for it`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker { $0.concurrency = 8 })
    let items = "[" + (0..<1_000).map(String.init).joined(separator: ",") + "]"
    let steps = (0..<5).map { step in
      #"{"id":"\#(step)-\#(String(repeating: "x", count: 120))","tool":"pure","input":{"i":"item:index"},"for_each":\#(items)}"#
    }
    let client = try SocketClient(bench)
    let job = try bench.submit(steps.joined(separator: ",")) { $0.isPaused = true }
    try client.send(["id": 1, "method": "job/events", "params": ["job": .string(job), "follow": true]])
    try bench.until("it follows") { bench.jobs.watchers.values.first?.count == 1 }
    bench.jobs.resume(JobResume(job: job), by: .owner) { _ in }
    let connection = try #require(client.session.connection)
    var most = 0
    try bench.until("the job is over") {
      most = max(most, connection.queuedBytes)
      return bench.jobs.ids[job] == nil
    }
    // Some more rounds, in which whatever wants to pile up does.
    let start = BootTime.now
    try bench.until("a while has passed") {
      most = max(most, connection.queuedBytes)
      return BootTime.now > start + 200
    }
    #expect(most > connection.options.highWaterBytes / 2, "the client is behind")
    #expect(most < connection.options.highWaterBytes + 4_096, "one event more, not one page")
    #expect(client.numbers.isEmpty && client.reply(1) == nil)
    try client.waitForReply(1, bench)
    let last = try bench.read { try $0.lastEvent(of: 1) }
    #expect(last > 10_000 && client.numbers == Array(1...last))

    // The same from the journal alone, which comes in pages.
    let late = try SocketClient(bench)
    try late.send(["id": 1, "method": "job/events", "params": ["job": .string(job), "follow": true]])
    let lateConnection = try #require(late.session.connection)
    try bench.until("its queue is full") { lateConnection.queuedBytes >= lateConnection.options.highWaterBytes }
    #expect(lateConnection.queuedBytes < lateConnection.options.highWaterBytes + 4_096)
    try late.waitForReply(1, bench)
    #expect(late.numbers == Array(1...last))
    try bench.end()
  }

  @Test func `a cancel just behind the request ends it`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"h","tool":"hold"}"#)
    let client = try SocketClient(bench)
    try client.send(["id": 1, "method": "job/events", "params": ["job": .string(job), "follow": true]])
    try client.send(["method": "cancel", "params": ["id": 1]])
    try client.waitForReply(1, bench)
    #expect(client.reply(1)?["error"]?["data"]?["name"] == "cancelled")
    #expect(bench.jobs.watchers.values.allSatisfy { $0.isEmpty })
    try client.send(["id": 2, "method": "job/events", "params": ["job": .string(job), "follow": true]])
    try bench.until("it follows") { bench.jobs.watchers.values.first?.count == 1 }
    try client.send(["method": "cancel", "params": ["id": 2]])
    try client.waitForReply(2, bench)
    #expect(client.reply(2)?["error"]?["code"] == 4001)
    bench.jobs.cancel(JobCancel(job: job), by: .owner) { _ in }
    try bench.finish(job)
    try bench.end()
  }

  @Test func `output of a running step is for who follows`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker("floods-progress", script: "floods-progress"))
    let job = try bench.submit(#"{"id":"f","tool":"floods-progress","timeout_ms":1500}"#)
    let client = try SocketClient(bench)
    try client.send(["id": 1, "method": "job/events", "params": ["job": .string(job), "follow": true]])
    try bench.until("output comes") {
      client.read()
      return client.messages.contains { $0["params"]?["event"]?["kind"] == "step.progress" }
    }
    bench.jobs.cancel(JobCancel(job: job), by: .owner) { _ in }
    try client.waitForReply(1, bench)
    let shown = client.messages.first { $0["params"]?["event"]?["kind"] == "step.progress" }?["params"]?["event"]
    #expect(shown?["number"] == 0 && shown?["step"] == "f" && shown?["data"]?["text"]?.stringValue != nil)
    #expect(try !bench.kinds(job).contains("step.progress"))
    let last = try bench.read { try $0.lastEvent(of: 1) }
    #expect(client.numbers == Array(1...last))
    try bench.end()
  }

  @Test func `a job that nobody knows is no job to follow`() throws {
    let bench = try JobBench()
    let client = try SocketClient(bench)
    try client.send(["id": 1, "method": "job/events", "params": ["job": "nobody", "follow": true]])
    try client.waitForReply(1, bench)
    #expect(client.reply(1)?["error"]?["data"]?["name"] == "not_found")
    try bench.end()
  }
}
