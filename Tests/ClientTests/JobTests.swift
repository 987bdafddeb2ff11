import Foundation
import Glibc
import JSON
import Testing

/// Plans that the tests run.
enum Plans {
  static let report = #"""
    {"description": "a report", "steps": [
      {"id": "shout", "tool": "upper", "input": {"text": "to be or not"}},
      {"id": "count", "tool": "count_words", "input": {"text": "step:shout#/text"}},
      {"id": "each", "tool": "echo", "for_each": {"in": ["a", "b", "c"]}, "input": {"item": "item:value"}}],
     "final_synthesis": {"prompt_template": "{{step:count#/words}} words"}}
    """#

  /// Runs a command in the sandbox after `before`.
  static func bash(_ command: String, id: String = "work", more: String = "") -> String {
    let text = JSON.string(command).description
    return #"{"steps": [{"id": "\#(id)", "tool": "bash", "input": {"command": \#(text)}}\#(more)]}"#
  }
}

@Suite struct JobTests {
  private func started(_ workers: String...) throws -> Program {
    let program = try Program()
    for worker in workers { try program.addWorkers(worker) }
    let up = try program.up()
    #expect(up.code == 0, "\(up.errors)")
    try program.write("report.json", Plans.report)
    return program
  }

  @Test func `a plan runs, its events are told and its synthesis is printed`() throws {
    let program = try started("examples/python", "examples/swift")
    let run = try program.run(["run", "--plan", "report.json", "--id", "r1"])
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.output == "4 words\n")
    let lines = run.errors.split(separator: "\n")
    #expect(lines.first?.hasSuffix("job                   accepted") == true)
    #expect(lines.last?.hasSuffix("job                   succeeded") == true)
    #expect(lines.contains { $0.contains("each[2]") && $0.hasSuffix("succeeded") })
    #expect(lines.contains { $0.contains("shout") && $0.hasSuffix("started on 'example-python'") })
    // The same again is the same job; watching shows it again.
    let again = try program.run(["run", "--plan", "-", "--id", "r1", "-q"], input: Plans.report)
    #expect(again.code == 0)
    #expect(again.output == "4 words\n")
    #expect(again.errors == "")
    let watch = try program.run(["watch", "r1"])
    #expect(watch.output == run.output)
    #expect(watch.errors == run.errors)
    let other = try program.run(
      ["run", "--plan", "-", "--id", "r1"],
      input: #"{"steps":[{"id":"a","tool":"echo","input":{}}]}"#
    )
    #expect(other.code == 1)
    #expect(other.errors.contains("other content"))
    #expect(try program.run(["jobs", "--json"]).json()["jobs"]?.arrayValue?.count == 1)
  }

  @Test func `with json each event is a document, and the last one is the result`() throws {
    let program = try started("examples/python", "examples/swift")
    let run = try program.run(["run", "--plan", "report.json", "--json"])
    #expect(run.code == 0)
    #expect(run.errors == "")
    let documents = try run.output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
    let numbered = documents.dropLast().compactMap { $0["number"]?.integerValue }.filter { $0 > 0 }
    #expect(numbered == Array(1...Int64(numbered.count)))
    #expect(documents.first?["kind"] == "job.accepted")
    #expect(documents.dropLast().last?["kind"] == "job.succeeded")
    #expect(documents.last?["job"]?["state"] == "succeeded")
    #expect(documents.last?["result"]?["synthesis"] == "4 words")
    #expect(documents.last?["result"]?["outputs"]?["each"]?.arrayValue?.count == 3)
  }

  @Test func `a command that fails fails its step, which is tried again`() throws {
    let program = try started("sandbox")
    let retried = Plans.bash("exit 3").replacing(
      #""tool""#,
      with: #""retry": {"max_attempts": 2, "backoff_ms": 1}, "tool""#
    )
    let run = try program.run(["run", "--plan", "-", "--id", "f1"], input: retried)
    #expect(run.code == 1)
    #expect(run.errors.contains("it exited with code 3"), "\(run.errors)")
    let step = try program.run(["show", "f1", "--json"]).json()["steps"]?[0]
    #expect(step?["state"] == "failed" && step?["attempt"] == 2)
    #expect(step?["error"]?["data"]?["output"]?["exit"]?["code"] == 3)
  }

  @Test func `a file is given to a plan where it asks for it`() throws {
    let program = try started("examples/swift")
    try program.write("hello.txt", "hello")
    let plan = #"{"steps":[{"id":"a","tool":"echo","input":{"it":"file:text","list":["file:text", "file:other"]}}]}"#
    let run = try program.run(["run", "--plan", "-", "--file", "text=hello.txt"], input: plan)
    #expect(run.code == 0, "\(run.errors)")
    let output = try run.json()["a"]
    let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    #expect(output?["it"]?["artifact"] == .string(digest) && output?["it"]?["name"] == "hello.txt")
    #expect(output?["list"]?[0] == output?["it"] && output?["list"]?[1] == "file:other")
    for (argument, what) in [("no=hello.txt", "nowhere in it"), ("text=none", "no file"), ("text", "no file")] {
      let refused = try program.run(["run", "--plan", "-", "--file", argument], input: plan)
      #expect(refused.code != 0 && refused.errors.contains(what), "\(refused.errors)")
    }
  }

  @Test func `a plan with mistakes lists them all and starts nothing`() throws {
    let program = try started("examples/python")
    let plan = #"""
      {"steps": [{"id": "a", "tool": "uper", "input": {}}, {"id": "b", "tool": "upper", "input": {"text": 5}}]}
      """#
    for arguments in [["run", "--plan", "-"], ["plan", "check", "-"]] {
      let run = try program.run(arguments, input: plan)
      #expect(run.code == 1)
      #expect(run.output == "")
      #expect(run.errors.contains("plan '-' has 2 mistakes\n  /steps/0/tool: "), "\(run.errors)")
      #expect(run.errors.contains("\n  /steps/1/input/text: "), "\(run.errors)")
    }
    let json = try program.run(["run", "--plan", "-", "--json"], input: plan)
    #expect(json.code == 1)
    #expect(try json.json()["error"]?["data"]?["mistakes"]?.arrayValue?.count == 2)
    #expect(try program.run(["plan", "check", "-", "--json"], input: plan).json()["mistakes"]?.arrayValue?.count == 2)
    #expect(try program.run(["plan", "check", "-", "--offline"], input: plan).code == 0)
    #expect(try program.run(["jobs"]).output == "no jobs; 'bulkhead run --plan FILE' starts one\n")
  }

  @Test func `a detached job prints its id, and the lists show it`() throws {
    let program = try started("examples/python", "examples/swift")
    let run = try program.run(["run", "--plan", "report.json", "-d", "--priority", "9", "--deadline", "2h"])
    #expect(run.code == 0)
    let id = run.output.trimmingCharacters(in: .newlines)
    #expect(!id.isEmpty && !id.contains(" "))
    #expect(try program.run(["watch", id, "-q"]).output == "4 words\n")
    let show = try program.run(["show", id])
    for part in ["state      succeeded", "priority   9", "deadline", "3 of 3", "result\n4 words"] {
      #expect(show.output.contains(part), "\(part) in \(show.output)")
    }
    let step = try program.run(["show", id, "--step", "each"])
    #expect(step.output.contains("each[2]"))
    #expect(try program.run(["show", id, "--step", "eahc"]).errors.contains("no step 'eahc'"))
    let document = try program.run(["show", id, "--json"]).json()
    #expect(document["job"]?["id"] == .string(id))
    #expect(document["spec"]?["description"] == "a report")
    _ = try program.run(["tool", "call", "upper", #"{"text":"a"}"#])
    #expect(try program.run(["jobs"]).output.split(separator: "\n").count == 2)
    #expect(try program.run(["jobs", "--calls"]).output.split(separator: "\n").count == 3)
    #expect(try program.run(["jobs", "--state", "running"]).output == "no such jobs\n")
    #expect(try program.run(["jobs", "--state", "dreaming"]).code == 64)
    let trace = try program.run(["trace", id])
    #expect(trace.output.hasPrefix("\(id)  succeeded  "))
    #expect(trace.output.contains("█"))
    let spans = try program.run(["trace", id, "--json"]).json()["spans"]?.arrayValue
    #expect(spans?.count == 6)
  }

  @Test func `more jobs than are listed are announced, and all can be had`() throws {
    let program = try started("examples/swift")
    let plan = #"{"steps":[{"id":"a","tool":"echo","input":{}}]}"#
    for number in 1...7 {
      try #require(program.run(["run", "-d", "--id", "j\(number)", "--plan", "-"], input: plan).code == 0)
    }
    let some = try program.run(["jobs", "-n", "5"])
    #expect(
      some.output.split(separator: "\n").map { $0.prefix { $0 != " " } } == ["JOB", "j7", "j6", "j5", "j4", "j3"]
    )
    #expect(some.errors.contains("--all"))
    let all = try program.run(["jobs", "-a"])
    #expect(all.output.split(separator: "\n").count == 8)
    #expect(all.errors == "")
    let exact = try program.run(["jobs", "-n", "7"])
    #expect(exact.errors == "")
  }

  @Test func `a job that fails says where and why, and a retry runs the rest`() throws {
    let program = try started("sandbox", "examples/swift")
    let plan = #"""
      {"steps": [
        {"id": "first", "tool": "echo", "input": {"n": 1}},
        {"id": "second", "tool": "code_exec", "depends_on": ["first"], "input": {"code": "raise SystemExit(3)", "language": "cobol"}}]}
      """#
    let run = try program.run(["run", "--plan", "-", "--id", "f1"], input: plan)
    #expect(run.code == 1)
    #expect(run.output == "")
    #expect(run.errors.contains("bulkhead: job 'f1' failed at step 'second': "), "\(run.errors)")
    #expect(run.errors.contains("hint: 'bulkhead show f1'"))
    let again = try program.run(["retry", "f1"])
    #expect(again.code == 0)
    #expect(again.output.contains("generation 2"))
    let watch = try program.run(["watch", "f1"])
    #expect(watch.code == 1)
    #expect(watch.errors.contains("to run again, generation 2"))
    // What had succeeded was not repeated.
    #expect(watch.errors.components(separatedBy: "first                 started").count == 2)
    #expect(watch.errors.components(separatedBy: "second                started").count == 3)
    #expect(try program.run(["retry", "f1", "--from", "frist"]).errors.contains("did you mean 'first'?"))
    let fork = try program.run(["fork", "f1", "--from", "second", "--input", #"{"code":"output = 5"}"#, "--id", "f2"])
    #expect(fork.code == 0, "\(fork.errors)")
    #expect(fork.output == "f2\n")
    #expect(try program.run(["watch", "f2"]).code == 0)
  }

  @Test func `an unknown job names the nearest one`() throws {
    let program = try started("examples/swift")
    let plan = #"{"steps":[{"id":"a","tool":"echo","input":{}}]}"#
    _ = try program.run(["run", "--plan", "-", "--id", "nightly-7", "-q"], input: plan)
    for command in ["show", "watch", "trace", "cancel", "pause", "resume", "retry"] {
      let outcome = try program.run([command, "nigthly-7"])
      #expect(outcome.code == 1, "\(command)")
      #expect(
        outcome.errors.contains("there is no job 'nigthly-7'\nhint: did you mean 'nightly-7'?"),
        "\(outcome.errors)"
      )
    }
    #expect(try program.run(["show", "night"]).errors.contains("did you mean 'nightly-7'?"))
    #expect(try program.run(["show", "zzzzzzzzzzzz"]).errors.contains("'bulkhead jobs --all --calls' lists all jobs"))
  }

  @Test func `the journal is copied and cleared`() throws {
    let program = try started("examples/swift")
    let plan = #"{"steps":[{"id":"a","tool":"echo","input":{}}]}"#
    _ = try program.run(["run", "--plan", "-", "-q"], input: plan)
    let backup = try program.run(["backup", "copy.db", "--json"])
    #expect(backup.code == 0, "\(backup.errors)")
    let bytes = try #require(FileManager.default.contents(atPath: program.folder + "/copy.db"))
    #expect(bytes.starts(with: Array("SQLite format 3\0".utf8)))
    #expect(try backup.json()["bytes"] == .integer(Int64(bytes.count)))
    var status = stat()
    #expect(stat(program.folder + "/copy.db", &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(try program.run(["backup", "none/copy.db"]).errors.contains("the coordinator's own copy is complete"))
    #expect(try program.run(["gc", "--older-than", "1h"]).output.hasPrefix("removed 0 jobs"))
    #expect(try program.run(["gc", "--older-than", "0s", "--dry-run"]).output.hasPrefix("would remove 1 job,"))
    #expect(try program.run(["jobs", "--json"]).json()["jobs"]?.arrayValue?.count == 1)
    #expect(try program.run(["gc", "--older-than", "0s", "--json"]).json()["jobs"] == 1)
    #expect(try program.run(["jobs", "--json"]).json()["jobs"] == [])
  }
}
