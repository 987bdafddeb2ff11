import Foundation
import Glibc
import JSON
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// Restart, drain and reload with real processes.
@Suite struct RestartTests {
  @Test func `a worker that dies before its first job is throttled, and then tried again`() throws {
    let bench = try Bench()
    bench.apply(
      Bench.manifest("dies-at-start") {
        $0.restart.throttleMS = 100
        $0.restart.maxBackoffMS = 150
      }
    )
    let kind = try bench.kind("dies-at-start")
    try bench.until("it was started four times") { kind.instances[0].generation >= 4 }
    try bench.until("it waits") { kind.instances[0].isThrottled }
    let error = try #require(bench.begin("dies-at-start").error)
    #expect(error.name == .unavailable)
    #expect((0...190).contains(try #require(error.data["retry_after_ms"]?.integerValue)))
    try bench.end()
  }

  @Test func `queued calls learn at once that their worker is throttled`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("killed-in-call") { $0.concurrency = 1 })
    let calls = (0..<3).map { _ in bench.begin("killed-in-call") }
    try bench.until("all are answered") { calls.allSatisfy { $0.result != nil } }
    #expect(calls.map { $0.error?.name } == [.workerLost, .unavailable, .unavailable])
    #expect(calls[1].error?.message.hasPrefix("worker 'killed-in-call' is down: the process ended") == true)
    try bench.end()
  }

  @Test func `calls wait through the restart of a worker that had done its jobs`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("crashes-after-calls"))
    var pids: Set<Int64> = []
    for _ in 0..<3 { pids.insert(try #require(try bench.call("crashes-after-calls").output?["pid"]?.integerValue)) }
    let kind = try bench.kind("crashes-after-calls")
    // The last answer waits for the disk, and the worker may be back by then.
    try bench.until("it has crashed") { kind.instances[0].isThrottled || kind.instances[0].restarts == 1 }
    pids.insert(try #require(try bench.call("crashes-after-calls").output?["pid"]?.integerValue))
    #expect(pids.count == 2)
    #expect(kind.instances[0].restarts == 1)
    try bench.end()
  }

  @Test(arguments: [
    (WorkerManifest.Restart.Policy.always, "exits-at-once", true), (.onFailure, "exits-at-once", false),
    (.onFailure, "dies-at-start", true), (.never, "dies-at-start", false),
  ])
  func `the policy decides whether a process is followed by another`(
    _ policy: WorkerManifest.Restart.Policy,
    _ script: String,
    _ isFollowed: Bool
  ) throws {
    let bench = try Bench()
    bench.apply(Bench.manifest(script) { $0.restart.policy = policy })
    let instance = try bench.kind(script).instances[0]
    try bench.until("it has ended") { instance.lastError != nil }
    #expect(instance.isThrottled == isFollowed)
    #expect(instance.isDown == !isFollowed)
    let error = try #require(bench.begin(script).error)
    #expect(error.name == .unavailable)
    #expect((error.data["retry_after_ms"] != nil) == isFollowed, "only who is started again is worth asking again")
    try bench.end()
  }

  @Test func `reload starts at once what waits or is down`() throws {
    let bench = try Bench()
    let manifests = [
      Bench.manifest("dies-at-start"), Bench.manifest("exits-at-once") { $0.restart.policy = .never },
    ]
    bench.apply(manifests[0], manifests[1])
    let instances = [try bench.kind("dies-at-start").instances[0], try bench.kind("exits-at-once").instances[0]]
    try bench.until("both have ended") { instances.allSatisfy { $0.lastError != nil } }
    #expect(bench.apply(manifests[0], manifests[1]) == WorkersReload.Response())
    try bench.until("both were started again") { instances.allSatisfy { $0.generation == 2 && $0.pid == nil } }
    try bench.end()
  }

  @Test func `a program that cannot be executed is named`() throws {
    let bench = try Bench()
    bench.apply(
      Bench.manifest("behaves") { $0.command = ["/nonexistent/program"] },
      Bench.manifest("other") { $0.command = ["no-such-program-anywhere"] }
    )
    let kinds = [try bench.kind("behaves"), try bench.kind("other")]
    try bench.until("both have failed") { kinds.allSatisfy { $0.instances[0].isThrottled } }
    #expect(kinds[0].unavailable.message.contains("execute '/nonexistent/program': no such file or directory"))
    let searched = "/usr/local/bin:/usr/bin:/bin 'no-such-program-anywhere': no such file or directory"
    #expect(kinds[1].unavailable.message.contains(searched))
    try bench.end()
  }
}

@Suite struct ReloadTests {
  private func file() -> String { NSTemporaryDirectory() + "bulkhead-release-" + UUID().uuidString }
  private func create(_ path: String) { _ = FileManager.default.createFile(atPath: path, contents: nil) }

  @Test func `a removed worker finishes what it has`() throws {
    let bench = try Bench()
    let path = file()
    try bench.start(Bench.manifest("released"), Bench.manifest("behaves"))
    let pid = try bench.pid("released")
    weak let kind = try bench.kind("released")
    let running = bench.begin("released", ["file": .string(path)])
    try bench.until("it runs") { bench.lines("released") == ["started"] }
    #expect(bench.apply(Bench.manifest("behaves")).removed == ["released"])
    #expect(bench.begin("released").error?.name == .unknownTool, "it takes nothing new")
    #expect(running.result == nil)
    create(path)
    try bench.until("the call is answered") { running.result != nil }
    #expect(running.output?["pid"] == .integer(Int64(pid)))
    try bench.until("its process is gone") { !isAlive(pid) }
    try bench.until("nothing holds it any more") { kind == nil }
    try bench.end()
  }

  @Test func `a changed worker serves until its successor is ready, and ends what it has`() throws {
    let bench = try Bench()
    let path = file()
    try bench.start(Bench.manifest("released"))
    let old = try bench.pid("released")
    let running = bench.begin("released", ["file": .string(path)])
    try bench.until("it runs") { bench.lines("released") == ["started"] }
    #expect(bench.apply(Bench.manifest("released") { $0.description = "new" }).changed == ["released"])
    try bench.until("the successor serves") { bench.supervisor.kinds["released"]?.manifest.description == "new" }
    let new = try bench.pid("released")
    #expect(new != old && isAlive(old))
    #expect(bench.lines("released") == ["started"], "the log goes on")
    create(path)
    try bench.until("the call is answered") { running.result != nil }
    #expect(running.output?["pid"] == .integer(Int64(old)), "by the process that had begun it")
    try bench.until("the old process is gone") { !isAlive(old) }
    #expect(try bench.call("released", ["file": .string(path)]).output?["pid"] == .integer(Int64(new)))
    try bench.end()
  }

  @Test func `a successor that never gets ready leaves the old one serving`() throws {
    let bench = try Bench()
    let good = Bench.manifest("behaves")
    let bad = Bench.manifest("behaves") { $0.command[3] = "\(Bench.misbehaving)/dies-at-start.py" }
    try bench.start(good)
    let pid = try bench.pid("behaves")
    #expect(bench.apply(bad).changed == ["behaves"])
    try bench.until("the successor has failed") {
      bench.supervisor.allKinds.contains { $0.instances[0].lastError?.contains("code 3") == true }
    }
    #expect(try bench.call("behaves", ["n": 1]).output == ["n": 1])
    #expect(try bench.pid("behaves") == pid)
    // Back to what serves: the failed successor goes, and nothing was interrupted.
    #expect(bench.apply(good).changed == ["behaves"])
    #expect(bench.supervisor.allKinds.count == 1)
    #expect(try bench.pid("behaves") == pid)
    try bench.end()
  }

  @Test func `an added worker serves beside the others`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("behaves"))
    let pid = try bench.pid("behaves")
    #expect(bench.apply(Bench.manifest("behaves"), Bench.manifest("slow")).added == ["slow"])
    try bench.until("it is ready") { bench.supervisor.kinds["slow"]?.isReady == true }
    #expect(bench.supervisor.catalog.keys.sorted() == ["behaves", "slow"])
    #expect(try bench.pid("behaves") == pid)
    try bench.end()
  }
}

