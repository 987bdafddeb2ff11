import Foundation
import Glibc
import JSON
import Testing

@Suite struct ExecTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    var input = ""
    let code: Int32
    var output = ""
    /// Each must be part of what is said on standard error.
    var errors: [String] = []
    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let cases = [
    Case(arguments: ["bash", "echo hello; exit 0"], code: 0, output: "hello\n"),
    Case(arguments: ["bash", "echo out; echo err >&2; exit 7"], code: 7, output: "out\n", errors: ["err\n"]),
    Case(arguments: ["bash", "-"], input: "echo from input", code: 0, output: "from input\n"),
    Case(arguments: ["bash", "cat", "--stdin"], input: "abc", code: 0, output: "abc"),
    Case(arguments: ["bash", "echo $A; pwd", "--env", "A=b=c", "--cwd", "/tmp"], code: 0, output: "b=c\n/tmp\n"),
    Case(arguments: ["bash", "no-such-program"], code: 127, errors: ["command not found"]),
    Case(arguments: ["bash", "kill -SEGV $$"], code: 139, errors: ["ended by signal SIGSEGV"]),
    Case(arguments: ["bash", "sleep 20", "--timeout", "200ms"], code: 124, errors: ["wall_ms", "out of time"]),
    Case(
      arguments: ["bash", "true", "--cwd", "/not/there"],
      code: 125,
      errors: ["its working folder cannot be entered: no such file or directory"]
    ),
    Case(
      arguments: ["bash", "seq 1 50000"],
      code: 0,
      output: (1...50_000).map { "\($0)\n" }.joined()
    ),
    Case(arguments: ["bash", "unshare -n true"], code: 1, errors: ["refused system call 'unshare'"]),
    Case(arguments: ["bash", "true", "--read", "/nothing/here"], code: 126, errors: ["/nothing/here"]),
    Case(
      arguments: ["python", "output = {'total': sum(input['values'])}", "--input", #"{"values":[1,2,3]}"#],
      code: 0,
      output: "{\"total\":6}\n"
    ),
    Case(arguments: ["python", "-"], input: "print('one', end='')\noutput = 2", code: 0, output: "one\n2\n"),
    Case(arguments: ["python", "pass"], code: 0),
    Case(arguments: ["python", "raise SystemExit(3)"], code: 3),
    Case(arguments: ["python", "raise ValueError('why')"], code: 1, errors: ["ValueError: why"]),
    Case(arguments: ["python", "output = object()"], code: 1, errors: ["output"]),
    Case(arguments: ["python", "import os; output = os.environ['A']", "--env", "A=b"], code: 0, output: "\"b\"\n"),
    Case(
      arguments: ["python", "x = bytearray(400 << 20)", "--memory", "64MiB"],
      code: 137,
      errors: ["memory_bytes", "ended at its limit of memory"]
    ),
    Case(arguments: ["cobol", "x"], code: 127, errors: ["language 'cobol' is not one of"]),
  ]

  @Test func `each end of a program has its exit code, and its words are printed once`() throws {
    let program = try Program()
    try program.addWorkers("sandbox")
    let up = try program.up()
    #expect(up.code == 0, "\(up.errors)")
    for item in Self.cases {
      let outcome = try program.run(["exec"] + item.arguments, input: item.input)
      #expect(outcome.code == item.code, "\(item.testDescription): \(outcome.errors)")
      #expect(outcome.output == item.output, "\(item.testDescription)")
      for part in item.errors {
        #expect(outcome.errors.components(separatedBy: part).count == 2, "\(item.testDescription): \(outcome.errors)")
      }
      if item.errors.isEmpty { #expect(outcome.errors == "", "\(item.testDescription)") }
    }
  }

  @Test func `files go in, and what is made comes out`() throws {
    let program = try Program()
    try program.addWorkers("sandbox")
    try program.up()
    let large = String(repeating: "0123456789abcdef", count: 1 << 16)
    try large.write(toFile: program.folder + "/large", atomically: true, encoding: .utf8)
    try Data([0, 255, 254]).write(to: URL(filePath: program.folder + "/binary"))
    let outcome = try program.run([
      "exec", "bash", "wc -c < large; od -An -tx1 b; cat large > copy", "--file", "large", "--file", "binary:b",
      "--output-dir", "made/here",
    ])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output == "1048576\n 00 ff fe\n")
    #expect(outcome.errors == "bulkhead: saved made/here/copy, 1048576 bytes\n")
    #expect(FileManager.default.contents(atPath: program.folder + "/made/here/copy") == Data(large.utf8))
  }

  @Test func `a path is readable or writable when the operator and the call name it`() throws {
    let program = try Program()
    try program.addWorkers("sandbox")
    let data = program.folder + "/data"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    chmod(data, 0o777)
    try "given".write(toFile: data + "/in", atomically: true, encoding: .utf8)
    try #"{"name":"sandbox","command":["sandbox-worker"],"tools":["bash","code_exec"],"concurrency":8,"#
      .appending(#""permissions":{"jails":true,"write":["\#(data)"]},"limits":{"processes":8192,"open_files":8192}}"#)
      .write(toFile: program.folder + "/workers/sandbox/worker.json", atomically: true, encoding: .utf8)
    #expect(try program.up().code == 0)
    let script = "cat \(data)/in; echo made > \(data)/out"
    let written = try program.run(["exec", "bash", script, "--write", "data"])
    #expect(written.code == 0, "\(written.errors)")
    #expect(written.output == "given")
    #expect(FileManager.default.contents(atPath: data + "/out") == Data("made\n".utf8))
    let read = try program.run(["exec", "bash", script, "--read", "data"])
    #expect(read.code == 1)
    #expect(read.output == "given")
    #expect(try program.run(["exec", "bash", script]).output == "")
  }

  @Test func `a lesser jail is one that the operator accepts by name`() throws {
    let program = try Program()
    try program.addWorkers("sandbox")
    let folder = program.folder + "/bulkhead"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    func configure(_ text: String) throws {
      try text.write(toFile: folder + "/bulkhead.yaml", atomically: true, encoding: .utf8)
    }
    // This machine has namespaces, so one that has none is played by giving them up.
    try configure("jail: {loosen: [namespaces]}")
    #expect(try program.up().errors.contains("'jail.loosen' leaves the grade 'no-namespaces'"))
    try configure("jail: {grade: least}")
    #expect(try program.up().errors.contains("'jail.grade' is 'least'"))
    try configure("jail: {grade: no-namespaces, loosen: [namespaces]}")
    let up = try program.up()
    #expect(up.code == 0, "\(up.errors)")
    let outcome = try program.run(["exec", "bash", "echo hi"])
    #expect(outcome.output == "hi\n", "\(outcome.errors)")
    #expect(outcome.errors.contains("ran in a jail of the grade 'no-namespaces'"))
    let refused = try program.run(["exec", "bash", "true", "--grade", "full"])
    #expect(refused.code == 126)
    #expect(refused.errors.contains("jails of this host are 'no-namespaces'"))
    #expect(try program.run(["exec", "bash", "true", "--grade", "none"]).code == 126)
    #expect(try program.run(["workers"]).output.contains("no-namespaces"))
  }

  @Test func `with json the whole record is the output`() throws {
    let program = try Program()
    try program.addWorkers("sandbox")
    try program.up()
    let outcome = try program.run(["exec", "python", "print('hi'); output = [1]", "--json"])
    #expect(outcome.code == 0)
    let record = try outcome.json()
    #expect(record["reason"] == "ok")
    #expect(record["stdout"]?["text"] == "hi\n")
    #expect(record["output"] == [1])
    #expect(record["receipt"]?["memory_bytes"]?.integerValue ?? 0 > 0)
    let failed = try program.run(["exec", "cobol", "x", "--json"])
    #expect(failed.code == 127)
    #expect(try failed.json()["error"]?["name"] == "invalid_input")
  }

  @Test func `output comes while the program runs, and Ctrl-C ends it`() throws {
    let program = try Program()
    try program.addWorkers("sandbox")
    try program.up()
    let began = Date()
    let running = try program.begin(["exec", "bash", "echo begun; sleep 20"])
    try running.waitForOutput()
    running.interrupt()
    let outcome = try running.outcome()
    #expect(outcome.code == 130)
    #expect(outcome.output == "begun\n")
    #expect(Date().timeIntervalSince(began) < 15)
    #expect(try program.run(["status", "--json"]).json()["calls_running"] == 0)
  }
}
