import Glibc
import JSON
import Supervision
import Testing
import Wire

@testable import Coordinator

@Suite(.serialized) struct BashTests {
  @Test(arguments: SandboxBench.Start.allCases)
  func `a command has its input, variables, folder and code`(start: SandboxBench.Start) throws {
    let bench = try SandboxBench(start)
    let answer = try bench.call(
      "bash",
      [
        "command": "cat; echo $NAME in $PWD; echo oops >&2; exit 3", "stdin": "héllo\n", "env": ["NAME": "a b"],
        "cwd": "d",
        "files": [["path": "d/x", "text": ""]],
      ]
    )
    #expect(answer.reason == "nonzero_exit")
    #expect(answer.code == 3)
    #expect(answer.stdout == "héllo\na b in /workspace/d\n")
    #expect(answer.stderr == "oops\n")
    let signal = try bench.bash("kill -TERM $$")
    #expect(signal.reason == "signal")
    #expect(signal.record["exit"] == ["signal": 15, "name": "SIGTERM"])
    try bench.end()
  }

  @Test func `output comes while the command runs and is whole characters`() throws {
    let bench = try SandboxBench()
    let answer = bench.begin("bash", ["command": "printf 'one\\xc3'; sleep 0.2; printf '\\xa9two'; sleep 30"])
    try bench.until("half of it came") { answer.progress.map(\.text).joined() == "oneétwo" }
    #expect(answer.result == nil)
    #expect(answer.progress.allSatisfy { $0.kind == .stdout })
    answer.invocation?.cancel(.caller)
    try bench.until("it is answered", within: 5) { answer.result != nil }
    #expect(answer.error?.name == .cancelled)
    try bench.end()
  }

  @Test func `a cancelled call ends its processes and tells what they had written`() throws {
    let bench = try SandboxBench()
    let answer = bench.begin("bash", ["command": "echo here; (setsid sleep 1000 &); sleep 1000"])
    try bench.until("it runs") { !answer.progress.isEmpty }
    #expect(bench.descendants().contains { $0.name == "sleep" })
    answer.invocation?.cancel(.caller)
    try bench.until("it is answered", within: 5) { answer.result != nil }
    #expect(answer.error?.name == .cancelled)
    try bench.until("nothing is left") { !bench.descendants().contains { $0.name == "sleep" } }
    try bench.end()
  }

  @Test func `bytes that are no UTF-8 become replacement characters`() throws {
    let bench = try SandboxBench()
    let answer = try bench.bash("printf 'a\\xff\\xfe\\x00b'")
    #expect(answer.stdout == "a\u{FFFD}\u{FFFD}\u{0}b")
    try bench.end()
  }

  @Test func `needs and limits inside the input are refused`() throws {
    let bench = try SandboxBench()
    for member in ["needs", "limits"] {
      let error = try bench.call("bash", ["command": "true", member.description: [:]]).error
      #expect(error?.name == .invalidInput)
    }
    try bench.end()
  }

  @Test func `a command that is too long or holds a NUL is refused`() throws {
    let bench = try SandboxBench()
    #expect(try bench.bash(String(repeating: "é", count: 70_000)).error?.name == .invalidInput)
    #expect(try bench.bash("a\u{0}b").error?.name == .invalidInput)
    #expect(try bench.bash(": " + String(repeating: "a", count: 131_069)).reason == "ok")
    try bench.end()
  }

  @Test func `a working folder that is not there fails the set-up with its stage`() throws {
    let bench = try SandboxBench()
    let answer = try bench.call("bash", ["command": "true", "cwd": "nowhere"])
    #expect(answer.reason == "setup_failed")
    #expect(
      answer.record["setup"]
        == ["stage": "working_folder", "errno": .integer(Int64(ENOENT)), "path": "/workspace/nowhere"]
    )
    try bench.end()
  }
}
