import Foundation
import Glibc
import JSON
import Posix
import Testing

/// What single crashes must not do; `bulkhead selftest crash` tries all of them at once.
@Suite struct CrashTests {
  private func daemon(workers: Int = 1) throws -> (Daemon, Client) {
    let daemon = try Daemon()
    try daemon.addSteps()
    return (daemon, try daemon.startReady(workers: workers))
  }

  private func count(_ add: Int64, sleep: Int64 = 0) -> JSON {
    ["id": .string("s\(add)"), "tool": "count", "input": ["add": .integer(add), "sleep_ms": .integer(sleep)]]
  }

  @Test func `a follower that comes right after a start is told the end at the end`() throws {
    let (daemon, first) = try daemon()
    let id = try first.submit([count(1), count(2, sleep: 800)].chained)
    try eventually("the second step runs") { try daemon.executions().count == 2 }
    daemon.signal(SIGKILL)
    _ = daemon.waitForExit()
    try daemon.start()
    let client = try daemon.connect()
    let follow = try client.begin("job/events", ["job": .string(id), "follow": true])
    let answer = try client.reply(to: follow)
    #expect(answer["result"]?["job"]?["state"] == "succeeded", "\(answer)")
    let numbers = client.notifications.compactMap { $0["params"]?["event"]?["number"]?.integerValue }.filter { $0 > 0 }
    #expect(numbers == Array(1...Int64(numbers.count)))
    #expect(try client.kinds(id).count == numbers.count)
    #expect(try daemon.executions().compactMap { $0["add"]?.integerValue } == [1, 2, 2])
  }

  @Test func `a call within a call of an interrupted step does not run twice unless it may`() throws {
    let (daemon, first) = try daemon()
    let id = try first.submit([["id": "d", "tool": "deep", "input": ["add": 5, "sleep_ms": 500]]])
    try eventually("what may run twice runs") { try daemon.executions(of: "count").count == 1 }
    let client = try daemon.crash()
    #expect(try client.waitForEnd(id) == "succeeded")
    #expect(try daemon.executions(of: "once").count == 1)
    let counts = try daemon.executions(of: "count")
    #expect(counts.count == 2 && Set(counts.map { $0["key"] }).count == 1)
    #expect(counts.map { $0["attempt"] } == [1, 2])
    #expect(try client.job(id)["steps"]?.arrayValue?.first?["output"] == ["value": 20])
  }

  @Test func `calls in an invocation that was not run again end with their job`() throws {
    let (daemon, first) = try daemon()
    let call = try first.begin("tool/call", ["tool": "nest", "input": ["add": 5, "sleep_ms": 5_000]])
    try eventually("the call within runs") { try daemon.executions(of: "once").count == 1 }
    let client = try daemon.crash()
    try eventually("the call is over") {
      try client.request("job/list", ["kind": "call"])["jobs"]?.arrayValue?.first?["state"] == "failed"
    }
    _ = call
    daemon.signal(SIGTERM)
    #expect(daemon.waitForExit() == .code(0))
    let check = try daemon.checkJournal()
    #expect(check.code == 0 && check.text.contains("0 problems"), "\(check.text)")
  }

