import JSON
import Synchronization
import Testing

@testable import Posix
@testable import Transport
@testable import Wire

@Suite struct ConversationTests {
  @Test(arguments: Medium.allCases)
  func `requests are answered in both directions at once`(medium: Medium) throws {
    let joined = try Joined(medium)
    var outputs: [JSON] = []
    for i in 0..<100 {
      joined.near.request(invocation(.integer(Int64(i)))) { outputs.append((try? $0.get().output) ?? "failed") }
      joined.far.request(ToolCall(tool: "t", input: .integer(Int64(1000 + i)))) {
        outputs.append((try? $0.get().output) ?? "failed")
      }
    }
    joined.run("200 answers") { outputs.count == 200 }
    let sorted = outputs.compactMap(\.integerValue).sorted()
    #expect(sorted == (0..<100).map { $0 } + (1000..<1100).map { $0 })
    #expect(joined.near.outstandingCount == 0 && joined.near.incomingCount == 0)
    #expect(joined.far.outstandingCount == 0 && joined.far.incomingCount == 0)
  }

  @Test(arguments: Medium.allCases)
  func `replies out of order reach the requests that they answer`(medium: Medium) throws {
    let joined = try Joined(medium)
    var waiting: [RequestID] = []
    joined.worker.onRequest = { connection, id, _, params in
      waiting.append(id)
      guard waiting.count == 50 else { return }
      for id in waiting.reversed() { connection.respond(to: id, with: ToolResult(output: id.json)) }
    }
    var answered: [(RequestID?, JSON?)] = []
    for _ in 0..<50 {
      var id: RequestID?
      id = joined.near.request(invocation()) { answered.append((id, try? $0.get().output)) }
    }
    joined.run("50 answers") { answered.count == 50 }
    #expect(answered.allSatisfy { $0.0?.json == $0.1 })
    #expect(answered.compactMap(\.0) == waiting.reversed())
  }

  @Test(arguments: Medium.allCases)
  func `notifications and replies arrive in the order of sending, whatever their size`(medium: Medium) throws {
    let joined = try Joined(medium)
    var order: [String] = []
    joined.coordinator.onNotification = { _, _, params in
      order.append(String(params["text"]?.stringValue?.prefix(5) ?? ""))
    }
    joined.worker.onRequest = { connection, id, _, _ in
      for i in 0..<200 {
        let text = "\(10_000 + i)" + String(repeating: "x", count: i % 7 == 0 ? 60_000 : 10)
        connection.notify(Progress(id: id, kind: .stdout, text: text))
      }
      connection.respond(to: id, with: ToolResult(output: nil))
    }
    joined.near.request(invocation()) { _ in order.append("reply") }
    joined.run("the reply") { order.last == "reply" }
    #expect(order == (0..<200).map { "\(10_000 + $0)" } + ["reply"])
  }

