import Foundation
import Glibc
import JSON
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct CallTests {
  @Test func `a running call is cancelled in its worker and a queued one never reaches it`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("slow") { $0.concurrency = 1 })
    let running = bench.begin("slow")
    let queued = bench.begin("slow")
    try bench.until("one runs") { bench.lines("slow") == ["started"] }
    #expect(queued.state == .queued)
    queued.cancel(.caller)
    try bench.until("the queued one is answered") { queued.result != nil }
    #expect(queued.error == WireError(.cancelled, "cancelled before it ran"))
    running.cancel(.caller)
    running.cancel(.caller)
    try bench.until("the other is answered") { running.result != nil }
    #expect(running.error?.name == .cancelled)
    try bench.until("the worker was told") { bench.lines("slow").count >= 2 }
    #expect(bench.lines("slow") == ["started", "cancelled: caller"])
    #expect(try bench.kind("slow").instances[0].isReady)
    try bench.end()
  }

  @Test func `a deadline ends a running and a queued call`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("slow") { $0.concurrency = 1 })
    let running = bench.begin("slow", timeoutMS: 30_000)
    let queued = bench.begin("slow", timeoutMS: 50)
    try bench.until("the queued one is answered") { queued.result != nil }
    #expect(queued.error == WireError(.deadlineExceeded, "the deadline passed while the call waited for worker 'slow'"))
    #expect(running.result == nil)
    running.cancel(.deadline)
    try bench.until("the running one is answered") { running.result != nil }
    #expect(running.error?.name == .deadlineExceeded)
    #expect(running.error?.message == "stopped at its deadline")
    try bench.end()
  }

  @Test func `an answer after the deadline but within the grace still counts`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("answers-late") { $0.graceMS = 20_000 })
    #expect(try bench.call("answers-late", timeoutMS: 50).output == ["late": true])
    try bench.end()
  }

  @Test func `neighbours of a hung call are awaited, then the instance is ended`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("hangs-with-neighbours"))
    let pid = try bench.pid("hangs-with-neighbours")
    let slow = bench.begin("hangs-with-neighbours", ["do": "slow"])
    let hung = bench.begin("hangs-with-neighbours", ["do": "hang"], timeoutMS: 50)
    // Counts as a job done, so that the restart is without a penalty; it also tells the slow one to end, later.
    try bench.until("the hung one is given up") { hung.result != nil }
    #expect(hung.error?.name == .deadlineExceeded)
    #expect(slow.result == nil && isAlive(pid), "the neighbour still runs")
    let later = bench.begin("hangs-with-neighbours", ["do": "hang"], timeoutMS: 20_000)
    #expect(later.state == .queued, "a condemned instance is given nothing new")
    slow.cancel(.caller)
    try bench.until("the neighbour is given up too") { slow.result != nil }
    #expect(slow.error?.name == .cancelled)
    try bench.until("the process is ended") { !isAlive(pid) }
    later.cancel(.caller)
    try bench.end()
  }

  @Test func `an answer after the grace is dropped, and the neighbour gets its own`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("answers-too-late") { $0.graceMS = 50 })
    let pid = try bench.pid("answers-too-late")
    let late = bench.begin("answers-too-late", timeoutMS: 50)
    let other = bench.begin("answers-too-late")
    try bench.until("both are answered") { late.result != nil && other.result != nil }
    #expect(late.error?.name == .deadlineExceeded)
    #expect(other.output == ["neighbour": true])
    try bench.until("the process is ended") { !isAlive(pid) }
    try bench.end()
  }

  @Test func `the queue takes as many as its limit and refuses one more`() throws {
    let bench = try Bench(queueLimit: 3)
    try bench.start(Bench.manifest("slow") { $0.concurrency = 1 })
    let calls = (0..<4).map { _ in bench.begin("slow") }
    try bench.until("one runs and the others wait") { bench.supervisor.kinds["slow"]?.queuedCount == 3 }
    #expect(calls.allSatisfy { $0.result == nil })
    let refused = try bench.call("slow")
    #expect(refused.error?.name == .overloaded)
    #expect(refused.error?.message == "3 calls wait for worker 'slow', which is the limit")
    for call in calls { call.cancel(.caller) }
    try bench.until("all are answered") { calls.allSatisfy { $0.result != nil } }
    try bench.end()
  }

  @Test func `a result that was written just before the exit is delivered`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("answers-then-exits") { $0.restart.maxBackoffMS = 20 })
    let instance = try bench.kind("answers-then-exits").instances[0]
    for life in 1...10 {
      let answer = try bench.call("answers-then-exits")
      #expect(answer.output?["text"]?.stringValue?.utf8.count == 200_000, "\(answer.error?.message ?? "")")
      try bench.until("it is back") { instance.isReady && instance.generation == life + 1 }
    }
    try bench.end()
  }

  @Test func `what a dying worker wrote to standard error is there when its exit is reported`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("killed-in-call"))
    _ = try bench.call("killed-in-call")
    #expect(bench.lines("killed-in-call") == ["about to die"])
    try bench.end()
  }

  @Test func `inputs and outputs are accepted at their limits and refused one above`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("behaves"))
    let overhead = #"{"t":""}"#.utf8.count
    let most = String(repeating: "x", count: Limit.inputBytes - overhead)
    #expect(try bench.call("behaves", ["t": .string(most)]).output == ["t": .string(most)])
    let error = try #require(try bench.call("behaves", ["t": .string(most + "x")]).error)
    #expect(error.name == .limitExceeded)
    #expect(error.message == "input of tool 'behaves' of 4194305 exceeds the limit of 4194304")
    #expect(error.data["limit"] == "input_bytes" && error.data["value"] == 4_194_305)
    #expect(try bench.kind("behaves").answered == 1, "the worker never saw it")
    try bench.end()
  }

  @Test func `progress flows while a call runs and a flood of it does not hold up others`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("floods-progress"), Bench.manifest("behaves"))
    let flood = bench.begin("floods-progress", timeoutMS: 30_000)
    try bench.until("progress comes") { flood.progress > 1000 }
    for n in 0..<20 { #expect(try bench.call("behaves", ["n": .integer(Int64(n))]).output != nil) }
    #expect(flood.result == nil)
    flood.cancel(.caller)
    try bench.until("it is ended") { flood.result != nil }
    #expect(flood.error?.name == .cancelled)
    try bench.end()
  }
}

