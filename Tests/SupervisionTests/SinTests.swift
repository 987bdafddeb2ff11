import Glibc
import JSON
import Posix
import Testing
import Wire

@testable import Supervision

/// Each sinner gets a named error that says which worker and why, and costs only itself.
@Suite struct SinTests {
  @Test(arguments: Sin.all)
  func `a sin is named with its worker and reason, and its neighbour goes on`(_ sin: Sin) throws {
    let bench = try Bench()
    let name = sin.script
    try bench.start(Bench.manifest("behaves"))
    bench.apply(
      Bench.manifest("behaves"),
      Bench.manifest(name) {
        $0.drainMS = 100; sin.change(&$0)
      }
    )
    let neighbour = try bench.pid("behaves")
    switch sin.act {
    case .start:
      let kind = try bench.kind(name)
      try bench.until("it has failed") { kind.instances[0].isThrottled }
      let error = try #require(try bench.call(name).error)
      #expect(error.name == .unavailable)
      #expect(error.message.hasPrefix("worker '\(name)' is down: "))
      #expect(error.message.contains(sin.reason), "\(error.message)")
      let wait = try #require(error.data["retry_after_ms"]?.integerValue)
      #expect((1...75_000).contains(wait))
    case .call(let code):
      try bench.until("it is ready") { bench.supervisor.kinds[name]?.isReady == true }
      let pid = try bench.pid(name)
      let answer = bench.begin(name, timeoutMS: 500)
      try expectNeighbour(bench)
      try bench.until("it is answered") { answer.result != nil }
      let error = try #require(answer.error)
      #expect(error.name.rawValue == code)
      #expect(error.message.contains("worker '\(name)-1'"), "\(error.message)")
      #expect(error.message.contains(sin.reason), "\(error.message)")
      try bench.until("its process is gone") { !isAlive(pid) }
    case .later:
      try bench.until("it is ready") { bench.supervisor.kinds[name]?.isReady == true }
      let pid = try bench.pid(name)
      let calls = name == "crashes-after-calls" ? 3 : 1
      for _ in 0..<calls { #expect(try bench.call(name).output != nil) }
      let instance = try bench.kind(name).instances[0]
      var reason: String?
      try bench.until("it is ended") {
        reason = instance.lastError ?? reason
        return !isAlive(pid) && reason != nil
      }
      #expect(try #require(reason).contains(sin.reason), "\(reason ?? "")")
      // It had done a job, so it is started again without a penalty.
      try bench.until("it is back") { instance.isReady && instance.generation == 2 }
    }
    try expectNeighbour(bench)
    #expect(try bench.pid("behaves") == neighbour, "the neighbour is the same process as before")
    try bench.end()
  }

  private func expectNeighbour(_ bench: Bench) throws {
    let answer = try bench.call("behaves", ["n": 7])
    #expect(answer.output == ["n": 7])
  }

  @Test func `a stopped process is found by its heartbeat and killed`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("behaves") { $0.heartbeatMS = 400 }, Bench.manifest("behaves", name: "other"))
    let pid = try bench.pid("behaves")
    let instance = try bench.kind("behaves").instances[0]
    kill(pid, SIGSTOP)
    var reason: String?
    try bench.until("it is killed") {
      reason = instance.lastError ?? reason
      return !isAlive(pid) && reason != nil
    }
    #expect(reason == "no answer to 'ping' within 400 ms (process ended by signal 9 (SIGKILL))")
    #expect(try bench.call("other").output == [:])
    try bench.end()
  }

  @Test func `a worker that answers nothing while idle is found by its heartbeat`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("hangs-idle") { $0.heartbeatMS = 100 })
    let instance = try bench.kind("hangs-idle").instances[0]
    try bench.until("it is ended") { instance.lastError != nil }
    #expect(instance.lastError == "no answer to 'ping' within 100 ms (process ended by signal 9 (SIGKILL))")
    try bench.end()
  }

  @Test func `a worker that ignores drain, shutdown and SIGTERM is killed after three steps`() throws {
    let bench = try Bench()
    try bench.start(
      Bench.manifest("ignores-end") {
        $0.drainMS = 100
        $0.graceMS = 100
      }
    )
    let pid = try bench.pid("ignores-end")
    let begin = BootTime.now
    try bench.end()
    #expect(!isAlive(pid))
    #expect(BootTime.now.milliseconds(since: begin) >= 300, "drain, shutdown and SIGTERM each had their time")
  }

  @Test func `a grandchild that left the session does not hold up the exit, and last words are kept`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("escaped-grandchild"))
    let answer = try bench.call("escaped-grandchild")
    let grandchild = Int32(try #require(answer.output?["pid"]?.integerValue))
    defer { kill(grandchild, SIGKILL) }
    let instance = try bench.kind("escaped-grandchild").instances[0]
    try bench.until("the exit is seen") { instance.generation == 2 && instance.isReady }
    #expect(bench.lines("escaped-grandchild") == ["last words"])
    #expect(isAlive(grandchild), "the control: it still held the pipes")
    try bench.end()
  }

  @Test func `what a grandchild in the group holds ends with its worker`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("grandchild-keeps-pipes"))
    let pid = Int32(try #require(try bench.call("grandchild-keeps-pipes").output?["pid"]?.integerValue))
    try bench.until("the whole group is gone") { kill(-pid, 0) != 0 }
    try bench.end()
  }

  @Test func `an unknown request is answered and costs nothing`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("unknown-request"))
    for _ in 0..<2 {
      let output = try bench.call("unknown-request").output
      #expect(output?["error"] == "method_not_found")
      #expect(output?["message"] == "unknown method 'tool/cal' (did you mean 'tool/call'?)")
    }
    #expect(try bench.kind("unknown-request").instances[0].generation == 1)
    try bench.end()
  }

  @Test func `an output that breaks the tool's schema reaches nobody`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("breaks-output-schema"))
    let error = try #require(try bench.call("breaks-output-schema").error)
    #expect(error.name == .invalidOutput)
    #expect(
      error.message.hasPrefix(
        "output of tool 'breaks-output-schema' of worker 'breaks-output-schema' breaks its schema"
      )
    )
    #expect(error.data["violations"]?.arrayValue?.first?["path"] == "/n")
    #expect(try bench.kind("breaks-output-schema").instances[0].generation == 1, "the worker goes on")
    try bench.end()
  }

  @Test func `a worker cannot claim that its own connection is closed`() throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("claims-closed"))
    let error = try #require(try bench.call("claims-closed", timeoutMS: 20_000).error)
    #expect(error.name == .toolFailed)
    #expect(error.message == "lost")
    try bench.end()
  }

  @Test(arguments: ["floods-stderr", "floods-stderr-lines"])
  func `a flood on standard error is cut, bounded, and does not starve calls`(_ script: String) throws {
    let bench = try Bench()
    try bench.start(Bench.manifest("behaves"), Bench.manifest(script))
    try bench.until("the flood has come") { bench.lines(script).count == 1000 || bench.lines(script).count > 20 }
    var slowest: Int64 = 0
    for n in 0..<50 {
      let begin = BootTime.now
      #expect(try bench.call("behaves", ["n": .integer(Int64(n))]).output == ["n": .integer(Int64(n))])
      #expect(try bench.call(script).output == [:])
      slowest = max(slowest, BootTime.now.milliseconds(since: begin))
    }
    #expect(slowest < 2_000)
    #expect(bench.lines(script).allSatisfy { $0.utf8.count <= LineSplitter.lineBytes })
    #expect(bench.lines(script).count <= 1000)
    try bench.end()
  }
}