  @Test(arguments: Medium.allCases)
  func `a deadline answers the caller, asks to stop, and the late reply is no violation`(medium: Medium) throws {
    let joined = try Joined(medium)
    var asked: RequestID?
    joined.worker.onRequest = { connection, id, method, _ in
      if method == Ping.method { return connection.respond(to: id, with: Empty()) }
      asked = id
    }
    var results: [Result<ToolResult, WireError>] = []
    let id = joined.near.request(invocation(), timeout: 5) { results.append($0) }
    joined.run("the deadline") { !results.isEmpty }
    #expect(joined.near.outstandingCount == 1, "the reply is still due")
    joined.run("the request for a stop") { !joined.worker.notifications.isEmpty }
    if let asked { joined.far.respond(to: asked, with: ToolResult(output: "late")) }
    joined.run("the late reply") { joined.near.outstandingCount == 0 }
    var ponged = false
    joined.near.request(Ping()) { ponged = (try? $0.get()) != nil }
    joined.run("a ping afterwards") { ponged }
    #expect(results.count == 1)
    guard case .failure(let error)? = results.first else { return #expect(Bool(false)) }
    #expect(error.name == .deadlineExceeded)
    #expect(error.message == "no reply within 5 ms")
    #expect(joined.worker.notifications.map(\.method) == ["cancel"])
    #expect(joined.worker.notifications.first?.params == ["id": id?.json ?? nil, "reason": "deadline"])
    #expect(joined.coordinator.closes.isEmpty && joined.worker.closes.isEmpty)
  }

  @Test func `a deadline of initialize sends no cancel, which would be out of phase`() throws {
    let alone = try Alone(.pipes)
    alone.connection.gate.phase = .starting
    var error: WireError?
    let message = InitializeWorker(coordinator: Peer(name: "c", version: "1"), kind: "k", instance: 1, generation: 1)
    alone.connection.request(message, timeout: 1) { if case .failure(let found) = $0 { error = found } }
    alone.run("the deadline") { error != nil }
    alone.settle()
    #expect(error?.name == .deadlineExceeded)
    #expect(try alone.peer.messages().map { $0["method"]?.stringValue } == ["initialize"])
  }

  @Test func `a deadline towards a client sends no cancel either`() throws {
    let alone = try Alone(.socket, gate: PhaseGate(.client, receiver: .coordinator))
    var error: WireError?
    alone.connection.request(Ping(), timeout: 1) { if case .failure(let found) = $0 { error = found } }
    alone.run("the deadline") { error != nil }
    alone.settle()
    #expect(try alone.peer.messages().map { $0["method"]?.stringValue } == ["ping"])
  }

  @Test func `a reply before the deadline takes the timer with it`() throws {
    let joined = try Joined(.pipes)
    var results = 0
    joined.near.request(invocation(), timeout: 20) { _ in results += 1 }
    joined.run("the reply") { results == 1 }
    var later = false
    joined.loop.schedule(after: 30) { later = true }
    joined.run("the time after") { later }
    #expect(results == 1)
    #expect(joined.worker.notifications.isEmpty)
  }

  @Test(arguments: Medium.allCases)
  func `requests may be sent from within completions and handlers`(medium: Medium) throws {
    let joined = try Joined(medium)
    var depth = 0
    func next() {
      joined.near.request(invocation()) { _ in
        depth += 1
        if depth < 500 { next() }
      }
    }
    joined.worker.onRequest = { connection, id, _, _ in
      // A call of the worker's own, from inside the handler, before it answers.
      connection.request(ToolCall(tool: "t", input: nil, invocation: id)) { _ in
        connection.respond(to: id, with: ToolResult(output: nil))
      }
    }
    next()
    joined.run("500 nested calls") { depth == 500 }
    #expect(joined.coordinator.requests.count == 500)
  }

  @Test func `an unknown request is answered and the connection lives`() throws {
    let alone = try Alone(.socket)
    try alone.peer.write(
      frame(#"{"jsonrpc":"2.0","id":1,"method":"tool/cal"}"#) + frame(#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)
    )
    alone.run("both requests") { alone.owner.requests.count == 1 }
    alone.settle()
    let messages = try alone.peer.messages()
    #expect(messages.count == 2)
    #expect(messages.first?["id"] == 1)
    #expect(messages.first?["error"]?["code"] == -32601)
    #expect(messages.first?["error"]?["data"]?["name"] == "method_not_found")
    #expect(messages.first?["error"]?["message"] == "unknown method 'tool/cal' (did you mean 'tool/call'?)")
    #expect(messages.last?["id"] == 2)
    #expect(!alone.connection.isClosed)
    #expect(alone.connection.incomingCount == 0)
  }

  @Test func `a second answer to one request is not sent`() throws {
    let alone = try Alone(.pipes)
    alone.owner.onRequest = { connection, id, _, _ in
      connection.respond(to: id, with: Empty())
      connection.respond(to: id, with: Empty())
      connection.respond(to: id, failing: WireError(.internalError, "again"))
    }
    try alone.peer.write(frame(#"{"jsonrpc":"2.0","id":"x","method":"ping"}"#))
    alone.run { alone.owner.requests.count == 1 }
    alone.settle()
    #expect(try alone.peer.messages() == [["jsonrpc": "2.0", "id": "x", "result": [:]]])
  }

  @Test func `an answer or an error that is too large becomes a small error`() throws {
    var options = Connection.Options()
    options.frameBytes = 1000
    let alone = try Alone(.pipes, options)
    alone.owner.onRequest = { connection, id, _, _ in
      if id == .number(1) {
        connection.respond(to: id, with: ToolResult(output: filler(2000)))
      } else {
        connection.respond(to: id, failing: WireError(.toolFailed, String(repeating: "m", count: 2000)))
      }
    }
    try alone.peer.write(
      frame(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#) + frame(#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)
    )
    alone.run { alone.owner.requests.count == 2 }
    alone.settle()
    let messages = try alone.peer.messages()
    #expect(messages.map { $0["id"] } == [1, 2])
    #expect(messages.allSatisfy { $0["error"]?["data"]?["name"] == "frame_too_large" })
    #expect(!alone.connection.isClosed)
  }

  @Test func `a result that does not decode fails the request and names the member`() throws {
    let alone = try Alone(.pipes)
    var error: WireError?
    alone.connection.request(invocation()) { if case .failure(let found) = $0 { error = found } }
    try alone.peer.write(frame(#"{"jsonrpc":"2.0","id":1,"result":{"outptu":1}}"#))
    alone.run("the reply") { error != nil }
    #expect(error?.name == .invalidParams)
    #expect(error?.data["path"] == "/output")
  }
}
