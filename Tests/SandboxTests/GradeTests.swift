import Glibc
import JSON
import Jail
import Supervision
import Testing
import Wire

/// The sandbox on a host that cannot build a whole jail, where the operator has accepted that by name.
@Suite(.serialized) struct GradeTests {
  @Test func `without namespaces runs are served, and say so`() throws {
    let bench = try SandboxBench(grade: .noNamespaces)
    let bash = try bench.bash("echo hi; pwd")
    #expect(bash.stdout == "hi\n/\n", "\(bash.error?.message ?? bash.stderr ?? "")")
    #expect(bash.reason == "ok")
    #expect(bash.record["grade"] == "no-namespaces")
    let python = try bench.python("output = sum(input)", [1, 2, 39])
    #expect(python.output == 42, "\(python.error?.message ?? python.stderr ?? "")")
    #expect(python.record["grade"] == "no-namespaces")
    #expect(python.receipt?.wallMS != nil)
    #expect(bench.supervisor.kinds["sandbox"]?.walls?.grade == "no-namespaces")
    try bench.end()
  }

  @Test func `without namespaces files, processes and the network are still out of reach`() throws {
    let bench = try SandboxBench(grade: .noNamespaces)
    for path in ["/etc/hostname", "/proc/self/environ", "/proc/1/cmdline", "\(SandboxBench.folder)/worker.json"] {
      let answer = try bench.bash("cat \(path)")
      #expect(answer.code == 1)
      #expect(answer.stderr?.contains("Permission denied") == true, "\(path): \(answer.stderr ?? "")")
    }
    #expect(try bench.bash("kill -0 \(bench.pid)").stderr?.contains("not permitted") == true)
    #expect(try bench.bash("kill -9 -1; echo $?").reason != "worker_lost")
    #expect(try bench.bash("echo x > /tmp/left").stderr?.contains("Permission denied") == true)
    #expect(try bench.bash("true").reason == "ok", "the worker is there")
    let socket = try bench.python("import socket\nsocket.socket()")
    #expect(socket.denied == ["socket"])
    let bomb = try bench.bash("for i in {1..40}; do sleep 20 & done; wait", limits: limits { $0.processes = 16 })
    #expect(bomb.reason == "process_limit")
    #expect(bomb.limits == ["processes"])
    let greedy = try bench.python("x = bytearray(200 << 20)", limits: limits { $0.memoryBytes = 64 << 20 })
    #expect(greedy.reason == "memory_limit")
    #expect(try bench.bash("sleep 20", limits: limits { $0.wallMS = 300 }).reason == "timeout")
    try bench.end()
  }

  @Test func `a call can demand more than the operator accepts`() throws {
    let bench = try SandboxBench(grade: .noNamespaces)
    for grade in ["full", "old-landlock"] {
      let error = try bench.bash("true", needs: needs { $0.grade = grade }).error
      #expect(error?.name == .refused)
      #expect(error?.data["need"] == "grade")
      #expect(error?.data["grade"] == "no-namespaces")
    }
    #expect(try bench.bash("true", needs: needs { $0.grade = "no-namespaces" }).reason == "ok")
    let files: JSON = ["command": "cat a", "files": [["path": "a", "text": "b"]]]
    #expect(try bench.call("bash", files).error?.data["need"] == "grade")
    try bench.end()
  }

  @Test func `a call that would accept less gets the whole jail where there is one`() throws {
    let bench = try SandboxBench()
    let answer = try bench.bash("echo $HOME", needs: needs { $0.grade = "no-namespaces" })
    #expect(answer.stdout == "/workspace\n")
    #expect(answer.record["grade"] == "full")
    try bench.end()
  }

  @Test func `with an old Landlock nothing else is missing`() throws {
    let bench = try SandboxBench(grade: .oldLandlock)
    #expect(try bench.python("output = 1").output == 1)
    #expect(try bench.bash("echo x > a; cat a").stdout == "x\n")
    #expect(try bench.bash("true", needs: needs { $0.grade = "full" }).error?.name == .refused)
    try bench.end()
  }
}