/// Calls within calls.
@Suite struct NestingTests {
  @Test func `calls within calls end at the bound`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("calls-itself") { $0.concurrency = 64 })
    let output = try #require(try bench.call("calls-itself").output)
    #expect(output["error"] == "nesting_exceeded")
    #expect(output["deep"] == .integer(Int64(Limit.nesting) + 1), "the outer call and eight within it")
    #expect(output["message"] == "call of tool 'calls-itself' is nested 9 deep; the limit is 8")
    try bench.end()
  }

  @Test func `a call into its own full worker is refused`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("calls-own-full-worker"))
    let output = try #require(try bench.call("calls-own-full-worker", timeoutMS: 30_000).output)
    #expect(output["error"] == "overloaded")
    #expect(
      output["message"]
        == "every slot of worker 'calls-own-full-worker' is held by calls that wait for this one; it would never run"
    )
    try bench.end()
  }

  @Test func `two workers that call each other when full are refused, and calls that can end are not`() throws {
    let bench = try Bench()
    try bench.start(
      Bench.manifest("calls-other", name: "a"),
      Bench.manifest("calls-other", name: "b"),
      Bench.manifest("calls-other", name: "c")
    )
    #expect(try bench.call("a", ["path": ["b", "c"]], timeoutMS: 30_000).output == ["end": true])
    #expect(try bench.call("a", ["path": ["b", "a"]], timeoutMS: 30_000).output?["error"] == "overloaded")
    #expect(try bench.call("a", ["path": ["b", "c", "a"]], timeoutMS: 30_000).output?["error"] == "overloaded")
    // Each holds its slot and wants the other's: at least one is refused, so that both end.
    let calls = [bench.begin("a", ["path": ["b"]]), bench.begin("b", ["path": ["a"]])]
    try bench.until("both end") { calls.allSatisfy { $0.result != nil } }
    let refused = calls.filter { $0.output?["error"] == "overloaded" }
    #expect(refused.count <= 1, "one of them can always go on")
    #expect(calls.allSatisfy { $0.output != nil })
    try bench.end()
  }

  @Test func `of two calls at once the one that could never run is refused though the other runs`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("calls-in-parallel"), Bench.manifest("behaves"))
    let output = try #require(try bench.call("calls-in-parallel", timeoutMS: 30_000).output)
    #expect(output["other"] == [:])
    #expect(output["own"]?["error"] == "overloaded")
    try bench.end()
  }

  @Test func `a call in an invocation that does not run is an error of its own`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("calls-outside"), Bench.manifest("behaves"))
    let output = try #require(try bench.call("calls-outside").output)
    #expect(output["error"] == "invalid_params")
    #expect(output["message"] == "no invocation with id 999 is running")
    #expect(try bench.kind("behaves").answered == 0)
    try bench.end()
  }

  @Test func `a call ends with the call that made it`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("calls-other", name: "outer"), Bench.manifest("slow"))
    let outer = bench.begin("outer", ["path": ["slow"]])
    try bench.until("the inner call runs") { bench.lines("slow") == ["started"] }
    outer.cancel(.caller)
    try bench.until("the inner call is told") { bench.lines("slow").count == 2 }
    #expect(bench.lines("slow") == ["started", "cancelled: caller"])
    try bench.until("the outer call ends") { outer.result != nil }
    try bench.end()
  }

  @Test func `a call ends with the worker that made it`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("calls-other", name: "outer"), Bench.manifest("slow"))
    let outer = bench.begin("outer", ["path": ["slow"]])
    try bench.until("the inner call runs") { bench.lines("slow") == ["started"] }
    kill(try bench.pid("outer"), SIGKILL)
    try bench.until("the outer call is lost") { outer.result != nil }
    #expect(outer.error?.name == .workerLost)
    try bench.until("the inner call is told") { bench.lines("slow").count == 2 }
    try bench.end()
  }
}
