import Foundation
import JSON
import Testing
import Wire

@testable import Configuration

@Suite struct `MCP servers of a file` {
  private static func decode(_ text: String, _ environment: [String: String] = [:]) throws -> MCPServers {
    try MCPServers.decode(Array(text.utf8), file: "mcp.json", environment: environment)
  }

  /// Lines of the mistakes; empty: there are none.
  private static func mistakes(_ text: String, _ environment: [String: String] = [:]) -> [String] {
    do throws(ConfigurationError) {
      _ = try MCPServers.decode(Array(text.utf8), file: "mcp.json", environment: environment)
      return []
    } catch {
      return error.mistakes.map { "\($0)" }
    }
  }

  private static func one(_ entry: String) throws -> MCPServer {
    try #require(try decode(#"{"mcpServers":{"s":"# + entry + "}}").servers["s"])
  }

  private static func program(_ server: MCPServer) throws -> MCPServer.Program {
    guard case .stdio(let program) = server.transport else { throw Other() }
    return program
  }

  private struct Other: Error {}

  @Test func `a file of another client is taken as it is, and what only that one understands is listed`() throws {
    let read = try Self.decode(
      """
      {"inputs": [], "mcpServers": {
        "GitHub Tools": {"type": "stdio", "command": "npx", "args": ["-y", "server-github", 7], "env": {"A": "x", "N": 5},
          "alwaysAllow": ["a"], "disabled": true, "timeout": 5000},
        "docs": {"type": "http", "url": "https://docs.example/mcp", "headers": {"Authorization": "Bearer ${T}"}}}}
      """
    )
    #expect(read.servers.keys.sorted() == ["docs", "github-tools"])
    let github = try #require(read.servers["github-tools"])
    #expect(github.name == "GitHub Tools" && github.isDisabled && github.timeoutMS == 5_000)
    let program = try Self.program(github)
    #expect(program.command == "npx" && program.arguments == ["-y", "server-github", "7"])
    #expect(program.environment == ["A": .text("x"), "N": .text("5")])
    #expect(program.needs == Needs(), "a copied entry has nothing")
    #expect(read.warnings.map(\.message.description).count == 2, "\(read.warnings)")
    #expect(read.warnings.contains { $0.message.contains("'alwaysAllow'") })
    #expect(read.servers["docs"]?.variables == ["T"])
  }

