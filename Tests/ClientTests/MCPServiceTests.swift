import Foundation
import JSON
import Testing

/// A server of `mcp.json` behind the real coordinator, in its real jails: from adding it to taking what it changed.
@Suite(.serialized) struct MCPServiceTests {
  private static let folder = Program.package + "/Tests/MCPWorkerTests"

  private func add(_ program: Program, _ name: String, _ flags: [String] = [], _ arguments: [String] = []) throws
    -> Outcome
  {
    try program.run(
      ["mcp", "add", name, "--read", Self.folder] + flags
        + ["--", "/usr/bin/python3", "-I", "-S", Self.folder + "/hostile.py"] + arguments
    )
  }

  private func call(_ program: Program, _ tool: String, _ input: JSON) throws -> Outcome {
    try program.run(["tool", "call", tool, input.description])
  }

  private func wait(_ what: String, _ condition: () throws -> Bool) throws {
    let deadline = Date().addingTimeInterval(30)
    while try !condition() {
      guard Date() < deadline else { throw Failure("timed out: \(what)") }
      usleep(50_000)
    }
  }

  @Test func `a server is added, tried, called, changed, taken as it is, and removed`() throws {
    let program = try Program()
    try program.addWorkers("executor")
    let secret = "hush-\(UInt64.random(in: 0...UInt64.max))"
    try program.write("token", secret)
    chmod(program.folder + "/token", 0o600)
    #expect(try add(program, "Told", ["--secret", "TOKEN=file:\(program.folder)/token", "--elicitation"]).code == 0)
    let up = try program.up()
    #expect(up.code == 0 && up.output.contains("told"), "\(up)")

    let tested = try program.run(["mcp", "test", "told"])
    #expect(tested.code == 0 && tested.output.contains("hostile 1") && tested.output.contains("(modern)"), "\(tested)")
    #expect(try call(program, "told.echo", ["text": "hello"]).output.contains("hello"))
    let seen = try call(program, "told.environment", [:])
    #expect(seen.output.contains("TOKEN") && !seen.output.contains(secret), "what it says of it is not shown")
    for words in [["mcp", "list"], ["mcp", "list", "--json"], ["workers", "--json"], ["logs", "told"], ["audit"]] {
      #expect(try !program.run(words).output.contains(secret), "\(words)")
    }

    // A question goes to a person, and the answer back.
    let asking = try program.begin(["tool", "call", "told.ask", "{}"])
    var id: String?
    try wait("it asks") {
      id = try program.run(["approvals", "--json"]).json()["approvals"]?[0]?["id"]?.stringValue
      return id != nil
    }
    #expect(try program.run(["approvals", id ?? ""]).output.contains("Which colour?"))
    #expect(try program.run(["approve", id ?? "", "--answer", #"{"colour":"red"}"#]).code == 0)
    #expect(try asking.outcome().output.contains("red"))

    // It describes its tools otherwise from now on.
    #expect(try call(program, "told.change", [:]).code == 0)
    try wait("it is withheld") { try program.run(["tools"]).errors.contains("told.echo is withheld") }
    let refused = try call(program, "told.echo", ["text": "x"])
    #expect(refused.code == 1 && refused.errors.contains("bulkhead mcp accept told"), "\(refused)")
    #expect(try program.run(["tools"]).output.contains("told.new"), "a new one is taken as it comes")
    let accepted = try program.run(["mcp", "accept", "told", "told.echo", "--yes"])
    #expect(accepted.code == 0 && accepted.output.contains("+ echo, version 2"), "\(accepted)")
    #expect(try call(program, "told.echo", ["text": "again"]).output.contains("again"))

    #expect(try program.run(["mcp", "remove", "told"]).code == 0)
    try wait("it is gone") { try !program.run(["tools"]).output.contains("told.") }
    #expect(try program.run(["down"]).code == 0)
  }

  @Test func `the file is noticed when it is written, and one with mistakes changes nothing`() throws {
    let program = try Program()
    try FileManager.default.createDirectory(atPath: program.folder + "/bulkhead", withIntermediateDirectories: true)
    #expect(try program.up().code == 0)
    func write(_ text: String) throws { try program.write("bulkhead/mcp.json", text) }
    let server =
      #"{"command":"/usr/bin/python3","args":["-I","-S","\#(Self.folder)/hostile.py","legacy"],"#
      + #""bulkhead":{"needs":{"read":["\#(Self.folder)"]},"tools":["echo"]}}"#
    try write(#"{"mcpServers":{"one":"# + server + "}}")
    try wait("it is there") { try program.run(["tools"]).output.contains("one.echo") }
    #expect(try !program.run(["tools"]).output.contains("one.die"), "only what the entry lists")
    #expect(try program.run(["mcp", "test", "one"]).output.contains("(legacy)"))

    try write(#"{"mcpServers":{"one":{"command":7},"two":{}}}"#)
    let reloaded = try program.run(["workers", "reload"])
    #expect(reloaded.code == 1 && reloaded.errors.contains("mcp.json:1:"), "\(reloaded)")
    #expect(try call(program, "one.echo", ["text": "still"]).output.contains("still"))

    try write(#"{"mcpServers":{}}"#)
    try wait("it is gone") { try !program.run(["tools"]).output.contains("one.echo") }
    let missing = try add(program, "lost", ["--secret", "T=env:NOBODY_HAS_IT"])
    #expect(missing.code == 0)
    let why = try program.run(["mcp", "test", "lost"])
    #expect(why.code == 1 && why.errors.contains("env.T") && why.errors.contains("NOBODY_HAS_IT"), "\(why)")
    #expect(try program.run(["down"]).code == 0)
  }
}
