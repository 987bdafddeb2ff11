import JSON
import MCP
import Posix
import ProviderServer
import Synchronization
import Testing

/// What only servers of the old era have over HTTP.
struct LegacySessionTests {
  private static let call = ClientRequest.callTool(name: "t", arguments: [:])

  @Test func `a session's id goes along until its end, which the server is told`() async throws {
    let server = try ScriptedServer(modern: false)
    defer { server.stop() }
    let session = try LiveSession(server.url) { $0.remembered = .v20250618 }
    _ = try await session.tool("t")
    try await session.stop()
    let requests = server.server.requests
    #expect(requests[0].headers["mcp-session-id"] == nil && requests[0].headers["mcp-protocol-version"] == nil)
    #expect(requests.dropFirst().allSatisfy { $0.headers["mcp-session-id"] == "session-1" })
    #expect(requests.dropFirst().allSatisfy { $0.headers["mcp-protocol-version"] == "2025-11-25" })
    #expect(server.methods.last == "DELETE" && server.methods.contains("GET"))
  }

  @Test func `nothing is asked before the server knows that the session is open`() async throws {
    let times = Mutex<[(method: String, time: BootTime)]>([])
    let server = try ScriptedServer(modern: false) { method, _, _ in
      times.withLock { $0.append((method, .now)) }
      return method == "notifications/initialized" ? .pieces([(200, " ")], type: "text/plain") : nil
    }
    defer { server.stop() }
    let session = try LiveSession(server.url) { $0.remembered = .v20251125 }
    _ = try await session.tool("t")
    try await session.stop()
    let seen = times.withLock { $0 }
    let opening = try #require(seen.first { $0.method == "notifications/initialized" })
    for other in seen where ["tools/call", "GET"].contains(other.method) {
      #expect(other.time.milliseconds(since: opening.time) >= 150, "\(other.method)")
    }
    #expect(seen.map(\.method).contains("GET"))
  }

  @Test func `a session that the server forgot is opened anew, and the call is made in it`() async throws {
    let lost = Mutex(false)
    let server = try ScriptedServer(modern: false) { method, body, request in
      guard method == "tools/call", request.headers["mcp-session-id"] == "session-1" else { return nil }
      lost.withLock { $0 = true }
      let text = #"{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Session not found"}}"#
      return .whole(status: 404, body: text)
    }
    defer { server.stop() }
    let session = try LiveSession(server.url) { $0.remembered = .v20251125 }
    #expect(try await session.tool("t").content == [.text("done")])
    #expect(lost.withLock { $0 } && session.seen.introductions.count == 2)
    let again = try #require(server.server.requests.last { ScriptedServer.method($0).0 == "initialize" })
    #expect(again.headers["mcp-session-id"] == nil)
    try await session.stop()
    #expect(server.server.requests.last?.headers["mcp-session-id"] == "session-2")
  }