  @Test func `what only this client understands is read to the last member`() throws {
    let server = try Self.one(
      """
      {"command": "/opt/s", "cwd": "/srv/docs", "env": {"T": {"file": "/t"}, "U": {"env": "V"}}, "bulkhead": {
        "needs": {"read": ["/srv"], "hosts": ["a.example:443"]}, "limits": {"memory_bytes": 1000}, "tools": ["a", "b"],
        "timeout": "5s", "idle": "10m", "start": "2m", "elicitation": true, "sampling": {"model": "small", "max_tokens": 9},
        "roots": true, "protocol": "2025-06-18", "output_limit": "2MiB", "concurrency": 3}}
      """
    )
    let program = try Self.program(server)
    #expect(program.needs.read == ["/srv"] && program.needs.hosts == ["a.example:443"])
    #expect(program.limits.memoryBytes == 1_000 && server.tools == ["a", "b"] && server.timeoutMS == 5_000)
    #expect(server.idleMS == 600_000 && server.startMS == 120_000 && server.mayElicit && server.showsRoots)
    #expect(server.sampling == MCPServer.Sampling(model: "small", maxTokens: 9) && server.version == "2025-06-18")
    #expect(server.outputBytes == 2 << 20 && server.concurrency == 3)
    let (settings, secrets) = server.settings
    #expect(secrets == ["ENV_T": .source(.file("/t")), "ENV_U": .source(.environment("V"))])
    #expect(
      JSON.object(settings).canonical()
        == (try JSON(
          parsing: """
            {"transport":"stdio","command":["/opt/s"],"cwd":"/srv/docs","environment":{"T":"ENV_T","U":"ENV_U"},
             "needs":{"read":["/srv"],"hosts":["a.example:443"]},"limits":{"memory_bytes":1000},"tools":["a","b"],
             "timeout_ms":5000,"idle_ms":600000,"elicitation":true,"sampling":{"model":"small","max_tokens":9},
             "roots":true,"protocol":"2025-06-18","output_limit":2097152}
            """
        )).canonical()
    )
  }

  @Test func `no value of env, of a header or of a reference is among the settings`() throws {
    let program = try Self.one(#"{"command":"s","args":["--key","${KEY}","plain"],"env":{"A":"se$$cret"}}"#).settings
    #expect(program.settings["command"] == ["s", "--key", "ARGUMENT_2", "plain"])
    #expect(program.secrets == ["ENV_A": .text("se$$cret"), "ARGUMENT_2": .text("${KEY}")])
    let remote = try Self.one(#"{"url":"https://h/${P}","headers":{"X-B":"b","X-A":"a"}}"#).settings
    #expect(remote.settings["url"] == "URL" && remote.settings["headers"] == ["X-A": "HEADER_1", "X-B": "HEADER_2"])
    #expect(remote.secrets["URL"] == .text("https://h/${P}") && remote.secrets["HEADER_1"] == .text("a"))
  }

  @Test func `references are read when the worker is started, and other dollars are themselves`() throws {
    let environment = ["KEY": "k1"]
    func read(_ text: String) throws -> String { try MCPServer.Value.text(text).read(environment: environment).text }
    #expect(try read("${KEY}-${NONE:-d}") == "k1-d")
    #expect(try read("pa$$word$") == "pa$$word$")
    #expect(throws: ConfigurationError.self) { try read("${NONE}") }
    let editor = try Self.one(#"{"command":"s","env":{"A":"${env:KEY}"}}"#)
    #expect(try Self.program(editor).environment["A"] == .text("${KEY}"))
  }

  @Test func `every mistake is told, with its place and without a value that may be a secret`() {
    let found = Self.mistakes(
      """
      {"mcpServers": {
        "none": {},
        "both": {"command": "a", "url": "https://b"},
        "old": {"type": "sse", "url": "https://b/sse"},
        "odd": {"type": "carrier", "command": "a"},
        "far": {"url": "ftp://b", "bulkhead": {"needs": {"read": ["/a"]}}},
        "a b": {"command": "x"}, "a.b": {"command": "y"},
        "!!": {"command": "x"},
        "bad": {"command": "x", "args": [{}], "env": {"A=B": "hush", "C": ["hush"], "D": {"env": "E", "file": "/f"}},
          "cwd": "/srv", "timeout": 0, "bulkhead": {"needs": {"read": ["srv"]}, "idel": "1s", "idle": "soon"}}}}
      """
    )
    let due = [
      "needs 'command' or 'url'", "both 'command' and 'url'", "is \"sse\"", "is 'carrier'", "no address that begins",
      "would both be the worker 'a-b'", "names no server", "args[0]' is no text", "env.A=B' is no name",
      "env.C' is no text", "needs one of 'env' and 'file'", "'cwd' of 'bad' is '/srv'", "timeout' is 0",
      "no plain absolute path", "unknown key 'idel'", "idle' is 'soon'",
    ]
    for text in due { #expect(found.contains { $0.contains(text) }, "\(text): \(found)") }
    #expect(found.allSatisfy { $0.hasPrefix("mcp.json:") }, "\(found)")
    #expect(!found.contains { $0.contains("hush") })
  }

  @Test(arguments: ["", "{}", #"{"mcpServers":{}}"#, #"{"mcpServers":null}"#])
  func `no servers are none`(_ text: String) throws { #expect(try Self.decode(text).servers.isEmpty) }

  @Test(arguments: [#"{"mcpServer":{}}"#, #"[]"#, "{", #"{"mcpServers":[]}"#, #"{"mcpServers":{"a":7}}"#])
  func `what is no list of servers is told`(_ text: String) {
    let found = Self.mistakes(text)
    if text.contains("mcpServer\"") {
      #expect(found.isEmpty || found[0].contains("mcpServers"), "\(found)")
    } else {
      #expect(!found.isEmpty)
    }
  }

  @Test func `as many servers and secrets as are permitted, and one more`() {
    func file(_ count: Int) -> String {
      let entries = (0..<count).map { #""s\#($0)":{"command":"x"}"# }
      return #"{"mcpServers":{"# + entries.joined(separator: ",") + "}}"
    }
    #expect(Self.mistakes(file(MCPServers.serversLimit)).isEmpty)
    #expect(Self.mistakes(file(MCPServers.serversLimit + 1)).count == 1)
    func secrets(_ count: Int) -> String {
      let values = (0..<count).map { #""V\#($0)":"x""# }
      return #"{"mcpServers":{"s":{"command":"x","env":{"# + values.joined(separator: ",") + "}}}}"
    }
    #expect(Self.mistakes(secrets(MCPServers.secretsLimit)).isEmpty)
    #expect(Self.mistakes(secrets(MCPServers.secretsLimit + 1)).count == 1)
  }

  @Test(arguments: [
    ("time", "time"), ("My Server!", "my-server-"), ("7zip", "mcp-7zip"), ("__x", "x"), ("ÄÖ", ""), ("a.b/c", "a-b-c"),
    (String(repeating: "a", count: 80), String(repeating: "a", count: 64)),
  ])
  func `a name is made to fit`(_ name: String, _ kind: String) { #expect(MCPServer.kind(name) == kind) }

  @Test func `they stand beside the configuration, in a file that it names, or in it; shown without their values`()
    throws
  {
    let folder = FileManager.default.temporaryDirectory.appending(path: "mcp-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ name: String, _ text: String) throws -> String {
      let path = folder.appending(path: name).path
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      return path
    }
    let environment = ["HOME": folder.path]
    let configuration = try write("bulkhead.yaml", "mode: user\n")
    var loaded = try Configuration.load(explicit: configuration, environment: environment)
    #expect(try loaded.loadMCP(environment: environment).servers.isEmpty)
    #expect(loaded.mcpFiles(environment: environment) == [folder.path + "/mcp.json"])
    _ = try write("mcp.json", #"{"mcpServers":{"a":{"command":"x"}}}"#)
    #expect(try loaded.loadMCP(environment: environment).servers.keys.sorted() == ["a"])

    let other = try write("other.json", #"{"servers":{"b":{"command":"x"}}}"#)
    _ = try write("bulkhead.yaml", "mcp: \(other)\n")
    loaded = try Configuration.load(explicit: configuration, environment: environment)
    #expect(try loaded.loadMCP(environment: environment).servers.keys.sorted() == ["b"])
    #expect(loaded.effective().contains("mcp: "))

    _ = try write("bulkhead.yaml", "mcp: {mcpServers: {c: {command: x, env: {T: hush, U: {env: V}}}}}\n")
    loaded = try Configuration.load(explicit: configuration, environment: environment)
    #expect(try loaded.loadMCP(environment: environment).servers.keys.sorted() == ["c"])
    #expect(loaded.mcpFiles(environment: environment).isEmpty)
    #expect(!loaded.effective().contains("hush") && loaded.effective().contains("mcpServers"))
    #expect(
      try Configuration.decode(Array(loaded.effective().utf8), file: "", environment: environment).configuration.mcp
        != nil
    )

    _ = try write("bulkhead.yaml", "mcp: relative.json\n")
    #expect(throws: ConfigurationError.self) {
      try Configuration.load(explicit: configuration, environment: environment)
    }
  }
}
