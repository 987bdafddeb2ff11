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
    ["retry"], ["fork"], ["resolve"], ["plan", "check"], ["plan", "graph"], ["plan", "privileges"],
    ["approvals"], ["approve"], ["deny"], ["usage"], ["gc"], ["backup"],
    ["selftest", "crash"],
    ["version"],
    ["completions"], ["help"], ["model", "ask"], ["model", "list"], ["model", "check"],
    ["audit"], ["audit", "verify"], ["audit", "export"], ["policy", "check"], ["policy", "show"], ["policy", "reload"],
    ["policy", "test"], ["metrics"], ["history"], ["health"],
    ["mcp"], ["mcp", "add"], ["mcp", "list"], ["mcp", "test"], ["mcp", "accept"], ["mcp", "remove"],
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
      ["run", "--plan", "plan.json", "--host", "a:1"],
      ["run", "--plan", "plan.json", "--deadline", "91d"], ["run", "--plan", "plan.json", "--socket", "missing"],
      ["plan"], ["plan", "check", "bad.json"], ["plan", "check", "bad.json", "--json"],
      ["plan", "check", "plan.json", "--offline"], ["plan", "check", "plan.json", "--socket", "missing"],
      ["plan", "graph", "plan.json"], ["plan", "graph", "plan.json", "--dot"],
      ["plan", "graph", "plan.json", "--json"],
      ["plan", "graph", "bad.json"], ["plan", "graph", "text.json"],
      ["plan", "privileges", "bad.json"], ["plan", "privileges", "bad.json", "--json"],
      ["plan", "privileges", "plan.json", "--socket", "missing"],
      ["approve"], ["approve", "7", "--any", "/a"], ["approve", "7", "--always", "--any", "a"],
      ["approve", "7", "--input", "{"], ["approve", "7", "--input", "@missing"],
      ["approve", "7", "--edit", "--input", "{}"], ["approve", "7", "--edit"],
      ["approve", "7", "--socket", "missing"], ["approvals", "7", "--all"], ["approvals", "--socket", "missing"],
      ["deny"], ["deny", "7", "--always"], ["run", "do it", "--budget", "much"],
      ["run", "do it", "--budget", "usd=1,2"], ["run", "do it", "--budget", "0.1234567891"],
      ["jobs", "--state", "dreaming"], ["jobs", "-n", "0"], ["show"], ["cancel"], ["retry", "a", "b"], ["fork", "a"],
      ["fork", "a", "--from", "s", "--input", "@missing"], ["resolve", "a", "s"], ["resolve", "a", "s", "retyr"],
      ["resolve", "a", "s:x", "skip"], ["resolve", "a", "s", "skip", "--output", "1"],
      ["model"], ["model", "ask", ""], ["model", "ask", "x", "--role", "a", "--model", "b"],
      ["model", "ask", "x", "--temperature", "hot"], ["model", "ask", "x", "--socket", "missing"],
      ["model", "ask", "x", "--schema", "{"], ["model", "check", "--timeout", "soon"],
      ["usage", "--by", "mood"], ["usage", "--since", "yesterday"], ["gc", "--older-than", "soon"], ["backup", ""],
      ["watch", "j", "--socket", "missing"],
      ["metrics", "--since", "yesterday"], ["metrics", "--since", "1h", "--until", "2h"],
      ["metrics", "--socket", "missing"],
      ["history", "--state", "running"], ["history", "-n", "0"], ["health", "--timeout", "2m"],
      ["health", "--socket", "missing", "--json"],
      ["audit", "-n", "0"], ["audit", "--since", "yesterday"], ["audit", "x", "--socket", "missing"],
      ["audit", "verify", "x"], ["audit", "verify", "--file", "missing"], ["audit", "verify", "--against", "bad.json"],
      ["audit", "verify", "--file", "audit.jsonl"], ["audit", "verify", "--file", "audit.jsonl", "--json"],
      ["audit", "verify", "--file", "audit.jsonl", "--public-key", "audit.pub"],
      ["audit", "verify", "--file", "part.jsonl", "--public-key", "audit.pub"],
      ["audit", "verify", "--file", "changed.jsonl", "--public-key", "audit.pub"],
      ["audit", "verify", "--file", "changed.jsonl", "--against", "audit.jsonl", "--json"],
      ["policy"], ["policy", "check", "policy.yaml"], ["policy", "check", "policy.yaml", "--json"],
      ["policy", "check", "policy.yaml", "--environment", "lab"], ["policy", "check", "missing"],
      ["policy", "check", "policy.yaml", "--environment", "lba"], ["policy", "check", "bad.yaml"],
      ["policy", "check", "bad.yaml", "--json"], ["policy", "check", "text.json"],
      ["mcp", "add"], ["mcp", "add", "x"], ["mcp", "add", "x", "https://h/mcp", "y"],
      ["mcp", "add", "x", "--secret", "T=hush", "--", "y"], ["mcp", "add", "x", "--read", "/a", "https://h/mcp"],
      ["mcp", "add", "x", "--env", "hush", "--", "y"], ["mcp", "add", "!", "--", "y"],
      ["mcp", "add", "x", "--cwd", "/srv", "--host", "h", "--", "y"], ["mcp", "add", "x", "--from", "plan.json"],
      ["mcp", "add", "time", "--file", "servers.json", "--", "y"], ["mcp", "list", "--file", "servers.json"],
      ["mcp", "list", "--file", "servers.json", "--json"], ["mcp", "list", "--file", "bad.json"],
      ["mcp", "remove", "x", "--file", "servers.json"], ["mcp", "test", "time", "--socket", "missing"],
      ["mcp", "accept", "time", "--socket", "missing"],
      ["mcp"], ["mcp", "ad"], ["mcp", "--approvals", "maybe"], ["mcp", "--patience", "soon"],
      ["mcp", "--output-limit", "1B"],
      ["approve", "7", "--answer", "{"], ["approve", "7", "--answer", "1", "--edit"],
      ["exec", "bash", "x", "--socket", "missing"], ["tools", "--socket", String(repeating: "long", count: 40)],
    ]

  private static let auditKey =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n-----END PUBLIC KEY-----\n"

  private static let audit = [
    #"{"hash":"0d61e80761bacd37a34f3b6dd678e81cd6ca49eb94d2873b5f74029294d9765b","record":{"n":1,"at":1767225600000,"kind":"service.started","actor":"coordinator","data":{"version":"0.1.0"}}}"#,
    #"{"hash":"4e02cc12994e597b03321be286a33dfbb943075337fea852edceb724c76b2751","record":{"n":2,"at":1767225600001,"kind":"tool.invoked","actor":"user:anna","job":"j-1","step":"s\"1[0]","data":{"tool":"bash","input":{"script":"echo \"hi\""}}}}"#,
    #"{"hash":"aa98ea4db86338fe44cdc839866da838da7d2309cad3d2361450aac123d162d3","record":{"n":3,"at":-5,"kind":"x","actor":"Jörg\u000a\\","data":{}}}"#,
    #"{"head":3,"hash":"aa98ea4db86338fe44cdc839866da838da7d2309cad3d2361450aac123d162d3","at":1767225660000,"key":"56475aa75463474c","signature":"cbbdde9b06eaf0acfbfdf950f6d17c6d0d87f179f9498237192c1a0e1d89d3aaeafa0a9707fbd9354a79209bbe010c958a9508996b1dc4d10585926f389ae104"}"#,
  ]

  private static let auditLink =
    #"{"link":2,"hash":"4e02cc12994e597b03321be286a33dfbb943075337fea852edceb724c76b2751"}"#

  private static let plan = #"""
    {"steps": [
      {"id": "fetch", "tool": "web_fetch", "input": {"url": "https://example.org"}, "retry": {"max_attempts": 3}},
      {"id": "pages", "tool": "ocr", "for_each": {"in": "step:fetch#/pages"}, "input": {"page": "item:value"}},
      {"id": "notes", "tool": "echo", "input": {}},
      {"id": "mail", "tool": "mail_send", "input": {"text": "step:pages", "notes": "step:notes"}}]}
    """#

  private static let servers = #"""
    {"mcpServers": {
      "time": {"command": "mcp-server-time", "args": ["--local-timezone", "UTC"], "env": {"TOKEN": "hush"}},
      "My Docs": {"type": "http", "url": "https://docs.example/mcp", "headers": {"X-Key": {"env": "KEY"}}, "icon": "x"},
      "hidden\u202e": {"command": "x\u200b", "disabled": true}}}
    """#

  private static let policy = """
    presets: [{cost_limit: {usd: 2.50}}]
    guardrails:
      - name: no_payroll
        effect: require_approval
        when: {all: [{value: tool, in: [bash, code_exec]}, {value: input, contains: payroll}]}
        message: The payroll is not for agents.
        approver: group:ops
        tests:
          match: [{tool: bash, input: {command: cat PAYROLL.csv}}]
          not_match: [{tool: bash, input: {command: ls}}]
    commands: {allow: [ls, git status], forbid: [sudo], unknown: block}
    limits: [{name: pace, of: tasks, at_most: 10, per: minute}]
    environments: {lab: {limits: [{name: pace, of: tasks, at_most: 100, per: minute}]}}
    """

  private static let badPolicy = """
    guardrails:
      - name: quiet
        effect: block
        when: {value: input.command, matches: "^ls"}
        message: Hush.
        tests: {match: [{tool: bash, input: {command: ls -la}}, {tool: bash, input: {command: who}}]}
    limits: [{name: pace, of: tasks, at_most: 10}]
    approval: {timeout: 30}
    """

  @Test(arguments: cases) func `says what it said before`(_ arguments: [String]) throws {
    let program = try Program()
    try program.write("plan.json", Self.plan)
    try program.write(
      "bad.json",
      #"{"steps": [{"id": "a", "tool": "t", "input": {"x": "step:c"}, "retries": 3}, {"id": "a"}]}"#
    )
    try program.write("servers.json", Self.servers)
    try program.write("audit.pub", Self.auditKey)
    try program.write("audit.jsonl", Self.audit.joined(separator: "\n") + "\n")
    try program.write("changed.jsonl", Self.audit.joined(separator: "\n").replacingOccurrences(of: "hi", with: "ho"))
    try program.write("part.jsonl", ([Self.auditLink] + Self.audit.dropFirst(2)).joined(separator: "\n"))
    try program.write("policy.yaml", Self.policy)
    try program.write("bad.yaml", Self.badPolicy)
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
