import Foundation
import JSON
import Testing

@Suite struct `Recipes and requests` {
  private static let shout = #"""
    {"name": "shout", "description": "Says a text loudly.", "examples": ["Shout hello"],
     "parameters": {"type": "object", "required": ["text"], "additionalProperties": false, "properties": {
       "text": {"type": "string"}, "times": {"type": "integer", "minimum": 1, "default": 1},
       "note": {"type": "object", "format": "artifact", "media_types": ["text/*"]}}},
     "plan": {"steps": [
        {"id": "upper", "tool": "upper", "input": {"text": "param:text"}},
        {"id": "note", "tool": "echo", "input": {"file": "param:note", "times": "param:times"}}],
      "checks": [{"that": {"value": "step:upper#/text", "matches": "[A-Z]"}, "message": "nothing was shouted"}],
      "final_synthesis": {"prompt_template": "{{step:upper#/text}} ({{param:times}})"}}}
    """#

  private func started(planner answers: String? = nil) throws -> Program {
    let program = try Program()
    try program.addWorkers("examples/python", "examples/swift")
    try FileManager.default.createDirectory(
      atPath: program.folder + "/workers/examples-swift/recipes",
      withIntermediateDirectories: true
    )
    try program.write("workers/examples-swift/recipes/shout.json", Self.shout)
    if let answers {
      let folder = try program.addSin("plans")
      let manifest =
        #"{"name": "planner", "command": ["/usr/bin/python3", "-I", "-S", "plans.py"], "#
        + #""permissions": {"planning": true}, "settings": {"answers": \#(answers)}}"#
      try manifest.write(toFile: folder + "/worker.json", atomically: true, encoding: .utf8)
    }
    let up = try program.up()
    #expect(up.code == 0, "\(up.errors)")
    return program
  }

  @Test func `recipes are listed, shown, and run with typed parameters`() throws {
    let program = try started()
    let list = try program.run(["recipes"])
    #expect(list.output.contains("shout   text [times] [note]  Says a text loudly."), "\(list.output)")
    #expect(try program.run(["recipes", "shout"]).output.contains("Shout hello"))
    #expect(try program.run(["recipes", "--json"]).json()["recipes"]?[0]?["name"] == "shout")
    let missing = try program.run(["recipes", "shuot"])
    #expect(missing.code == 1 && missing.errors.contains("did you mean 'shout'"))
    try program.write("workers/examples-swift/recipes/bad.json", #"{"name": "bad", "description": "x", "plan": 1}"#)
    #expect(try program.run(["workers", "reload"]).errors.contains("'/plan' is integer where object is due"))

    try program.write("n.txt", "note")
    let run = try program.run(
      ["run", "--recipe", "shout", "--set", "text=step:upper", "-s", "times=3", "--file", "n.txt", "--id", "s"]
    )
    #expect(run.code == 0 && run.output == "STEP:UPPER (3)\n", "\(run.errors)")
    let note = try program.run(["show", "s", "--step", "note", "--json"]).json()["steps"]?[0]?["input"]
    #expect(note?["file"]?["media_type"] == "text/plain" && note?["times"] == 3)

    let failed = try program.run(["run", "--recipe", "shout", "--set", "text=123"])
    #expect(failed.code == 1 && failed.output == "123 (1)\n" && failed.errors.contains("nothing was shouted"))
    for (settings, what) in [
      (["times=1"], "text"), (["text=a", "times=x"], "where integer is due"), (["txet=a"], "did you mean 'text'"),
      (["text=a", "times=0"], "at least 1"),
    ] {
      let refused = try program.run(["run", "--recipe", "shout"] + settings.flatMap { ["--set", $0] })
      #expect(refused.code != 0 && refused.errors.contains(what), "\(refused.errors)")
    }
  }

  @Test func `a request is planned, and it is told by whom`() throws {
    let program = try started(
      planner: #"""
        [{"decision": "plan", "plan": {"steps": [{"id": "a", "tool": "nobody"}]}},
         {"decision": "plan", "plan": {"steps": [{"id": "a", "tool": "upper", "input": {"text": "hi"}},
          {"id": "f", "tool": "echo", "input": {"it": "file:n.txt"}}],
          "final_synthesis": {"prompt_template": "{{step:a#/text}}"}}}]
        """#
    )
    try program.write("n.txt", "note")
    let run = try program.run(["run", "shout hi", "--file", "n.txt", "--id", "r"])
    #expect(run.code == 0 && run.output == "HI\n", "\(run.errors)")
    for line in [
      "accepted, to be carried out hybrid", "the plan cannot be run: no worker offers the tool 'nobody'",
      "planned: by test/test, a large model, 2 plans, 2 tries", "executed: 2 steps on example-python, example-swift",
      "verified: by nothing",
    ] {
      #expect(run.errors.contains(line), "\(line) in \(run.errors)")
    }
    #expect(try program.run(["show", "r"]).output.contains("planned    by test/test"))
    let nobody = try started()
    let refused = try nobody.run(["run", "shout hi"])
    #expect(refused.code == 1 && refused.errors.contains("nobody can plan a request here"), "\(refused.errors)")
  }

  @Test func `what a request may ask for at most is said with it`() throws {
    let program = try started(
      planner: #"""
        [{"decision": "plan", "plan": {"steps": [{"id": "a", "tool": "upper", "input": {"text": "hi"}, "needs": {"read": ["/"]}}]}},
         {"decision": "plan", "plan": {"steps": [{"id": "a", "tool": "upper", "input": {"text": "hi"}, "needs": {"hosts": ["a.b:443"]}}]}}]
        """#
    )
    let flags = ["--read", "out/../x", "--write", "/w", "--host", "*.b:443", "--program", "ls", "--program", "wc"]
    let run = try program.run(["run", "shout hi", "--id", "r"] + flags)
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.contains("read '/' was not granted"), "\(run.errors)")
    let steps = try program.run(["show", "r", "--json"]).json()["steps"]?.arrayValue ?? []
    #expect(steps.map { $0["id"] } == ["planning", "planning-2", "a"])
    let needs = steps.first?["input"]?["request"]?["needs"]
    #expect(needs?["write"] == ["/w"] && needs?["hosts"] == ["*.b:443"] && needs?["programs"] == ["ls", "wc"])
    // From the folder in which it is run.
    let read = needs?["read"]?[0]?.stringValue ?? ""
    #expect(read.hasPrefix("/") && read.hasSuffix("/x") && !read.contains(".."), "\(read)")
    let wrong = try program.run(["run", "shout hi", "--host", "nowhere"])
    #expect(wrong.code == 1 && wrong.errors.contains("'nowhere' is no 'name:port'"), "\(wrong.errors)")
  }
}
