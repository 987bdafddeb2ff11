import Glibc
import Jail
import Testing

struct RunTests {
  @Test func `a run reports exit code, output, error output and what it used`() throws {
    let result = try shell("echo out; echo err >&2; exit 3").run()
    #expect(result.reason == .nonzeroExit)
    #expect(result.exitCode == 3)
    #expect(result.output.text == "out\n")
    #expect(result.errorOutput.text == "err\n")
    #expect(result.receipt.wallMicroseconds > 0)
    #expect(result.receipt.peakMemoryBytes > 1 << 20)
    #expect(result.receipt.writtenBytes >= 8)
    #expect(result.limitsHit.isEmpty)
  }

  @Test func `standard input reaches the program and ends`() throws {
    let input = [UInt8](repeating: UInt8(ascii: "a"), count: 300_000)
    let result = try shell("wc -c").run(input: input)
    #expect(result.output.text == "300000\n")
  }

  @Test func `a program that ignores its input does not end us`() throws {
    let result = try shell("exec <&-; sleep 0.1").run(input: [UInt8](repeating: 0, count: 1 << 20))
    #expect(result.reason == .ok)
  }

  @Test func `a signal is reported as one`() throws {
    let result = try shell("kill -SEGV $$").run()
    #expect(result.reason == .signal)
    #expect(result.signal == SIGSEGV)
  }

  @Test func `a program that is missing fails at exec`() throws {
    var policy = shell("")
    policy.program = "/usr/bin/no-such-program"
    let result = try policy.run()
    #expect(result.reason == .setupFailed)
    #expect(result.setupFailure?.stage == "exec")
    #expect(result.setupFailure?.errno == ENOENT)
  }

  @Test(.enabled(if: geteuid() == 0, "not testable here: root"))
  func `a path that the jail's user may not see is named by the stage that needs it`() throws {
    let folder = "/var/tmp/bulkhead-hidden-\(UInt32.random(in: 0 ... .max))"
    mkdir(folder, 0o700)
    mkdir(folder + "/inner", 0o755)
    defer {
      rmdir(folder + "/inner")
      rmdir(folder)
    }
    let result = try shell("true") { $0.view.readable = [folder + "/inner"] }.run()
    #expect(result.reason == .setupFailed)
    #expect(result.setupFailure?.stage == "sources")
    #expect(result.setupFailure?.errno == EACCES)
    #expect(result.setupFailure?.path == folder + "/inner")
  }

