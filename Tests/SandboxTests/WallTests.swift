import Foundation
import Glibc
import JSON
import Testing
import Wire

@Suite(.serialized) struct WallTests {
  @Test(arguments: SandboxBench.Start.allCases)
  func `code sees no process, memory or environment but its own`(start: SandboxBench.Start) throws {
    let bench = try SandboxBench(start)
    let code = """
      import os
      output = {'pids': sorted(int(p) for p in os.listdir('/proc') if p.isdigit()), 'env': sorted(os.environ), 'fds': []}
      for target in ('/proc/1/environ', '/proc/1/mem', '/proc/1/maps', '/proc/%d/mem' % os.getppid()):
          try:
              open(target, 'rb').read(1)
              output[target] = 'read'
          except OSError as error:
              output[target] = error.errno
      for fd in os.listdir('/proc/self/fd'):
          try: output['fds'].append(os.readlink('/proc/self/fd/' + fd).split(':')[0])
          except OSError: pass
      """
    for _ in 0..<2 {
      let answer = try bench.python(code)
      #expect(answer.output?["pids"]?.arrayValue?.count == 2)
      #expect(
        answer.output?["env"] == ["HOME", "LANG", "LC_CTYPE", "PATH", "TMPDIR"]
          || answer.output?["env"] == ["HOME", "LANG", "PATH", "TMPDIR"]
      )
      #expect(answer.output?["/proc/1/environ"] == .integer(Int64(EACCES)))
      #expect(answer.output?["/proc/1/mem"] == .integer(Int64(EACCES)))
      #expect(answer.output?["/proc/1/maps"] == .integer(Int64(EACCES)))
      // Three streams, the request, which ends the process when it closes, and the reply.
      #expect(answer.output?["fds"]?.arrayValue == ["pipe", "pipe", "pipe", "pipe", "pipe"])
      try bench.until("one waits") { bench.descendants().contains { $0.name.hasPrefix("python3") } }
    }
    try bench.end()
  }

  @Test func `a refused system call is named`() throws {
    let bench = try SandboxBench()
    let answer = try bench.python("import socket\nsocket.socket()")
    #expect(answer.reason == "nonzero_exit" || answer.reason == "syscall_denied")
    #expect(answer.denied.contains("socket"))
    #expect(answer.record["error"]?["type"] == "PermissionError")
    try bench.end()
  }

  @Test func `code starts no other process unless its profile says so`() throws {
    let bench = try SandboxBench()
    let code = "import subprocess\noutput = subprocess.run(['/bin/echo', 'hi'], capture_output=True, text=True).stdout"
    #expect(try bench.python(code).reason == "syscall_denied")
    #expect(try bench.python(code, needs: needs { $0.profile = "shell" }).output == "hi\n")
    try bench.end()
  }

  @Test func `only the programs that a call lists can be run`() throws {
    let bench = try SandboxBench()
    let answer = try bench.bash("cat < /dev/null && echo cat; ls; echo $?", needs: needs { $0.programs = ["cat"] })
    #expect(answer.stdout == "cat\n127\n" || answer.stdout == "cat\n126\n")
    #expect(try bench.bash("ls", needs: needs { $0.programs = ["no-such"] }).error?.name == .refused)
    try bench.end()
  }

  @Test func `what cannot be given is refused by name`() throws {
    let bench = try SandboxBench()
    for (need, change) in [
      ("hosts", needs { $0.hosts = (0..<257).map { "h\($0).example.com:443" } }),
      ("profile", needs { $0.profile = "all" }),
      ("grade", needs { $0.grade = "none" }),
    ] {
      let error = try bench.bash("true", needs: change).error
      #expect(error?.name == .refused)
      #expect(error?.data["need"] == .string(need))
    }
    #expect(try bench.bash("true", needs: needs { $0.grade = "full" }).reason == "ok")
    #expect(try bench.bash("true", needs: needs { $0.grade = "old-landlock" }).reason == "ok")
    try bench.end()
  }

  @Test func `variables that a call needs are there`() throws {
    let bench = try SandboxBench()
    let answer = try bench.bash("echo $A", needs: needs { $0.environment = ["A": "b"] })
    #expect(answer.stdout == "b\n")
    try bench.end()
  }

  @Test(arguments: SandboxBench.Start.allCases)
  func `the worker has no network and no network comes into its jails`(start: SandboxBench.Start) throws {
    let bench = try SandboxBench(start)
    let worker = bench.descendants().first { $0.name.hasPrefix("sandbox-work") }?.pid ?? bench.pid
    let table = String(
      decoding: FileManager.default.contents(atPath: "/proc/\(worker)/net/dev") ?? Data(),
      as: UTF8.self
    )
    let names = table.split(separator: "\n").dropFirst(2).compactMap { $0.split(separator: ":").first }
    #expect(names.map { $0.trimmingCharacters(in: .whitespaces) } == ["lo"])
    #expect(try bench.bash("cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' '").stdout == "lo\n")
    try bench.end()
  }

  @Test func `settings that are wrong keep the worker from starting`() throws {
    for settings: JSONObject in [
      ["warm": ["python": 65]], ["wram": [:]], ["languages": ["x": ["command": ["ruby"]]]],
      ["without_walls": ["files"]],
      ["languages": ["x": ["command": ["/nonexistent"]]]],
    ] {
      #expect(throws: SandboxBench.NotStarted.self) { _ = try SandboxBench(settings: settings) }
    }
  }
}