  @Test func `a session that is lost again and again fails the call, and is not opened without end`() async throws {
    let server = try ScriptedServer(modern: false) { method, _, _ in
      method == "tools/call" ? .whole(status: 404, headers: [], body: "") : nil
    }
    defer { server.stop() }
    let session = try LiveSession(server.url) { $0.remembered = .v20251125 }
    let result = await session.call(Self.call)
    guard case .failure(let failure) = result else { return #expect(Bool(false)) }
    #expect(failure.code == .transport(.sessionLost))
    #expect(server.methods.filter { $0 == "initialize" }.count == 2)
    try await session.stop()
  }

  @Test func `a stream that breaks off is taken up where it ended`() async throws {
    let call = Mutex(JSON.null)
    let server = try ScriptedServer(modern: false) { method, body, request in
      switch method {
      case "tools/call":
        call.withLock { $0 = body["id"] ?? .null }
        let note = #"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#
        return .pieces([(0, "id: e1\nretry: 20\ndata:\n\n"), (10, ScriptedServer.event(note, id: "e2"))], isCut: true)
      case "GET":
        guard let last = request.headers["last-event-id"] else { return .whole(status: 405, headers: [], body: "") }
        // Once more in vain, then the answer.
        if last == "e2" { return .pieces([(0, "id: e3\ndata:\n\n")]) }
        let id = call.withLock { $0 }
        let answer = #"{"jsonrpc":"2.0","id":\#(id),"result":{"content":[{"type":"text","text":"whole"}]}}"#
        return .pieces([(0, ScriptedServer.event(answer, id: "e4"))])
      default: return nil
      }
    }
    defer { server.stop() }
    let session = try LiveSession(server.url) {
      $0.remembered = .v20251125
      $0.logLevel = .info
    }
    #expect(try await session.tool("t").content == [.text("whole")])
    #expect(session.seen.logs.count == 1)
    let resumed = server.server.requests.compactMap { $0.headers["last-event-id"] }
    #expect(resumed == ["e2", "e3"])
    #expect(server.methods.filter { $0 == "tools/call" }.count == 1)
    try await session.stop()
  }

  @Test(arguments: [404, 405, 500]) func `a stream that cannot be taken up fails its call, which is not made twice`(
    status: Int
  ) async throws {
    let server = try ScriptedServer(modern: false) { method, _, _ in
      switch method {
      case "tools/call": .pieces([(0, "id: e1\nretry: 10\ndata:\n\n")], isCut: true)
      case "GET": .whole(status: status, headers: [], body: "")
      default: nil
      }
    }
    defer { server.stop() }
    let session = try LiveSession(server.url) { $0.remembered = .v20251125 }
    guard case .failure(let failure) = await session.call(Self.call) else { return #expect(Bool(false)) }
    #expect(failure.code == .transport(.connectionLost))
    #expect(server.methods.filter { $0 == "tools/call" }.count == 1)
    try await session.stop()
  }

  @Test func `a server that breaks each stream off is not asked without end`() async throws {
    let server = try ScriptedServer(modern: false) { method, _, request in
      switch method {
      case "tools/call": .pieces([(0, "id: e1\nretry: 1\ndata:\n\n")], isCut: true)
      case "GET" where request.headers["last-event-id"] != nil: .pieces([(0, "id: e1\n\n")])
      case "GET": .whole(status: 405, headers: [], body: "")
      default: nil
      }
    }
    defer { server.stop() }
    let session = try LiveSession(server.url) { $0.remembered = .v20251125 }
    guard case .failure(let failure) = await session.call(Self.call) else { return #expect(Bool(false)) }
    #expect(failure.code == .transport(.connectionLost))
    #expect(server.methods.filter { $0 == "GET" }.count <= 7)
    try await session.stop()
  }

  @Test func `what belongs to no request comes on a stream of its own, which is opened again`() async throws {
    let streams = Mutex(0)
    let server = try ScriptedServer(modern: false) { method, _, request in
      guard method == "GET" else { return nil }
      let number = streams.withLock {
        $0 += 1
        return $0
      }
      let note = #"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#
      let event = ScriptedServer.event(note, id: "s\(number)")
      return number == 1 ? .pieces([(0, event)]) : .pieces([(0, event), (60_000, "")])
    }
    defer { server.stop() }
    let session = try LiveSession(server.url) { $0.remembered = .v20251125 }
    try await session.wait("for two notices") { $0.changes.count >= 2 && Set($0.changes) == [.tools] }
    #expect(server.server.requests.compactMap { $0.headers["last-event-id"] }.first == "s1")
    try await session.stop()
  }

  @Test func `a server's question on the stream is answered`() async throws {
    let server = try ScriptedServer(modern: false) { method, _, _ in
      guard method == "GET" else { return nil }
      return .pieces([(0, ScriptedServer.event(#"{"jsonrpc":"2.0","id":"q","method":"ping"}"#)), (60_000, "")])
    }
    defer { server.stop() }
    let session = try LiveSession(server.url) { $0.remembered = .v20251125 }
    for _ in 0..<1000 where !server.methods.contains("answer") { try await Task.sleep(for: .milliseconds(5)) }
    let answer = try #require(server.server.requests.first { ScriptedServer.method($0).0 == "answer" })
    #expect(ScriptedServer.method(answer).1 == ["jsonrpc": "2.0", "id": "q", "result": [:]])
    #expect(answer.headers["mcp-session-id"] == "session-1")
    try await session.stop()
  }

  @Test func `a session's id that is no id is not sent back`() async throws {
    let server = try ScriptedServer(modern: false) { method, body, _ in
      guard method == "initialize" else { return nil }
      return ScriptedServer.result(
        body,
        #"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}}}"#,
        headers: [("mcp-session-id", "a b\u{E9}")]
      )
    }
    defer { server.stop() }
    let session = try LiveSession(server.url) { $0.remembered = .v20251125 }
    _ = try await session.tool("t")
    #expect(server.server.requests.allSatisfy { $0.headers["mcp-session-id"] == nil })
    try await session.stop()
    #expect(!server.methods.contains("DELETE"))
  }
}
