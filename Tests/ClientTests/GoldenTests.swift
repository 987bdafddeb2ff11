import Foundation
import Testing

/// Every help text, usage error and message that needs no coordinator, as files in `Golden`. BULKHEAD_UPDATE_GOLDEN=1
/// rewrites them; the difference is then for a reader to judge.
@Suite struct GoldenTests {
  private static let commands: [[String]] = [
    ["up"], ["down"], ["status"], ["doctor"], ["exec"], ["tools"], ["tool", "call"], ["workers"],
    ["workers", "reload"],
    ["worker", "check"], ["logs"], ["run"], ["recipes"], ["jobs"], ["show"], ["watch"], ["trace"], ["cancel"],
    ["pause"], ["resume"],
    ["retry"], ["fork"], ["resolve"], ["plan", "check"], ["plan", "graph"], ["usage"], ["gc"], ["backup"],
    ["selftest", "crash"],
    ["version"],
    ["completions"], ["help"], ["model", "ask"], ["model", "list"], ["model", "check"],
  ]

  static let cases: [[String]] =
    commands.map { $0 + ["--help"] } + commands.map { ["help"] + $0 } + [
      [], ["--help"], ["help"], ["--version"], ["version", "--json"], ["tool"], ["tool", "--help"], ["worker"],
      ["help", "worker"], ["help", "nothing"],
      ["statsu"], ["tool", "cal"], ["status", "--jsno"], ["status", "-x"], ["status", "extra"], ["status", "--socket"],
      ["status", "--json=yes"], ["up", "--timeout", "soon"], ["down", "--timeout", "169h"], ["logs", "--lines", "-1"],
      ["tool", "call"], ["tool", "call", "echo"], ["tool", "call", "echo", "{\"text\": }"],
      ["tool", "call", "echo", ""],
      ["tool", "call", "echo", "{}", "--read", ""], ["completions", "tcsh"],
      ["selftest"], ["selftest", "crash", "--kills", "many"], ["exec"], ["exec", "bash"], ["exec", "bash", "x", "y"],
      ["exec", "bash", "x", "--input", "1"],
      ["exec", "bash", "-", "--stdin"], ["exec", "bash", "x", "--memory", "3x"], ["exec", "bash", "x", "--env", "A"],
      ["exec", "python", "x", "--input", "{"], ["exec", "python", "x", "--stdin"],
      ["exec", "python", "x", "--cwd", "/"],
      ["exec", "python", "x", "--file", "missing"],
      ["worker", "check", "missing"], ["worker", "check", "."],
      ["status", "--socket", "missing"], ["status", "--socket", "missing", "--json"], ["down", "--socket", "missing"],
      ["run"], ["run", "--plan", "missing.json"], ["run", "--plan", "bad.json"],
      ["run", "--plan", "plan.json", "--priority", "10"],
      ["run", "do it", "--plan", "plan.json"], ["run", " "], ["run", "do it", "--mode", "magic"],
      ["run", "do it", "--estimated-cost", "much"], ["run", "do it", "--set", "a=b"],
      ["run", "do it", "--file", "none"],
      ["run", "--plan", "plan.json", "--mode", "direct"], ["run", "do it", "--context", "x"],
      ["run", "--plan", "plan.json", "--deadline", "91d"], ["run", "--plan", "plan.json", "--socket", "missing"],
      ["plan"], ["plan", "check", "bad.json"], ["plan", "check", "bad.json", "--json"],
      ["plan", "check", "plan.json", "--offline"], ["plan", "check", "plan.json", "--socket", "missing"],
      ["plan", "graph", "plan.json"], ["plan", "graph", "plan.json", "--dot"],
      ["plan", "graph", "plan.json", "--json"],
      ["plan", "graph", "bad.json"], ["plan", "graph", "text.json"],
      ["jobs", "--state", "dreaming"], ["jobs", "-n", "0"], ["show"], ["cancel"], ["retry", "a", "b"], ["fork", "a"],
      ["fork", "a", "--from", "s", "--input", "@missing"], ["resolve", "a", "s"], ["resolve", "a", "s", "retyr"],
      ["resolve", "a", "s:x", "skip"], ["resolve", "a", "s", "skip", "--output", "1"],
      ["model"], ["model", "ask", ""], ["model", "ask", "x", "--role", "a", "--model", "b"],
      ["model", "ask", "x", "--temperature", "hot"], ["model", "ask", "x", "--socket", "missing"],
      ["model", "ask", "x", "--schema", "{"], ["model", "check", "--timeout", "soon"],
      ["usage", "--by", "mood"], ["usage", "--since", "yesterday"], ["gc", "--older-than", "soon"], ["backup", ""],
      ["watch", "j", "--socket", "missing"],
      ["exec", "bash", "x", "--socket", "missing"], ["tools", "--socket", String(repeating: "long", count: 40)],
    ]

  private static let plan = #"""
    {"steps": [
      {"id": "fetch", "tool": "web_fetch", "input": {"url": "https://example.org"}, "retry": {"max_attempts": 3}},
      {"id": "pages", "tool": "ocr", "for_each": {"in": "step:fetch#/pages"}, "input": {"page": "item:value"}},
      {"id": "notes", "tool": "echo", "input": {}},
      {"id": "mail", "tool": "mail_send", "input": {"text": "step:pages", "notes": "step:notes"}}]}
    """#

  @Test(arguments: cases) func `says what it said before`(_ arguments: [String]) throws {
    let program = try Program()
    try program.write("plan.json", Self.plan)
    try program.write(
      "bad.json",
      #"{"steps": [{"id": "a", "tool": "t", "input": {"x": "step:c"}, "retries": 3}, {"id": "a"}]}"#
    )
    try program.write("text.json", "steps:\n  - id: a\n")
    let outcome = try program.run(arguments)
    let line = (["bulkhead"] + arguments.map { $0.contains { " {}\"".contains($0) } || $0.isEmpty ? "'\($0)'" : $0 })
      .joined(separator: " ")
    let text = """
      $ \(line)
      exit code: \(outcome.code)
      --- standard output
      \(outcome.output)--- standard error
      \(outcome.errors)
      """.replacingOccurrences(of: program.folder, with: "FOLDER")
    let path = Program.package + "/Tests/ClientTests/Golden/\(Self.name(arguments)).txt"
    if ProcessInfo.processInfo.environment["BULKHEAD_UPDATE_GOLDEN"] == "1" {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text == golden)
  }

  @Test func `there is no file for a case that has gone`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Program.package + "/Tests/ClientTests/Golden")
    #expect(Set(files) == Set(Self.cases.map { Self.name($0) + ".txt" }))
  }

  @Test func `no line of a help text is longer than 80 columns`() throws {
    let program = try Program()
    for command in Self.commands {
      for arguments in [["help"] + command, command + ["--help"]] {
        let lines = try program.run(arguments).output.split(separator: "\n")
        // An example is to be copied and is not broken.
        #expect(lines.filter { $0.count > 80 && !$0.contains("bulkhead ") } == [], "\(arguments)")
      }
    }
  }

  /// The words, with what no file name can have as a number that differs from case to case.
  static func name(_ arguments: [String]) -> String {
    if arguments.isEmpty { return "nothing" }
    let words = arguments.map { word in
      let plain = word.unicodeScalars.map { scalar in
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-" ? Character(scalar) : "+"
      }
      return word.isEmpty ? "empty" : String(plain.prefix(24))
    }
    return words.joined(separator: "_")
  }
}
