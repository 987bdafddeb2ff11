import Glibc
import JSON
import Testing

@testable import Posix
@testable import Transport
@testable import Wire

@Suite struct BoundsTests {
  @Test(arguments: Medium.allCases)
  func `a side sends its limit of unanswered requests and not one more`(medium: Medium) throws {
    let joined = try Joined(medium)
    var held: [RequestID] = []
    joined.worker.onRequest = { _, id, _, _ in held.append(id) }
    var results: [Result<ToolResult, WireError>] = []
    for _ in 0..<Limit.outstanding { #expect(joined.near.request(invocation()) { results.append($0) } != nil) }
    #expect(results.isEmpty)
    #expect(joined.near.request(invocation()) { results.append($0) } == nil)
    guard case .failure(let error)? = results.first else { return #expect(Bool(false)) }
    #expect(error.name == .overloaded)
    #expect(error.message == "1024 unanswered requests reach the limit of 1024")
    joined.run("all requests") { held.count == Limit.outstanding }
    for id in held { joined.far.respond(to: id, with: ToolResult(output: nil)) }
    joined.run("all answers") { results.count == Limit.outstanding + 1 }
    #expect(joined.near.request(invocation()) { _ in } != nil, "there is room again")
  }

  @Test func `of a peer's requests the limit is taken and one more is refused, and the connection lives`() throws {
    let alone = try Alone(.socket)
    alone.owner.onRequest = { _, _, _, _ in }
    for id in 1...(Limit.outstanding + 1) {
      try alone.peer.write(Violation.message("id", "\(id)", "method", #""ping""#))
      if id % 100 == 0 { alone.settle(rounds: 3) }
    }
    alone.run("all requests") { alone.owner.requests.count == Limit.outstanding }
    alone.settle()
    #expect(alone.owner.requests.count == Limit.outstanding)
    let refused = try alone.peer.messages()
    #expect(refused.count == 1)
    #expect(refused.first?["id"] == 1025)
    #expect(refused.first?["error"]?["data"]?["name"] == "overloaded")
    #expect(!alone.connection.isClosed)
    alone.connection.respond(to: .number(1), with: Empty())
    try alone.peer.write(Violation.message("id", "2000", "method", #""ping""#))
    alone.run("one more") { alone.owner.requests.count == Limit.outstanding + 1 }
  }

  @Test func `the queue takes its bound of bytes and not one more`() throws {
    let size = try Frame.notification(Progress(id: .number(1), kind: .stdout, text: "0123456789")).bytes.count
    for over in [false, true] {
      var options = Connection.Options()
      options.queueBytes = size * 10 - (over ? 1 : 0)
      let alone = try Alone(.pipes, options)
      // Nothing leaves before the loop runs.
      for _ in 0..<10 { alone.connection.notify(Progress(id: .number(1), kind: .stdout, text: "0123456789")) }
      #expect(alone.connection.isClosed == over)
      if over {
        #expect(alone.owner.closes.map { $0?.name } == [.notReading])
        #expect(alone.owner.closes.first??.data["limit"] == "queue_bytes")
      } else {
        #expect(alone.connection.queuedBytes == options.queueBytes)
        var refusal: WireError?
        #expect(alone.connection.request(Ping()) { if case .failure(let error) = $0 { refusal = error } } == nil)
        #expect(refusal?.name == .overloaded, "a request that finds the queue full was not started")
        #expect(!alone.connection.isClosed)
      }
    }
  }

  @Test(arguments: Medium.allCases)
  func `a peer that never reads loses the connection after the stall timeout`(medium: Medium) throws {
    var options = Connection.Options()
    options.stallTimeout = 50
    let alone = try Alone(medium, options)
    var answered = 0
    alone.connection.request(invocation(filler(4 << 20))) { _ in answered += 1 }
    let start = BootTime.now
    alone.run("the close") { alone.connection.isClosed }
    #expect(BootTime.now.milliseconds(since: start) >= 45)
    #expect(answered == 1)
    #expect(alone.owner.closes.first??.name == .notReading)
    #expect(alone.owner.closes.first??.message.hasPrefix("peer read nothing for 50 ms while ") == true)
  }

  @Test(arguments: Medium.allCases)
  func `a peer that reads slowly keeps the connection`(medium: Medium) throws {
    var options = Connection.Options()
    options.stallTimeout = 100
    let alone = try Alone(medium, options)
    alone.connection.request(invocation(filler(2 << 20))) { _ in }
    var bytes = 0
    let start = BootTime.now
    alone.readPeer(atMost: 1 << 16, pause: 8) { bytes += $0.count }
    alone.run("all bytes") { alone.connection.isClosed || bytes > 2 << 20 }
    #expect(!alone.connection.isClosed)
    #expect(alone.connection.queuedBytes == 0)
    #expect(BootTime.now.milliseconds(since: start) > 100, "longer than the timeout in all")
  }
}

@Suite struct BackPressureTests {
  private static var small: Connection.Options {
    var options = Connection.Options()
    options.highWaterBytes = 100_000
    options.backlogBytes = 200_000
    return options
  }

  @Test(arguments: Medium.allCases)
  func `while a peer does not read, its requests wait and in the end it is not read either`(medium: Medium) throws {
    let alone = try Alone(medium, Self.small)
    alone.owner.onRequest = { connection, id, _, _ in
      connection.respond(to: id, with: ToolResult(output: filler(50_000)))
    }
    // Enough requests to fill every bound, written by hand so that the test knows when the pipe is full.
    var written = 0
    for id in 1... {
      guard alone.peer.canWrite else { break }
      try alone.peer.write(
        frame(
          #"{"jsonrpc":"2.0","id":\#(id),"method":"ping","params":{"meta":{"a":"\#(String(repeating: "x", count: 3000))"}}}"#
        )
      )
      written = id
      alone.settle(rounds: 4)
      if id > 2000 { break }
    }
    #expect(written < 1000, "reading stopped")
    #expect(alone.connection.queuedBytes <= 100_000 + 51_000)
    #expect(alone.connection.backlog.bytes <= 200_000 + 65_536)
    #expect(alone.owner.requests.count < 10)
    #expect(!alone.connection.isClosed)
    // It reads again: everything is served, in order.
    var bytes: [UInt8] = []
    alone.readPeer { bytes += $0 }
    alone.run("all answers") { alone.owner.requests.count == written && alone.connection.queuedBytes == 0 }
    bytes += alone.peer.available()
    #expect(try frames(in: bytes).compactMap { $0["id"]?.integerValue } == (1...Int64(written)).map { $0 })
  }

  @Test(arguments: Medium.allCases)
  func `requests glued into one read do not overrun the queue of a peer that reads`(medium: Medium) throws {
    // 50 small requests, each with an answer of 1 MB: more than the queue holds if all were served at once.
    let joined = try Joined(medium)
    let output = filler(1 << 20)
    joined.worker.onRequest = { connection, id, _, _ in connection.respond(to: id, with: ToolResult(output: output)) }
    var answers = 0
    var highest = 0
    for _ in 0..<50 {
      joined.near.request(invocation()) { result in
        if case .success = result { answers += 1 }
        highest = max(highest, joined.far.queuedBytes)
      }
    }
    joined.run("50 answers") { answers == 50 || joined.far.isClosed }
    #expect(answers == 50)
    #expect(joined.worker.closes.isEmpty)
    #expect(highest <= 3 << 20)
  }

  @Test(arguments: Medium.allCases)
  func `two sides that both send much do not wait for each other`(medium: Medium) throws {
    var options = Connection.Options()
    options.stallTimeout = isSanitized ? 50_000 : 5000
    let joined = try Joined(medium, near: options, far: options)
    let large = filler(3 << 20)
    joined.worker.onRequest = { connection, id, _, _ in connection.respond(to: id, with: ToolResult(output: large)) }
    joined.coordinator.onRequest = { connection, id, _, _ in connection.respond(to: id, with: ToolResult(output: large))
    }
    var answers = 0
    for _ in 0..<4 {
      joined.near.request(invocation(large)) { if case .success = $0 { answers += 1 } }
      joined.far.request(ToolCall(tool: "t", input: large)) { if case .success = $0 { answers += 1 } }
    }
    joined.run("8 answers") { answers == 8 || joined.near.isClosed }
    #expect(answers == 8)
  }

  @Test func `a cancel does not overtake the request that it is about`() throws {
    let alone = try Alone(.socket, Self.small)
    var order: [String] = []
    alone.owner.onRequest = { connection, id, _, _ in
      order.append("request \(id)")
      connection.respond(to: id, with: ToolResult(output: filler(500_000)))
    }
    alone.owner.onNotification = { _, method, params in order.append("\(method) \(params["id"] ?? nil)") }
    try alone.peer.write(
      Violation.message("id", "1", "method", #""ping""#) + Violation.message("id", "2", "method", #""ping""#)
        + Violation.message("method", #""cancel""#, "params", #"{"id":2}"#)
        + Violation.message("method", #""progress""#, "params", #"{"id":7}"#)
    )
    alone.settle()
    #expect(order == ["request 1", "progress 7"], "what only consumes is not held up")
    alone.readPeer()
    alone.run("the rest") { order.count == 4 }
    #expect(order.suffix(2) == ["request 2", "cancel 2"])
  }

  @Test(arguments: Medium.allCases)
  func `pauses nest, and paused bytes come after the last resume`(medium: Medium) throws {
    let alone = try Alone(medium)
    alone.connection.pauseReading()
    alone.connection.pauseReading()
    try alone.peer.write(Violation.message("id", "1", "method", #""ping""#))
    alone.settle()
    alone.connection.resumeReading()
    alone.settle()
    #expect(alone.owner.requests.isEmpty)
    alone.connection.resumeReading()
    alone.run("the request") { alone.owner.requests.count == 1 }
    alone.connection.resumeReading()
    alone.connection.pauseReading()
    try alone.peer.write(Violation.message("id", "2", "method", #""ping""#))
    alone.settle()
    #expect(alone.owner.requests.count == 1, "one resume too many is not saved up")
  }
}

extension Ends {
  /// Whether 4,096 bytes can be written without blocking.
  var canWrite: Bool {
    var descriptor = pollfd(fd: output?.raw ?? input?.raw ?? -1, events: Int16(POLLOUT), revents: 0)
    return poll(&descriptor, 1, 0) == 1
  }
}
