import Foundation
import Glibc
import JSON
import Testing
import Wire

@Suite(.serialized) struct WarmTests {
  private static func warm(_ count: Int64, idleMS: Int64 = 60_000) -> JSONObject {
    ["warm": ["python": .integer(count), "idle_ms": .integer(idleMS)]]
  }

  private func waiting(_ bench: SandboxBench) -> [Int32] {
    bench.descendants().filter { $0.name.hasPrefix("python3") }.map(\.pid)
  }

  @Test func `nothing of one run is in the next`() throws {
    let bench = try SandboxBench(settings: Self.warm(2))
    let spoil = """
      import builtins, json, os, sys
      builtins.sum = lambda *a: 'spoilt'
      json.dumps = lambda *a, **k: 'spoilt'
      sys.path.insert(0, '/tmp')
      open('/tmp/left', 'w').write('x'); open('/workspace/left', 'w').write('x')
      os.environ['LEFT'] = 'x'
      output = os.getpid()
      """
    let look = """
      import os, sys
      output = [sum([1, 2]), os.path.exists('/tmp/left'), os.path.exists('/workspace/left'), 'LEFT' in os.environ,
                '/tmp' in sys.path, [n for n in dir() if not n.startswith('__')]]
      """
    for _ in 0..<5 {
      #expect(try bench.python(spoil).reason == "ok")
      #expect(try bench.python(look).output == [3, false, false, false, false, ["input", "os", "sys"]])
    }
    try bench.end()
  }

  @Test func `the pool fills after the first use, is refilled, and empties when idle`() throws {
    let bench = try SandboxBench(settings: Self.warm(3, idleMS: 1500))
    #expect(waiting(bench).isEmpty)
    _ = try bench.python("1")
    try bench.until("three wait") { self.waiting(bench).count == 3 }
    let before = Set(waiting(bench))
    _ = try bench.python("1")
    try bench.until("three wait again") { self.waiting(bench).count == 3 && Set(self.waiting(bench)) != before }
    try bench.until("none waits", within: 20) {
      bench.descendants().allSatisfy { !$0.name.hasPrefix("bulkhead-jail") || $0.pid == bench.pid }
        || self.waiting(bench).isEmpty
    }
    #expect(try bench.python("output = 1").output == 1)
    try bench.end()
  }

  @Test func `a run that asks for something else gets a process of its own`() throws {
    let bench = try SandboxBench(settings: Self.warm(1))
    _ = try bench.python("1")
    try bench.until("one waits") { self.waiting(bench).count == 1 }
    let before = waiting(bench)
    #expect(try bench.python("1", limits: limits { $0.memoryBytes = 256 << 20 }).reason == "ok")
    #expect(try bench.python("1", needs: needs { $0.profile = "shell" }).reason == "ok")
    #expect(waiting(bench) == before)
    #expect(try bench.python("1", needs: needs { $0.profile = "compute" }).reason == "ok")
    try bench.until("another waits") { self.waiting(bench).count == 1 && self.waiting(bench) != before }
    try bench.end()
  }

  @Test func `a waiting process that dies is replaced and no call fails`() throws {
    let bench = try SandboxBench(settings: Self.warm(2))
    _ = try bench.python("1")
    try bench.until("two wait") { self.waiting(bench).count == 2 }
    for _ in 0..<3 {
      let killed = Set(waiting(bench))
      for pid in killed { kill(pid, SIGKILL) }
      let answer = try bench.python("output = 1")
      #expect(answer.output == 1, "\(answer.record) \(answer.error?.message ?? "")")
      try bench.until("two others wait") {
        let now = Set(self.waiting(bench))
        return now.count == 2 && now.isDisjoint(with: killed)
      }
    }
    try bench.end()
  }