@Suite struct DrainTests {
  @Test func `draining lets running calls end and accepts no new ones`() throws {
    let bench = try Bench()
    let path = NSTemporaryDirectory() + "bulkhead-release-" + UUID().uuidString
    try bench.start(Bench.manifest("released"))
    let running = bench.begin("released", ["file": .string(path)])
    try bench.until("it runs") { bench.lines("released") == ["started"] }
    var isOver = false
    bench.coordinator.drain { isOver = true }
    #expect(bench.begin("released").error?.name == .draining)
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    try bench.until("the drain is over") { isOver }
    #expect(running.output != nil)
  }

  @Test func `a running call may still call other workers while draining`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("calls-other", name: "outer"), Bench.manifest("behaves"))
    let outer = bench.begin("outer", ["path": ["behaves"]])
    // Nothing has been sent yet: the inner call comes after the drain has begun.
    try bench.end()
    #expect(outer.output == ["path": []], "\(outer.error?.message ?? "")")
  }

  @Test func `a drain waits for every worker though one of them is down`() throws {
    let bench = try Bench()
    let down = Bench.manifest("exits-at-once") { $0.restart.policy = .never }
    bench.apply(down, Bench.manifest("behaves"))
    let instance = try bench.kind("exits-at-once").instances[0]
    try bench.until("one is down and the other ready") {
      instance.isDown && bench.supervisor.kinds["behaves"]?.isReady == true
    }
    let pid = try bench.pid("behaves")
    try bench.end()
    #expect(!isAlive(pid))
  }

  @Test func `calls that outlive the drain are ended with their workers`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("hangs-in-call") { $0.drainMS = 100 })
    let call = bench.begin("hangs-in-call")
    try bench.end()
    #expect(call.error?.name == .workerLost)
    #expect(call.error?.message.contains("worker 'hangs-in-call-1' was lost") == true)
  }

  @Test func `ending now asks nobody`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("ignores-end") { $0.graceMS = 60_000 })
    let pid = try bench.pid("ignores-end")
    var isOver = false
    bench.coordinator.drain { isOver = true }
    bench.coordinator.stopNow()
    try bench.until("all is over") { isOver }
    #expect(!isAlive(pid))
  }

  @Test func `workers that are still being started are ended too`() throws {
    let bench = try Bench()
    bench.apply(Bench.manifest("behaves"), Bench.manifest("never-answers-initialize"))
    #expect(try bench.kind("behaves").instances[0].stateName == nil, "the control: not even spawned")
    let kinds = bench.supervisor.allKinds
    try bench.end()
    #expect(kinds.allSatisfy { $0.instances.isEmpty })
  }
}
