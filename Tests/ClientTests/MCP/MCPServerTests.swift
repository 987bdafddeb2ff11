import Foundation
import JSON
import Testing

/// `bulkhead mcp` as its clients know it: what it offers, and the protocol in each of its versions.
@Suite struct MCPServerTests {
  static let legacy = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
  static let tools: JSON = [
    "run_bash", "run_code", "call_tool", "list_tools", "run_plan", "submit_job", "get_job",
  ]

  private static func names(_ list: JSON) -> JSON {
    .array((list["result"]?["tools"]?.arrayValue ?? []).map { $0["name"] ?? .null })
  }

  @Test(arguments: legacy) func `a session is what its version has, and no more`(_ version: String) throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let peer = try MCPPeer(service.program.folder, ["--socket", service.socket], opens: false)
    let opened = try peer.open(version)["result"]
    #expect(opened?["protocolVersion"]?.stringValue == version)
    #expect(opened?["capabilities"]?["tools"] != nil && opened?["serverInfo"]?["name"] == "bulkhead")
    let list = try peer.response(to: peer.request("tools/list"))
    #expect(Self.names(list) == Self.tools)
    for tool in list["result"]?["tools"]?.arrayValue ?? [] {
      #expect((tool["annotations"] != nil) == (version >= "2025-03-26"), "\(tool)")
      #expect((tool["outputSchema"] != nil && tool["title"] != nil) == (version >= "2025-06-18"), "\(tool)")
      #expect(tool["description"]?.stringValue?.isEmpty == false && tool["inputSchema"]?["type"] == "object")
    }
    #expect(list["result"]?["resultType"] == nil && list["result"]?["ttlMs"] == nil)
    let called = try peer.call("call_tool", ["name": "act", "input": ["n": 2]])
    #expect(called.said.hasPrefix(#"{"n":2}"#) && called["isError"] == nil, "\(called)")
    #expect((called["structuredContent"]?["output"] == ["n": 2]) == (version >= "2025-06-18"), "\(called)")
    #expect(try peer.response(to: peer.request("ping"))["result"] == [:])
  }

  @Test func `a version that nobody knows is answered with the newest that has sessions`() throws {
    let program = try Program()
    let peer = try MCPPeer(program.folder, opens: false)
    #expect(try peer.open("2031-01-01")["result"]?["protocolVersion"] == "2025-11-25")
  }

  @Test func `without a session every request says what it is, and its answer is whole`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let peer = try MCPPeer(service.program.folder, ["--socket", service.socket], era: .modern)
    let found = try peer.response(to: peer.request("server/discover"))["result"]
    #expect(found?["supportedVersions"]?[0] == "2026-07-28" && found?["resultType"] == "complete", "\(found ?? .null)")
    #expect(found?["ttlMs"]?.integerValue != nil && found?["cacheScope"] != nil)
    let list = try peer.response(to: peer.request("tools/list"))
    #expect(Self.names(list) == Self.tools && list["result"]?["ttlMs"] == 300_000)
    #expect(list["result"]?["cacheScope"] == "public")
    let called = try peer.call("call_tool", ["name": "act", "input": ["n": 2]])
    #expect(called["resultType"] == "complete" && called.structured["output"] == ["n": 2], "\(called)")
    #expect(called["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"] == "bulkhead")
    #expect(try peer.response(to: peer.request("ping"))["error"]?["code"] == -32601, "the modern era has no ping")
  }

  @Test func `a modern request that lacks what it must say is refused by its own error`() throws {
    let program = try Program()
    let peer = try MCPPeer(program.folder, opens: false)
    func ask(_ meta: JSON) throws -> JSON {
      try peer.response(to: peer.request("tools/list", ["_meta": meta]))["error"] ?? .null
    }
    let version = "io.modelcontextprotocol/protocolVersion"
    let can = "io.modelcontextprotocol/clientCapabilities"
    #expect(try ask([:])["code"] == -32602, "neither a session nor a version")
    #expect(try ask([version: "2026-07-28"])["code"] == -32602)
    #expect(try ask([version: 7, can: [:]])["code"] == -32602)
    let other = try ask([version: "1900-01-01", can: [:]])
    #expect(other["code"] == -32022 && other["data"]?["requested"] == "1900-01-01", "\(other)")
    #expect(other["data"]?["supported"]?.arrayValue?.contains("2026-07-28") == true)
  }

  @Test func `subscriptions are acknowledged with what there is to hear of, and end in good order`() throws {
    let program = try Program()
    let peer = try MCPPeer(program.folder, era: .modern)
    let id = try peer.request("subscriptions/listen", ["notifications": ["toolsListChanged": true]])
    let acknowledged = try #require(try peer.next())
    #expect(acknowledged["method"] == "notifications/subscriptions/acknowledged")
    #expect(acknowledged["params"]?["_meta"]?["io.modelcontextprotocol/subscriptionId"] == .integer(id))
    #expect(acknowledged["params"]?["notifications"] == [:], "the seven tools never change")
    peer.closeInput()
    let end = try peer.response(to: id)
    #expect(end["result"]?["resultType"] == "complete", "\(end)")
    #expect(try peer.exitCode() == 0)
  }

  @Test func `messages that come together are answered together, where the version has that`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let batch =
      #"[{"jsonrpc":"2.0","id":"a","method":"ping"},{"jsonrpc":"2.0","method":"notifications/x"},"#
      + #"{"jsonrpc":"2.0","id":"b","method":"tools/call","params":{"name":"call_tool","arguments":{"name":"act"}}},"#
      + #"{"jsonrpc":"2.0","id":"c","method":"initialize","params":{}},7]"#
    let peer = try MCPPeer(service.program.folder, ["--socket", service.socket], era: .legacy("2025-03-26"))
    try peer.send(line: Array(batch.utf8))
    let answers = try #require(try peer.next()?.arrayValue)
    #expect(answers.count == 4, "\(answers)")
    #expect(answers.first { $0["id"] == "a" }?["result"] == [:])
    #expect(answers.first { $0["id"] == "b" }?["result"]?["content"] != nil)
    #expect(answers.first { $0["id"] == "c" }?["error"]?["code"] == -32600, "no part of a batch")
    #expect(answers.first { $0["id"] == nil }?["error"]?["code"] == -32600)
    try peer.send(line: Array(#"[{"jsonrpc":"2.0","method":"notifications/x"}]"#.utf8))
    try peer.send(line: Array("[]".utf8))
    #expect(try peer.next()?["error"]?["code"] == -32600, "an empty one is no message; notifications have no answer")
    let later = try MCPPeer(service.program.folder, ["--socket", service.socket], era: .legacy("2025-06-18"))
    try later.send(line: Array(batch.utf8))
    #expect(try later.next()?["error"]?["code"] == -32600, "batches have gone again")
  }

  @Test func `what is no message is answered by the protocol's errors, and nothing else suffers`() throws {
    let program = try Program()
    let peer = try MCPPeer(program.folder)
    for (line, code) in [
      (Array("{".utf8), -32700), ([0xFF, 0xFE, 0x00], -32700), (Array(#"{"jsonrpc":"2.0","id":1}"#.utf8), -32600),
      (Array(#"{"jsonrpc":"1.0","id":2,"method":"ping"}"#.utf8), -32600),
      (Array(#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#.utf8), -32600),
      (Array(#"{"jsonrpc":"2.0","id":3,"method":"ping","params":[]}"#.utf8), -32602),
      (Array(repeating: UInt8(ascii: "["), count: 100_000), -32700),
      (Array(#"{"jsonrpc":"2.0","id":4,"method":"resources/list"}"#.utf8), -32601),
      (Array(#"{"jsonrpc":"2.0","id":5,"method":"tools/call"}"#.utf8), -32602),
      (Array(#"{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"no"}}"#.utf8), -32602),
      (
        Array(#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"get_job","arguments":[]}}"#.utf8),
        -32602
      ),
      (Array(#"{"jsonrpc":"2.0","id":8,"method":"tools/list","params":{"cursor":"x"}}"#.utf8), -32602),
      (Array(repeating: UInt8(ascii: "x"), count: (16 << 20) + 1), -32600),
    ] as [([UInt8], Int64)] {
      try peer.send(line: line)
      let answer = try peer.next()
      #expect(answer?["error"]?["code"] == .integer(code), "\(line.count) bytes: \(answer ?? .null)")
    }
    try peer.send(["jsonrpc": "2.0", "id": 77, "result": [:]])
    try peer.notify("notifications/cancelled", ["requestId": ["no": "id"]])
    try peer.notify("notifications/progress", [:])
    #expect(try peer.response(to: peer.request("ping"))["result"] == [:])
  }

  @Test func `whatever bytes come, it goes on`() throws {
    let program = try Program()
    let peer = try MCPPeer(program.folder)
    let whole = [
      #"{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"run_bash","arguments":{"command":"x"},"_meta":{"progressToken":1}}}"#,
      #"{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#,
      #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}"#,
      #"{"jsonrpc":"2.0","id":3,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{}}}"#,
      #"{"jsonrpc":"2.0","id":4,"result":{"action":"accept","content":{"decision":"approve"}}}"#,
    ].map { Array($0.utf8) }
    var random: UInt64 = 20_260_728
    func next(_ bound: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 33) % bound
    }
    for round in 0..<3_000 {
      var line = whole[next(whole.count)]
      for _ in 0...next(4) {
        switch next(3) {
        case 0: line[next(line.count)] = UInt8(next(256))
        case 1: line.remove(at: next(line.count))
        default: line.insert(contentsOf: line[..<next(min(line.count, 64))], at: next(line.count))
        }
      }
      try peer.send(line: line)
      // What began meanwhile ends before more of it comes.
      if round % 100 == 99 { try peer.send(["jsonrpc": "2.0", "id": "still there", "method": "ping"]) }
      if round % 100 == 99 { #expect(try peer.wait { $0["id"] == "still there" }["result"] == [:]) }
    }
    peer.closeInput()
    #expect(try peer.exitCode() == 0)
  }

  @Test func `arguments that a tool cannot take are told with their places, and nothing runs`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let peer = try MCPPeer(service.program.folder, ["--socket", service.socket])
    for (tool, arguments, part) in [
      ("run_bash", [:], "command"), ("run_bash", ["command": 7], "/command"),
      ("run_bash", ["command": "x", "shell": "zsh"], "shell"),
      ("run_bash", ["command": "x", "needs": ["read": ["relative"]]], "absolute"),
      ("run_bash", ["command": "x", "needs": ["raed": []]], "raed"),
      ("run_bash", ["command": "x", "limits": ["wall_ms": 0]], "wall_ms"),
      ("submit_job", [:], "plan"), ("submit_job", ["plan": ["steps": []], "recipe": ["name": "r"]], "only one"),
      ("get_job", ["job": "x", "wait_ms": 600_001], "wait_ms"), ("list_tools", ["limit": 0], "limit"),
      ("get_job", ["job": "job-99"], "job-99"), ("call_tool", ["name": "nope"], "nope"),
      ("run_plan", ["plan": ["steps": [["id": "a", "tool": "nope"]]]], "nope"),
    ] as [(String, JSON, String)] {
      let result = try peer.call(tool, arguments)
      #expect(result["isError"] == true && result.said.contains(part), "\(tool) \(arguments): \(result)")
      #expect(result.structured["state"] == "failed" && result.structured["error"]?["name"] != nil, "\(result)")
    }
    #expect(try service.run(["jobs", "--all", "--calls", "--json"]).json()["jobs"] == [])
  }

  @Test func `the catalog comes page by page, and is searched`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let peer = try MCPPeer(service.program.folder, ["--socket", service.socket])
    var names: [String] = []
    var cursor: JSON?
    repeat {
      var arguments: JSONObject = ["limit": 3]
      arguments["cursor"] = cursor
      let page = try peer.call("list_tools", .object(arguments)).structured
      let tools = page["tools"]?.arrayValue ?? []
      #expect((1...3).contains(tools.count) && page["total"] == 8, "\(page)")
      names += tools.compactMap { $0["name"]?.stringValue }
      cursor = page["next_cursor"]
    } while cursor != nil
    #expect(names == ["act", "big", "die", "echo", "fail", "hold", "pure", "release"])
    #expect(try peer.call("list_tools", ["query": "RELEA"]).structured["tools"]?.arrayValue?.count == 1)
    let one = try peer.call("list_tools", ["name": "echo"]).structured["tools"]?[0]
    #expect(one?["input_schema"]?["type"] == "object" && one?["idempotent"] == true, "\(one ?? .null)")
    #expect(try peer.call("list_tools", ["cursor": "zzz"]).structured["tools"] == [])
  }

  @Test func `no coordinator is no end: the answer says how it is started, and the next call finds it`() throws {
    let program = try Program()
    try program.addWorkers("examples/python")
    let peer = try MCPPeer(program.folder)
    let away = try peer.call("list_tools")
    #expect(away["isError"] == true && away.said.contains("bulkhead up"), "\(away)")
    #expect(try program.up().code == 0)
    #expect(
      try peer.call("call_tool", ["name": "upper", "input": ["text": "a"]]).structured["output"] == ["text": "A"]
    )
    #expect(try program.run(["down"]).code == 0)
    #expect(try peer.call("list_tools")["isError"] == true)
    #expect(try program.up().code == 0)
    #expect(
      try peer.call("call_tool", ["name": "upper", "input": ["text": "a"]]).structured["output"] == ["text": "A"]
    )
    peer.closeInput()
    #expect(try peer.exitCode() == 0)
  }
}
