import JSON
import MCP
import MCPHTTP
import Posix
import ProviderServer
import Synchronization
import Testing

struct TransportTests {
  private static let call = ClientRequest.callTool(name: "t", arguments: [:])

  private static func code(_ result: Result<ClientReply, ClientFailure>) -> ClientFailure.Code? {
    if case .failure(let failure) = result { failure.code } else { nil }
  }

  // MARK: Answers

  @Test(arguments: [true, false]) func `answers come as one message or as a stream of them`(modern: Bool) async throws {
    let server = try ScriptedServer(modern: modern) { method, body, _ in
      guard method == "tools/call" else { return nil }
      let id = body["id"] ?? .null
      let progress =
        #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":\#(id),"progress":1}}"#
      let answer = #"{"jsonrpc":"2.0","id":\#(id),"result":{"content":[{"type":"text","text":"streamed"}]}}"#
      let text = ": hello\n\n" + ScriptedServer.event(progress) + ScriptedServer.event(answer)
      let middle = text.index(text.startIndex, offsetBy: 60)
      return .pieces([(0, String(text[..<middle])), (20, String(text[middle...]))])
    }
    defer { server.stop() }
    let session = try LiveSession(server.url)
    #expect(try await session.tool("t", progress: true).content == [.text("streamed")])
    let list = try await session.call(.listTools).get()
    guard case .tools(let listing) = list else { return #expect(Bool(false)) }
    #expect(listing.items.map(\.name) == ["t"])
    #expect(session.seen.progress == [1])
    try await session.stop()
  }

  @Test func `a modern request says in its headers what it is, and our own headers go along`() async throws {
    let server = try ScriptedServer(modern: true)
    defer { server.stop() }
    let session = try LiveSession(server.url, headers: [("Authorization", "Bearer secret-word")])
    _ = try await session.tool("t")
    let request = try #require(server.server.requests.last { $0.headers["mcp-method"] == "tools/call" })
    #expect(request.headers["mcp-name"] == "t" && request.headers["mcp-protocol-version"] == "2026-07-28")
    #expect(request.headers["authorization"] == "Bearer secret-word")
    #expect(request.headers["content-type"] == "application/json")
    #expect(request.headers["accept"] == "application/json, text/event-stream")
    #expect(request.headers["mcp-session-id"] == nil)
    try await session.stop()
    // There is no session to end.
    #expect(!server.methods.contains("DELETE"))
  }

  // MARK: Failures

  @Test(arguments: [
    (401, TransportFailure.Kind.unauthorized), (403, .forbidden), (301, .redirected), (307, .redirected),
    (429, .overloaded), (503, .overloaded), (500, .badStatus), (421, .badStatus),
  ])
  func `no status of these leads to the old era`(status: Int, kind: TransportFailure.Kind) async throws {
    let server = try ScriptedServer(modern: false) { _, body, _ in
      .whole(
        status: status,
        headers: [("content-type", "application/json"), ("location", "http://127.0.0.1:1/other")],
        body: #"{"jsonrpc":"2.0","id":\#(body["id"] ?? .null),"error":{"code":-32601,"message":"secret-word"}}"#
      )
    }
    defer { server.stop() }
    let session = try LiveSession(server.url, headers: [("X-Key", "secret-word")])
    #expect(Self.code(await session.call(Self.call)) == .transport(kind))
    #expect(session.seen.failure?.code == .transport(kind))
    #expect(server.methods == ["server/discover"])
    #expect(!session.seen.texts.joined().contains("secret-word"))
    try await session.stop()
  }

  @Test(arguments: [
    (400, "text/plain", ""), (400, "application/json", #"{"error":"what"}"#), (404, "text/html", "<html>"),
    (405, "text/plain", ""),
    (
      400, "application/json",
      #"{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Missing session ID"}}"#
    ),
  ])
  func `an old server is known by what it refuses, and how`(status: Int, type: String, body: String) async throws {
    let server = try ScriptedServer(modern: false) { method, _, _ in
      method == "server/discover" ? .whole(status: status, headers: [("content-type", type)], body: body) : nil
    }
    defer { server.stop() }
    let session = try LiveSession(server.url)
    #expect(try await session.tool("t").content == [.text("done")])
    #expect(session.seen.introductions.first?.version == .v20251125)
    try await session.stop()
  }

  @Test func `a modern error in a refusal is taken at its word`() async throws {
    let server = try ScriptedServer(modern: true) { method, body, _ in
      method == "server/discover"
        ? ScriptedServer.error(body, -32022, status: 400, data: #"{"supported":["2031-01-01"]}"#) : nil
    }
    defer { server.stop() }
    let session = try LiveSession(server.url)
    #expect(Self.code(await session.call(Self.call)) == .noCommonVersion)
    #expect(server.methods == ["server/discover"])
    try await session.stop()
  }

  @Test func `an unknown method is the server's error, though it comes as 404`() async throws {
    let server = try ScriptedServer(modern: true) { method, body, _ in
      method == "tools/call" ? ScriptedServer.error(body, -32601, status: 404) : nil
    }
    defer { server.stop() }
    let session = try LiveSession(server.url)
    #expect(Self.code(await session.call(Self.call)) == .server(.methodNotFound))
    try await session.stop()
  }

  @Test func `what is no answer fails its call`() async throws {
    let replies = Mutex<[ProviderServer.Reply]>([
      .whole(headers: [("content-type", "text/html")], body: "<html>"), .whole(body: "no json"), .whole(body: "[]"),
      .hangUp, .raw("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"),
      .pieces([(0, "data: nonsense\n\n")]), .pieces([(0, ": nothing\n\n")]), .whole(status: 202, headers: [], body: ""),
      .pieces([(0, "data: {\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}\n\n")]), .raw("nonsense\r\n\r\n"),
    ])
    let server = try ScriptedServer(modern: true) { method, _, _ in
      method == "tools/call" ? replies.withLock { $0.removeFirst() } : nil
    }
    defer { server.stop() }
    let session = try LiveSession(server.url)
    while !replies.withLock({ $0.isEmpty }) {
      let code = Self.code(await session.call(Self.call))
      switch code {
      case .badAnswer, .transport(.badResponse), .transport(.connectionLost): break
      default: Issue.record("\(String(describing: code)) with \(replies.withLock { $0.count }) replies left")
      }
    }
    #expect(session.seen.failure == nil)
    try await session.stop()
  }

  @Test func `an answer beyond the limit costs no more than the limit`() async throws {
    let large = String(repeating: "x", count: 100_000)
    let server = try ScriptedServer(modern: true) { method, body, _ in
      guard method == "tools/call" else { return nil }
      if body["params"]?["arguments"]?["stream"] == true { return .endless("data: \(large)", wait: 0) }
      return ScriptedServer.result(body, #"{"content":[{"type":"text","text":"\#(large)"}]}"#)
    }
    defer { server.stop() }
    var limits = MCPLimits()
    limits.messageBytes = 50_000
    let session = try LiveSession(server.url, limits: limits)
    #expect(Self.code(await session.call(Self.call)) == .transport(.tooLarge))
    let stream = ClientRequest.callTool(name: "t", arguments: ["stream": true])
    #expect(Self.code(await session.call(stream)) == .transport(.tooLarge))
    try await session.stop()
  }

  // MARK: Giving up

  @Test(arguments: [true, false]) func `a call that is given up closes its connection`(modern: Bool) async throws {
    let server = try ScriptedServer(modern: modern) { method, _, _ in
      method == "tools/call" ? .endless(": waiting\n\n", wait: 10) : nil
    }
    defer { server.stop() }
    let session = try LiveSession(server.url) { $0.listens = false }
    let task = Task { await session.call(Self.call) }
    while !server.methods.contains("tools/call") { try await Task.sleep(for: .milliseconds(5)) }
    let before = server.server.closedByPeer
    task.cancel()
    #expect(Self.code(await task.value) == .cancelled)
    for _ in 0..<1000 where server.server.closedByPeer == before { try await Task.sleep(for: .milliseconds(5)) }
    #expect(server.server.closedByPeer > before)
    if !modern {
      for _ in 0..<1000 where !server.methods.contains("notifications/cancelled") {
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    #expect(server.methods.contains("notifications/cancelled") == !modern)
    try await session.stop()
  }

  @Test func `a server that is silent is given up in time`() async throws {
    let server = try ScriptedServer(modern: true) { method, _, _ in method == "tools/call" ? .silence : nil }
    defer { server.stop() }
    let session = try LiveSession(server.url)
    #expect(Self.code(await session.call(Self.call, timeout: 200)) == .timedOut)
    #expect(Self.code(await session.call(.listTools)) == nil)
    try await session.stop()
  }
}
