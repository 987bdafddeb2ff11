import JSON
import MCP
import Testing

struct HeaderTests {
  @Test(arguments: [
    ("us-west1", "us-west1"), ("", ""), ("a b\tc", "a b\tc"), ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
    (" padded ", "=?base64?IHBhZGRlZCA=?="), ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
    ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="), ("\r\nX: y", "=?base64?DQpYOiB5?="),
    ("\u{7F}", "=?base64?fw==?="),
  ])
  func `values travel as the protocol's own examples do`(value: String, header: String) {
    #expect(HeaderValue.encode(value) == header)
  }

  private static func schema(_ properties: String) throws -> JSONObject {
    try #require(try json(#"{"type":"object","properties":\#(properties)}"#).objectValue)
  }

  @Test func `marked arguments are found where they are, and said as text`() throws {
    let rules = try ParameterHeader.rules(
      of: try Self.schema(
        #"{"region":{"type":"string","x-mcp-header":"Region"},"deep":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}},"b":{"type":"boolean","x-mcp-header":"B","default":{"x-mcp-header":"no mark"}}}"#
      )
    )
    #expect(rules.map(\.name) == ["Region", "N", "B"] && rules[1].path == ["deep", "n"])
    let arguments: JSONObject = ["region": "ü", "deep": ["n": 42.0], "b": false]
    #expect(rules.map { $0.value(in: arguments) } == ["=?base64?w7w=?=", "42", "false"])
    #expect(rules.map { $0.value(in: ["region": nil, "deep": 5]) } == [nil, nil, nil])
    #expect(rules[1].value(in: ["deep": ["n": 9_007_199_254_740_992]]) == nil)
  }

  @Test(arguments: [
    #"{"a":{"type":"string","x-mcp-header":""}}"#, #"{"a":{"type":"string","x-mcp-header":"a b"}}"#,
    #"{"a":{"type":"string","x-mcp-header":"a\r\nb"}}"#, #"{"a":{"type":"string","x-mcp-header":5}}"#,
    #"{"a":{"type":"number","x-mcp-header":"A"}}"#, #"{"a":{"x-mcp-header":"A"}}"#,
    #"{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}"#,
    #"{"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}}"#,
    #"{"a":{"anyOf":[{"type":"string","x-mcp-header":"A"}]}}"#,
    #"{"a":{"type":"object","properties":{"b":{"not":{"x-mcp-header":"A"}}}}}"#,
  ])
  func `a mark that may not stand there makes the tool unfit`(properties: String) throws {
    let schema = try Self.schema(properties)
    #expect(throws: ShapeError.self) { try ParameterHeader.rules(of: schema) }
  }

  private static func headers(_ effects: [ClientEffect]) -> [String: String] {
    var headers: [String: String] = [:]
    for case .send(let message) in effects { for header in message.headers { headers[header.name] = header.value } }
    return headers
  }

  @Test func `a modern request says over HTTP what it is`() {
    var talk = Conversation(open: .v20260728, .http)
    _ = talk.begin(.callTool(name: "wörk", arguments: [:]))
    #expect(
      Self.headers(talk.effects) == [
        "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "=?base64?d8O2cms=?=",
      ]
    )
    talk.effects = []
    _ = talk.begin(.readResource(uri: "a://b"))
    #expect(Self.headers(talk.effects)["Mcp-Name"] == "a://b")
    talk.effects = []
    _ = talk.begin(.listTools)
    #expect(Self.headers(talk.effects)["Mcp-Name"] == nil && Self.headers(talk.effects)["Mcp-Method"] == "tools/list")
  }

  @Test func `a legacy request says its version once there is one to say`() {
    var talk = Conversation(.http) { $0.demanded = .v20250618 }
    #expect(Self.headers(talk.effects).isEmpty)
    talk.effects = []
    talk.result(1, #"{"protocolVersion":"2025-06-18","capabilities":{"tools":{}}}"#)
    #expect(Self.headers(talk.effects) == ["MCP-Protocol-Version": "2025-06-18"])
    var old = Conversation(open: .v20250326, .http)
    _ = old.begin(.listTools)
    #expect(Self.headers(old.effects).isEmpty)
    var lines = Conversation(open: .v20260728)
    _ = lines.begin(.listTools)
    #expect(Self.headers(lines.effects).isEmpty)
  }

  private static let marked =
    #"{"tools":[{"name":"t","inputSchema":{"type":"object","properties":{"r":{"type":"string","x-mcp-header":"R"}}}},{"name":"bad","inputSchema":{"type":"object","properties":{"r":{"type":"number","x-mcp-header":"R"}}}}]}"#

  @Test func `tools that mark their arguments wrongly are not offered over HTTP`() {
    var talk = Conversation(open: .v20260728, .http)
    let list = talk.begin(.listTools)
    talk.result(2, Self.marked)
    guard case .tools(let listing)? = talk.reply(list) else { return #expect(Bool(false)) }
    #expect(listing.items.map(\.name) == ["t"] && listing.skipped.first?.contains("'bad'") == true)
    talk.effects = []
    _ = talk.begin(.callTool(name: "t", arguments: ["r": "x"]))
    #expect(Self.headers(talk.effects)["Mcp-Param-R"] == "x")
    var lines = Conversation(open: .v20260728)
    let other = lines.begin(.listTools)
    lines.result(2, Self.marked)
    guard case .tools(let all)? = lines.reply(other) else { return #expect(Bool(false)) }
    #expect(all.items.count == 2)
  }

  @Test func `a server that misses headers is asked for its tools, and called again, once`() {
    var talk = Conversation(open: .v20260728, .http)
    let call = talk.begin(.callTool(name: "t", arguments: ["r": "x"]))
    talk.effects = []
    talk.error(2, -32020)
    #expect(talk.takeSent().map { $0["method"] } == ["tools/list"])
    talk.result(3, Self.marked)
    #expect(Self.headers(talk.effects)["Mcp-Param-R"] == "x" && talk.answers(call).isEmpty)
    #expect(talk.effects.allSatisfy { if case .answered = $0 { false } else { true } })
    talk.error(4, -32020)
    #expect(talk.failure(call)?.code == .server(.headerMismatch))
  }

  @Test func `a call that is given up while its headers are looked up is over`() {
    var talk = Conversation(open: .v20260728, .http)
    let call = talk.begin(.callTool(name: "t", arguments: [:]))
    talk.error(2, -32020)
    talk.effects = talk.session.cancel(call, now: 0)
    #expect(talk.failure(call)?.code == .cancelled && talk.effects.contains(.abandon(.integer(3))))
    talk.effects = []
    talk.result(3, Self.marked)
    #expect(talk.effects.isEmpty)
  }

  @Test func `what was listed in an earlier session is remembered`() throws {
    var talk = Conversation(open: .v20260728, .http)
    let tool = ToolDescription(
      name: "t",
      inputSchema: try Self.schema(#"{"r":{"type":"string","x-mcp-header":"R"}}"#)
    )
    talk.session.remember([tool])
    _ = talk.begin(.callTool(name: "t", arguments: ["r": "y"]))
    #expect(Self.headers(talk.effects)["Mcp-Param-R"] == "y")
  }
}
