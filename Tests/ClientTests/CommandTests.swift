import Foundation
import Glibc
import JSON
import Testing

@Suite struct CommandTests {
  @Test func `up waits for the workers, and down ends what it started`() throws {
    let program = try Program()
    try program.addWorkers("examples/python", "examples/swift")
    let up = try program.up(["--json"])
    #expect(up.code == 0, "\(up.errors)")
    let document = try up.json()
    #expect(document["started"] == true)
    #expect(document["ready"] == ["example-python", "example-swift"])
    #expect(document["failed"] == [])
    let again = try program.up()
    #expect(again.code == 0)
    #expect(again.output.hasPrefix("coordinator already runs (pid "))
    #expect(again.output.hasSuffix("workers ready: example-python, example-swift\n"))
    let down = try program.run(["down", "--json"])
    #expect(down.code == 0)
    #expect(try down.json()["stopped"] == true)
    #expect(try down.json()["pid"] == document["pid"])
    #expect(try program.run(["down"]).output == "no coordinator is running\n")
    #expect(try program.run(["status"]).code == 69)
  }

  @Test func `up says which worker is not ready and why`() throws {
    let program = try Program()
    try program.addWorkers("examples/python")
    try program.addSin("exits-at-once")
    let broken = try program.addSin("hangs-idle")
    try FileManager.default.moveItem(atPath: broken, toPath: program.folder + "/workers/broken")
    try "{}".write(toFile: program.folder + "/workers/broken/worker.json", atomically: true, encoding: .utf8)
    let up = try program.up()
    #expect(up.code == 1)
    #expect(up.output.hasSuffix("workers ready: example-python\n"))
    #expect(up.errors.contains("worker 'exits-at-once' is not ready: "))
    #expect(up.errors.contains("bulkhead: workers: "))
    #expect(up.errors.contains("workers/broken"))
    let workers = try program.run(["workers"])
    #expect(workers.output.contains("exits-at-once"))
    #expect(try program.run(["tool", "call", "upper", #"{"text":"a"}"#]).output == "{\n  \"text\": \"A\"\n}\n")
  }

  @Test func `a configuration that is wrong is shown by up`() throws {
    let program = try Program()
    try "loog: {}\n".write(toFile: program.folder + "/bad.yaml", atomically: true, encoding: .utf8)
    let up = try program.up(["--config", "bad.yaml"])
    #expect(up.code == 1)
    #expect(up.errors.contains("before it was ready"))
    #expect(up.errors.contains("loog"))
  }

  @Test func `what runs is listed as text and as JSON`() throws {
    let program = try Program()
    try program.addWorkers("examples/python", "examples/swift")
    try program.up()
    let status = try program.run(["status", "--json"]).json()
    #expect(status["state"] == "running")
    #expect(status["workers_ready"] == 2)
    #expect(try program.run(["status"]).output.contains("workers   2 of 2 ready\n"))
    let tables = try program.run(["workers"]).output.components(separatedBy: "\n\n").map {
      $0.split(separator: "\n").map { $0.split(separator: " ") }
    }
    let names = ["WORKER", "example-python", "example-swift"]
    #expect(tables.map { $0.map { $0[0] } } == [names.map { $0[...] }, names.map { $0[...] }])
    #expect(tables.first?.dropFirst().allSatisfy { $0[2] == "ready" } == true)
    #expect(
      tables.last?.dropFirst().map { $0.dropFirst().joined(separator: " ") }
        == ["full worker none watchdog landlock 0 0", "full worker none watchdog landlock+seccomp 0 0"]
    )
    let workers = try program.run(["workers", "--json"]).json()
    #expect(workers["workers"]?.arrayValue?.map { $0["kind"] } == ["example-python", "example-swift"])
    let tools = try program.run(["tools"]).output.split(separator: "\n").map { $0.prefix { $0 != " " } }
    #expect(tools == ["TOOL", "count_words", "echo", "upper"])
    let one = try program.run(["tools", "upper", "--json"]).json()
    #expect(one["tools"]?.arrayValue?.first?["worker"] == "example-python")
    #expect(try program.run(["tools", "uper"]).code == 1)
    #expect(try program.run(["logs", "--json"]).json()["lines"]?.arrayValue != nil)
    #expect(try program.run(["logs", "nobody"]).errors.contains("'nobody'"))
  }

  @Test func `a tool is called with an operand or with standard input`() throws {
    let program = try Program()
    try program.addWorkers("examples/python", "examples/swift")
    try program.up()
    let call = try program.run(["tool", "call", "upper", "-", "--json"], input: #"{"text":"abc"}"#)
    #expect(try call.json()["output"] == ["text": "ABC"])
    let wrong = try program.run(["tool", "call", "upper", #"{"text":1}"#])
    #expect(wrong.code == 1)
    #expect(wrong.errors.contains("/text"))
    let unknown = try program.run(["tool", "call", "uper", "{}", "--json"])
    #expect(unknown.code == 1)
    #expect(try unknown.json()["error"]?["name"] == "unknown_tool")
  }

  @Test func `a reload finds what was added, and says what cannot be used`() throws {
    let program = try Program()
    try program.addWorkers("examples/python")
    try program.up()
    #expect(try program.run(["workers", "reload"]).output == "nothing changed\n")
    try program.addWorkers("examples/swift")
    #expect(try program.run(["workers", "reload", "--json"]).json()["added"] == ["example-swift"])
    try "{".write(toFile: program.folder + "/workers/examples-swift/worker.json", atomically: true, encoding: .utf8)
    let broken = try program.run(["workers", "reload"])
    #expect(broken.code == 1)
    #expect(broken.errors.contains("1 manifest cannot be used"))
  }

  @Test func `the doctor grades the machine and knows the workers`() throws {
    let program = try Program()
    let before = try program.run(["doctor", "--json"])
    let grade = try #require(try before.json()["grade"]?.stringValue)
    #expect(["full", "old-landlock", "no-namespaces", "none"].contains(grade))
    #expect(before.code == (["full", "old-landlock"].contains(grade) ? 0 : 1), "\(before.output)")
    try program.addWorkers("examples/python")
    try program.up()
    let lines = try program.run(["doctor"]).output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("ok    worker example-python  ") && $0.contains("1 of 1 ready") })
    #expect(lines.contains { $0.contains("grade") && $0.hasSuffix(grade) })
  }

  @Test func `the check finds no fault with an example`() throws {
    let program = try Program()
    let check = try program.run(["worker", "check", Program.package + "/Workers/examples/python", "--json"])
    #expect(check.code == 0)
    let report = try check.json()
    #expect(report["conforms"] == true)
    let rules = try #require(report["rules"]?.arrayValue)
    #expect(rules.count >= 15)
    #expect(rules.filter { $0["result"] == "fail" } == [])
  }

  @Test(arguments: ["exits-at-once", "invalid-json", "prints-between-frames", "second-reply"])
  func `the check finds the fault of a worker`(_ sin: String) throws {
    let program = try Program()
    let check = try program.run(["worker", "check", program.addSin(sin), "--timeout", "1s", "--json"])
    #expect(check.code == 1, "\(check.output)")
    #expect(try check.json()["conforms"] == false)
    #expect(try check.json()["rules"]?.arrayValue?.contains { $0["result"] == "fail" } == true)
  }
}
