import Foundation
import Glibc
import JSON
import Testing
import Wire

/// Programs that are made to break kernels, in jails that are to hold them: every stressor of a class of stress-ng at
/// once, and trinity, which makes random system calls. Whatever they meet, the worker goes on and nothing is left.
@Suite(.serialized) struct HostileLoadTests {
  private static let isFull = ProcessInfo.processInfo.environment["BULKHEAD_TEST_TIER"] == "full"

  struct Load: Sendable, CustomTestStringConvertible {
    let name: String
    let command: String
    let seconds: Int64
    var testDescription: String { name }
  }

  static let loads = ["cpu", "vm", "filesystem", "os", "scheduler", "pipe", "interrupt"].map(stressors) + [trinity]

  private static func stressors(of name: String) -> Load {
    let seconds: Int64 = isFull ? 60 : 2
    // One stressor insists on a semaphore at its start and ends all the others without.
    return Load(
      name: "stress-ng \(name)",
      command: "stress-ng --class \(name) --all 1 --exclude sem-sysv --timeout \(seconds)s --temp-path /workspace",
      seconds: seconds + 3
    )
  }

  /// Without the descriptors that are refused at once: it would try for them until the time is over.
  private static var trinity: Load {
    Load(
      name: "trinity",
      command: "mkdir victims; touch victims/a; trinity -q -C 8 -l off -a64 -V $PWD/victims --disable-fds=perf,sockets",
      seconds: isFull ? 600 : 4
    )
  }

  @Test(arguments: loads)
  func `hostile load neither harms the worker nor outlives its run`(_ load: Load) throws {
    let bench = try SandboxBench(settings: ["warm": ["python": 0]])
    #expect(try bench.bash("echo before").stdout == "before\n")
    let pid = bench.pid
    let before = try bench.settledFootprint()
    let memory = bench.memory
    let answer = try bench.bash(
      load.command,
      limits: limits {
        $0.wallMS = load.seconds * 1000
        $0.cpuMS = 3_600_000
        $0.memoryBytes = 384 << 20
        $0.processes = 96
      }
    )
    #expect(answer.error == nil, "\(answer.error?.message ?? "")")
    // It got as far as its work: the processor was busy, and refused calls were named.
    #expect(answer.reason != "setup_failed")
    #expect(answer.code != 127, "\(answer.stderr ?? "")")
    #expect((answer.receipt?.cpuMS ?? 0) > 200, "\(answer.reason ?? "") \(answer.stderr ?? "")")
    #expect(!answer.denied.isEmpty)
    #expect((answer.receipt?.wallMS ?? .max) < load.seconds * 1000 + 2_000)

    #expect(bench.pid == pid, "the worker is the same process as before")
    #expect(try bench.bash("echo after").stdout == "after\n")
    #expect(try bench.settledFootprint() == before)
    #expect(bench.memory < memory + (16 << 20), "\(memory) bytes before, \(bench.memory) after")
    try bench.end()
  }
}