  @Test func `a grandchild in a session of its own neither outlives nor delays the run`() throws {
    let start = ContinuousClock.now
    let result = try shell("(setsid sleep 30 &) ; echo done").run()
    #expect(result.reason == .ok)
    #expect(result.output.text == "done\n")
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test func `a cancelled run ends with what it had said`() throws {
    let run = try JailRun(shell("echo begun; sleep 30").prepare())
    run.onOutput = { [weak run] _, _ in run?.cancel() }
    let result = try run.run()
    #expect(result.reason == .cancelled)
    #expect(result.output.text == "begun\n")
  }

  @Test func `the output limit ends a run with the output up to it`() throws {
    let result = try shell("yes") { $0.limits.outputBytes = 5000 }.run()
    #expect(result.reason == .outputLimit)
    #expect(result.output.bytes.count == 5000)
    #expect(result.output.isTruncated)
    #expect(!result.errorOutput.isTruncated)
  }

  @Test func `a wall limit keeps the partial output`() throws {
    let result = try shell("echo partial; sleep 30") { $0.limits.wallMilliseconds = 300 }.run()
    #expect(result.reason == .timeout)
    #expect(result.output.text == "partial\n")
    #expect(result.receipt.wallMicroseconds >= 300_000)
  }

  @Test func `a fork bomb is held and reported`() throws {
    // Held every time. Reported by sampling, which a busy machine may cheat of its one look: so over several runs.
    var reported: Set<JailLimitHit> = []
    for _ in 0..<5 where !reported.isSuperset(of: [.processes, .wall]) {
      let result = try shell("bomb() { bomb | bomb & }; bomb; sleep 30") {
        $0.limits.wallMilliseconds = 700
        $0.limits.processes = 24
      }.run()
      #expect(result.reason == .timeout)
      reported = result.limitsHit
    }
    #expect(reported.isSuperset(of: [.processes, .wall]))
  }

  @Test func `the processor time of reaped children counts`() throws {
    let probe = builtPrograms + "/jail-probe"
    let result = try shell("for i in 1 2 3 4 5 6 7 8 9; do \(probe) spin 1 0.2; done") {
      $0.limits.cpuMilliseconds = 600
      $0.view.programs = [probe]
    }.run()
    #expect(result.reason == .cpuLimit)
    #expect(result.limitsHit.contains(.cpu))
    #expect(result.receipt.userMicroseconds + result.receipt.systemMicroseconds > 500_000)
  }

  @Test(arguments: [1, 4])
  func `memory passes its limit by no more than can be touched in a few looks`(processes: Int) throws {
    _ = builtPrograms
    let probe = builtPrograms + "/jail-probe"
    var policy = shell("") { $0.limits.memoryBytes = 64 << 20 }
    policy.program = probe
    policy.arguments = ["jail-probe", "hog", "2000000000", "\(processes)"]
    policy.view.programs = [probe]
    let result = try policy.run()
    #expect(result.reason == .memoryLimit)
    let bytes = try #require(result.artifacts.first?.contents)
    let touched = bytes.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) } * 4096
    // What was being touched when it was ended is not in the count yet.
    #expect(touched > 48 << 20, "the control: it did get there")
    // A tenth of a second of a fast processor; a watchdog that does not look lets 2 GB through.
    #expect(touched < 600 << 20, "\(touched >> 20) MiB")
  }

  @Test func `denials are named, counted and bounded`() throws {
    let result = try shell("for i in 1 2 3; do unshare -U true; done; exit 1").run()
    let denial = try #require(result.denials.first { $0.name == "unshare" })
    #expect(denial.count == 3)
    #expect(denial.errno == EPERM)
    #expect(result.reason == .syscallDenied)
  }

  @Test func `a flood of refused calls is slowed down and ends at the wall limit`() throws {
    var policy = shell("")
    policy.program = "/usr/bin/python3"
    policy.arguments = [
      "python3", "-c", "import os\nwhile True:\n try: os.unshare(0)\n except Exception: os.access('/',0)\n",
    ]
    policy.arguments[2] = "import ctypes\nlibc = ctypes.CDLL(None)\nwhile True: libc.unshare(0x10000000)"
    policy.limits.wallMilliseconds = 1500
    let result = try policy.run()
    #expect(result.reason == .timeout)
    let denial = try #require(result.denials.first { $0.name == "unshare" })
    #expect((512...4000).contains(denial.count))
  }

  @Test func `Python computes what the caller asked`() throws {
    var policy = shell("")
    policy.program = "/usr/bin/python3"
    policy.arguments = ["python3", "-I", "-c", "import sys, json; print(sum(json.load(sys.stdin)['values']))"]
    policy.profile = .compute
    let result = try policy.run(input: Array(#"{"values": [1, 2, 39]}"#.utf8))
    #expect(result.output.text == "42\n")
    #expect(result.reason == .ok, "\(result.errorOutput.text)")
  }

  @Test func `the compute profile has threads and no processes`() throws {
    var policy = shell("")
    policy.program = "/usr/bin/python3"
    policy.profile = .compute
    policy.arguments = [
      "python3", "-c", "import threading; t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()",
    ]
    #expect(try policy.run().output.text == "thread\n")
    policy.arguments = ["python3", "-c", "import os; os.fork()"]
    let result = try policy.run()
    #expect(result.reason == .syscallDenied)
    #expect(result.errorOutput.text.contains("Operation not permitted"))
  }

  @Test func `node runs`() throws {
    var policy = shell("")
    policy.program = "/usr/bin/node"
    policy.arguments = ["node", "-e", "console.log([1, 2, 3].reduce((a, b) => a + b))"]
    policy.limits.memoryBytes = 1 << 30
    let result = try policy.run()
    #expect(result.output.text == "6\n", "\(result.reason) \(result.errorOutput.text) \(result.denials.map(\.name))")
  }
}