  @Test func `the same submission is the same job when its worker has gone`() throws {
    let (daemon, first) = try daemon()
    let steps = [count(1)]
    try first.submit(steps, id: "mine")
    #expect(try first.waitForEnd("mine") == "succeeded")
    try daemon.removeWorker("steps")
    let client = try daemon.crash(workers: 0)
    let again = try client.request("job/submit", ["id": "mine", "plan": ["steps": .array(steps)]])
    #expect(again["existing"] == true && again["job"]?["state"] == "succeeded")
    #expect(
      try client.failure("job/submit", ["id": "other", "plan": ["steps": .array(steps)]])["data"]?["name"]
        == "invalid_plan"
    )
    #expect(
      try client.failure("job/submit", ["id": "mine", "plan": ["steps": .array([count(2)])]])["data"]?["name"]
        == "conflict"
    )
  }

  @Test func `two clients that submit the same at once have one job`() throws {
    let (daemon, first) = try daemon()
    let second = try daemon.connect()
    let params: JSONObject = ["id": "mine", "plan": ["steps": .array([count(1)])]]
    let ids = try (first.begin("job/submit", params), second.begin("job/submit", params))
    let answers = try [first.reply(to: ids.0), second.reply(to: ids.1)]
    #expect(answers.map { $0["result"]?["job"]?["id"] } == ["mine", "mine"], "\(answers)")
    #expect(answers.count { $0["result"]?["existing"] == true } == 1)
    #expect(try first.waitForEnd("mine") == "succeeded")
    #expect(try daemon.executions().count == 1)
  }

  @Test func `a pure call's key is never given again`() throws {
    let (daemon, first) = try daemon()
    _ = try first.call("pure", ["add": 1])
    // Nothing was written of it when the coordinator dies with the answer.
    let client = try daemon.crash()
    _ = try client.call("pure", ["add": 2])
    #expect(Set(try daemon.executions(of: "pure").map { $0["key"] }).count == 2)
  }

  @Test func `a tool that says it is pure calls nothing that is not`() throws {
    let daemon = try Daemon()
    try daemon.addWorker("kit", #""command":["misbehaving-worker"]"#)
    let client = try daemon.startReady(workers: 1)
    let error = try client.callFailure("kit-says-pure")
    #expect(
      error["data"]?["name"] == "refused" && error["message"]?.stringValue?.contains("'kit-fails'") == true,
      "\(error)"
    )
    #expect(try client.worker("kit")?["failed"] == 1, "the call within did not reach a worker")
  }

  @Test func `a cancelled job whose step waits for a worker ends as cancelled, on disk too`() throws {
    let daemon = try Daemon()
    try daemon.addSteps(#""instances":1"#)
    let file = daemon.folder + "/workers/steps/worker.json"
    let manifest = try String(contentsOfFile: file, encoding: .utf8)
    // Long enough that the step is handed over and waits.
    try manifest.replacing(#""backoff_ms":10"#, with: #""backoff_ms":20000"#)
      .write(toFile: file, atomically: true, encoding: .utf8)
    let client = try daemon.startReady(workers: 1)
    _ = try client.call("count", ["add": 1])
    kill(Int32(try client.worker("steps")?["instances"]?.arrayValue?.first?["pid"]?.integerValue ?? 0), SIGKILL)
    try eventually("it is gone") { try client.request("status")["workers_ready"] == 0 }
    let id = try client.submit([count(1)])
    try eventually("its step waits for a worker") { try client.worker("steps")?["queued"] == 1 }
    _ = try client.request("job/cancel", ["job": .string(id)])
    #expect(try client.waitForEnd(id, within: 10) == "cancelled")
    #expect(try client.kinds(id).suffix(3) == ["job.cancelling", "step.cancelled", "job.cancelled"])
  }

  @Test func `a stopped worker costs its calls their time, and the job goes on`() throws {
    let daemon = try Daemon()
    try daemon.addSteps(#""heartbeat_ms":200,"instances":1"#)
    let client = try daemon.startReady(workers: 1)
    let worker = { try client.worker("steps")?["instances"]?.arrayValue?.first }
    let pid = Int32(try worker()?["pid"]?.integerValue ?? 0)
    try #require(pid > 1)
    // The process that answers for the worker is its jail's first; the worker is below.
    let stop = { (pid: Int32) in for process in Daemon.descendants(of: pid) + [pid] { kill(process, SIGSTOP) } }
    let slow: JSON = [
      "id": "a", "tool": "count", "input": ["add": 1, "sleep_ms": 300], "timeout_ms": 900,
      "retry": ["max_attempts": 5, "backoff_ms": 10],
    ]
    let id = try client.submit([slow])
    try eventually("it runs") { try daemon.executions().count == 1 }
    stop(pid)
    #expect(try client.waitForEnd(id) == "succeeded")
    #expect(try client.kinds(id).contains("step.retrying"))
    #expect(try worker()?["pid"]?.integerValue != Int64(pid), "the stopped process was not ended")
    // An idle one is missed by its heartbeat.
    let next = Int32(try worker()?["pid"]?.integerValue ?? 0)
    stop(next)
    try eventually("it is replaced") {
      let now = try worker()?["pid"]?.integerValue ?? Int64(next)
      return now != Int64(next) && now > 0
    }
    #expect(try client.call("count", ["add": 1])["value"] == 1)
  }

  @Test func `an orderly end lets the step that runs end, and the next start does the rest`() throws {
    let (daemon, first) = try daemon()
    let id = try first.submit([count(1, sleep: 400), count(2), count(3)].chained)
    try eventually("the first step runs") { try daemon.executions().count == 1 }
    let asked = Date()
    daemon.signal(SIGTERM)
    #expect(daemon.waitForExit() == .code(0))
    #expect(Date().timeIntervalSince(asked) < 10, "it waited for more than the step")
    #expect(try daemon.executions().count == 1)
    try daemon.start()
    let client = try daemon.connect()
    #expect(try client.waitForEnd(id) == "succeeded")
    #expect(try daemon.executions().compactMap { $0["add"]?.integerValue } == [1, 2, 3])
  }

  @Test func `a deadline goes on after a clock that was set back`() throws {
    let (daemon, first) = try daemon()
    let id = try first.submit([count(1)], ["paused": true, "deadline_ms": 1_500])
    daemon.signal(SIGKILL)
    _ = daemon.waitForExit()
    try daemon.sql("UPDATE jobs SET created_at = created_at + 864000000, deadline_at = deadline_at + 864000000")
    try daemon.start()
    let client = try daemon.connect()
    #expect(try client.waitForEnd(id, within: 20) == "failed")
    #expect(try client.job(id)["job"]?["reason"]?["name"] == "deadline_exceeded")
  }

  @Test func `two thousand queued jobs outlive a crash, each run once`() throws {
    let (daemon, first) = try daemon()
    let total = 2_000
    var requests: [Int64] = []
    for add in 1...Int64(total) {
      let plan: JSON = ["steps": [["id": "s", "tool": "once", "on_unknown": "fail", "input": ["add": .integer(add)]]]]
      requests.append(try first.begin("job/submit", ["id": .string("j\(add)"), "plan": plan]))
      if requests.count == 200 {
        for request in requests { #expect(try first.reply(to: request)["result"] != nil) }
        requests = []
      }
    }
    let client = try daemon.crash()
    try eventually("all have ended", within: 120) {
      try client.request("job/list", ["states": ["queued", "running", "waiting"]])["jobs"]?.arrayValue?.isEmpty == true
    }
    let runs = try daemon.executions().compactMap { $0["add"]?.integerValue }
    #expect(Set(runs).count == runs.count, "a step ran twice")
    // What ran when it crashed has an unknown outcome; everything else ran.
    #expect(runs.count > total - 200)
    daemon.signal(SIGTERM)
    #expect(daemon.waitForExit() == .code(0))
    let check = try daemon.checkJournal()
    #expect(check.code == 0 && check.text.hasPrefix("\(total) jobs, 0 of them open"), "\(check.text)")
  }
}

extension [JSON] {
  /// Each step waits for the one before.
  fileprivate var chained: [JSON] {
    enumerated().map { index, step in
      guard index > 0, case .object(var object) = step else { return step }
      object["depends_on"] = [self[index - 1]["id"] ?? .null]
      return .object(object)
    }
  }
}
