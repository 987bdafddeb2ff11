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
}
