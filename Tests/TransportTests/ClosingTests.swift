import JSON
import Testing

@testable import Posix
@testable import Transport
@testable import Wire

@Suite struct ClosingTests {
  @Test(arguments: Medium.allCases)
  func `close answers every outstanding request exactly once, in their order, before the owner is told`(medium: Medium)
    throws
  {
    // The peer answers some, and the close comes at a random point between.
    for round in 0..<100 {
      let joined = try Joined(medium)
      var answers = [Int](repeating: 0, count: 40)
      var closedFirst = false
      joined.coordinator.onClose = { _ in closedFirst = answers.contains(0) }
      joined.worker.onRequest = { [unowned joined] connection, id, _, _ in
        if Bool.random() { connection.respond(to: id, with: ToolResult(output: nil)) }
        if joined.worker.requests.count == round % 41 { joined.near.close(because: nil) }
      }
      for i in 0..<40 { joined.near.request(invocation(), timeout: 5000) { _ in answers[i] += 1 } }
      joined.run("some requests") { joined.worker.requests.count >= min(40, max(1, round % 41)) }
      joined.near.close(because: nil)
      joined.near.close(because: WireError(.internalError, "again"))
      joined.run("the peer's end") { joined.far.isClosed }
      #expect(answers == [Int](repeating: 1, count: 40))
      #expect(!closedFirst)
      #expect(joined.coordinator.closes.count == 1)
      #expect(joined.worker.closes.count == 1)
      #expect(joined.near.outstandingCount == 0)
    }
  }

  @Test func `completions of a close may send, close and answer without effect`() throws {
    let alone = try Alone(.pipes)
    alone.owner.onRequest = { _, _, _, _ in }
    try alone.peer.write(Violation.message("id", "9", "method", #""ping""#))
    alone.run { alone.owner.requests.count == 1 }
    var names: [WireError.Name?] = []
    let connection = alone.connection
    connection.request(invocation()) { result in
      if case .failure(let error) = result { names.append(error.name) }
      connection.request(Ping()) { if case .failure(let error) = $0 { names.append(error.name) } }
      connection.respond(to: .number(9), with: Empty())
      connection.notify(Cancel(id: .number(1), reason: .caller))
      connection.pauseReading()
      connection.resumeReading()
      connection.close(because: nil)
    }
    connection.close(because: WireError(.workerLost, "gone"))
    #expect(names == [.connectionClosed, .connectionClosed])
    #expect(alone.owner.closes == [WireError(.workerLost, "gone")])
    alone.settle()
  }

  @Test(arguments: Medium.allCases)
  func `a handler may close: nothing that was already read is delivered after it`(medium: Medium) throws {
    let alone = try Alone(medium)
    alone.owner.onRequest = { connection, _, _, _ in connection.close(because: nil) }
    let ping = (1...5).flatMap { Violation.message("id", "\($0)", "method", #""ping""#) }
    try alone.peer.write(ping)
    alone.run("the close") { alone.connection.isClosed }
    alone.settle()
    #expect(alone.owner.requests.count == 1)
    #expect(alone.owner.closes.count == 1)
  }

  @Test(arguments: Medium.allCases)
  func `an answer given just before the close is heard`(medium: Medium) throws {
    let alone = try Alone(medium)
    alone.owner.onRequest = { connection, id, _, _ in
      connection.respond(to: id, with: Empty())
      connection.close(because: nil)
    }
    try alone.peer.write(Violation.message("id", "1", "method", #""ping""#))
    alone.run("the close") { alone.connection.isClosed }
    #expect(try alone.peer.messages() == [["jsonrpc": "2.0", "id": 1, "result": [:]]])
  }

  @Test(arguments: Medium.allCases)
  func `the peer's last words are heard though writing to it has become impossible`(medium: Medium) throws {
    let alone = try Alone(medium)
    var result: Result<ToolResult, WireError>?
    alone.connection.request(invocation()) { result = $0 }
    alone.settle()
    try alone.peer.write(
      Violation.message("id", "1", "result", #"{"output":"done"}"#)
        + Violation.message("id", "null", "error", #"{"code":4024,"message":"farewell","data":{"name":"not_reading"}}"#)
    )
    alone.peer.close()
    // Both the write and the read are due in the same round; the write fails.
    for _ in 0..<3 { alone.connection.notify(Cancel(id: .number(1), reason: .caller)) }
    alone.run("the close") { alone.connection.isClosed }
    #expect(try result?.get().output == "done")
    #expect(alone.owner.closes == [WireError(.notReading, "farewell")])
  }

  @Test(arguments: Medium.allCases)
  func `what a peer wrote before it closed waits for a paused reader`(medium: Medium) throws {
    let alone = try Alone(medium)
    var result: Result<ToolResult, WireError>?
    alone.connection.request(invocation()) { result = $0 }
    alone.settle()
    alone.connection.pauseReading()
    try alone.peer.write(Violation.message("id", "1", "result", #"{"output":"done"}"#))
    alone.peer.close()
    alone.settle()
    #expect(result == nil)
    #expect(!alone.connection.isClosed)
    // A failed write must not lose it either.
    alone.connection.notify(Cancel(id: .number(1), reason: .caller))
    alone.settle()
    #expect(!alone.connection.isClosed)
    alone.connection.resumeReading()
    alone.run("the close") { alone.connection.isClosed }
    #expect(try result?.get().output == "done")
  }

  @Test func `a peer that closes only its input ends the connection once we write, queued bytes or not`() throws {
    for size in [10, 4 << 20] {
      let alone = try Alone(.pipes)
      var error: WireError?
      alone.connection.request(invocation(filler(size))) { if case .failure(let found) = $0 { error = found } }
      alone.settle()
      // Its output stays open, so that only the write side tells.
      alone.peer.closeInput()
      if size == 10 { alone.connection.notify(Cancel(id: .number(1), reason: .caller)) }
      alone.run("the close") { alone.connection.isClosed }
      #expect(error?.name == .connectionClosed)
      #expect(alone.owner.closes.first??.message.contains("broken pipe") == true)
    }
  }

  @Test func `sending after the close fails at once and sends nothing`() throws {
    let joined = try Joined(.socket)
    joined.near.close(because: nil)
    var name: WireError.Name?
    #expect(joined.near.request(invocation()) { if case .failure(let error) = $0 { name = error.name } } == nil)
    #expect(name == .connectionClosed)
    joined.near.notify(Cancel(id: .number(1), reason: .caller))
    joined.run("the peer's end") { joined.far.isClosed }
    #expect(joined.worker.closes == [nil], "an orderly end between two frames")
    #expect(joined.worker.notifications.isEmpty)
  }
}