  @Test func `without a pool every run is cold`() throws {
    let bench = try SandboxBench(settings: Self.warm(0))
    for _ in 0..<2 { #expect(try bench.python("output = 1").output == 1) }
    #expect(waiting(bench).isEmpty)
    try bench.end()
  }

  /// Answers of an interpreter that waited.
  private func warmly(_ bench: SandboxBench, _ code: String) throws -> SandboxBench.Answer {
    try bench.until("one waits") { self.waiting(bench).count == 1 }
    return try bench.python(code)
  }

  @Test(
    arguments: [
      ("output = 1", "ok", 0, nil), ("import sys; output = 1; sys.exit(3)", "nonzero_exit", 3, nil),
      ("import sys; sys.exit('text')", "nonzero_exit", 1, nil), ("1 / 0", "nonzero_exit", 1, nil),
      ("output = {1}", "nonzero_exit", 1, nil), ("import os; os._exit(5)", "nonzero_exit", 5, nil),
      ("import os; os.kill(os.getpid(), 9)", "signal", nil, 9),
      ("import ctypes; ctypes.string_at(0)", "signal", nil, 11),
    ] as [(String, String, Int32?, Int32?)]
  )
  func `a waiting process tells its end as any other`(code: String, reason: String, exit: Int32?, signal: Int32?) throws
  {
    let bench = try SandboxBench(settings: Self.warm(1))
    _ = try bench.python("1")
    let answer = try warmly(bench, code)
    #expect(answer.reason == reason)
    #expect(answer.code == exit.map { Int64($0) })
    #expect(answer.record["exit"]?["signal"]?.integerValue == signal.map { Int64($0) })
    #expect(answer.receipt?.memoryBytes ?? 0 > 1 << 20)
    try bench.end()
  }

  @Test func `what a waiting process wrote is complete although its end is not awaited`() throws {
    let bench = try SandboxBench(settings: Self.warm(1))
    _ = try bench.python("1")
    let printed = try warmly(bench, "import atexit; atexit.register(print, 'end'); print('x' * 100_000); output = 2")
    #expect(printed.stdout?.count == 100_005)
    #expect(printed.stdout?.hasSuffix("x\nend\n") == true)
    #expect(printed.output == 2)
    let written = try warmly(bench, "open('a', 'w').write('b'); output = 3")
    #expect(try bench.bytes(of: try #require(written.artifacts.first)) == Array("b".utf8))
    #expect(written.output == 3)
    let busy = try warmly(bench, "for _ in range(3_000_000): pass")
    #expect(busy.receipt?.cpuMS ?? 0 >= 10)
    #expect(busy.receipt?.cpuMS ?? 0 <= (busy.receipt?.wallMS ?? 0) + 10)
    let denied = try warmly(bench, "import socket\ntry: socket.socket()\nexcept OSError: pass")
    #expect(denied.reason == "ok")
    #expect(denied.denied.contains("socket"))
    try bench.end()
  }

  @Test(arguments: [
    // Says that it is over, and goes on.
    "import os, time; r = b'{\"output\": 1}'; os.write(4, len(r).to_bytes(4, 'big') + r + b'E\\0'); time.sleep(60)",
    "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); output = 1",
  ])
  func `a process that goes on after its last word is ended`(code: String) throws {
    let bench = try SandboxBench(settings: Self.warm(1))
    _ = try bench.python("1")
    // One that shows among the processes may not be ready yet: the call then gets a process of its own, whose end is
    // awaited.
    var answer = try warmly(bench, "output = 0")
    for _ in 0..<5 where answer.output != 1 || answer.reason != "ok" {
      try bench.until("one waits") { self.waiting(bench).count == 1 }
      usleep(300_000)
      answer = try bench.python(code, limits: limits { $0.wallMS = 5000 })
    }
    #expect(answer.output == 1)
    #expect(answer.reason == "ok")
    #expect(answer.receipt?.wallMS ?? 5000 < 5000)
    try bench.until("the next one is alone") {
      let now = self.waiting(bench)
      return now.count == 1 && bench.descendants().filter { $0.name.hasPrefix("bulkhead-jail") }.count <= 3
    }
    try bench.end()
  }

  @Test func `a process that closed its reply and holds its end up is let go`() throws {
    let bench = try SandboxBench(settings: Self.warm(1))
    _ = try bench.python("1")
    let answer = try warmly(bench, "import os; os.close(4); f = open('/tmp/x', 'w'); output = 1; print(f.fileno())")
    #expect(answer.stdout == "4\n")
    #expect(answer.reason == "ok")
    #expect(answer.output == .null)
    try bench.end()
  }
}
