import Glibc
import JSON
import Testing

@testable import Posix
@testable import Transport
@testable import Wire

/// An owner that writes down what it is told and, unless told otherwise, answers every request with its input.
final class Recorder: ConnectionOwner {
  var keepsRequests = true
  var requests: [(id: RequestID, method: String)] = []
  var notifications: [(method: String, params: JSONObject)] = []
  /// One element per call of `closed`.
  var closes: [WireError?] = []
  var onRequest: ((Connection, RequestID, String, JSONObject) -> Void)?
  var onNotification: ((Connection, String, JSONObject) -> Void)?
  var onClose: ((Connection) -> Void)?

  func received(request id: RequestID, _ method: String, _ params: JSONObject, on connection: Connection) {
    if keepsRequests { requests.append((id, method)) }
    if let onRequest { return onRequest(connection, id, method, params) }
    connection.respond(to: id, with: ToolResult(output: params["input"] ?? nil))
  }

  func received(notification method: String, _ params: JSONObject, on connection: Connection) {
    notifications.append((method, params))
    onNotification?(connection, method, params)
  }

  func closed(_ connection: Connection, because error: WireError?) {
    closes.append(error)
    onClose?(connection)
  }
}

enum Medium: CaseIterable, Sendable {
  case pipes, socket

  /// The descriptors of both ends; `output` nil for a socket.
  func make() throws -> (near: Ends, far: Ends) {
    signal(SIGPIPE, SIG_IGN)
    switch self {
    case .pipes:
      var toFar = try DescriptorPair.pipe()
      var toNear = try DescriptorPair.pipe()
      return (
        Ends(toNear.takeFirst(), toFar.takeSecond()), Ends(toFar.takeFirst(), toNear.takeSecond())
      )
    case .socket:
      var pair = try DescriptorPair.sockets()
      return (Ends(pair.takeFirst(), nil), Ends(pair.takeSecond(), nil))
    }
  }
}

/// One side's descriptors, until a connection takes them.
final class Ends {
  var input: Descriptor?
  var output: Descriptor?

  init(_ input: consuming Descriptor, _ output: consuming Descriptor?) {
    self.input = consume input
    self.output = consume output
  }

  func connect(
    _ loop: EventLoop,
    _ gate: PhaseGate,
    _ owner: any ConnectionOwner,
    _ options: Connection.Options = .init()
  ) throws -> Connection {
    guard let input = input.take() else { throw PosixError("connect", errno: EBADF) }
    let connection = try Connection(
      loop: loop,
      input: input,
      output: output.take(),
      gate: gate,
      owner: owner,
      options: options
    )
    connection.gate.phase = .ready
    return connection
  }

  private var outputRaw: Int32 { output?.raw ?? input?.raw ?? -1 }

  // MARK: As a peer without a connection

  /// Blocking; for what fits the pipe.
  func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send($0) }
      if count < 0 { throw PosixError.current("write") }
      rest = rest.dropFirst(count)
    }
  }

  private func send(_ bytes: UnsafeRawBufferPointer) -> Int {
    output == nil
      ? Glibc.send(outputRaw, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      : Glibc.write(outputRaw, bytes.baseAddress, bytes.count)
  }

  /// What can be read at once.
  func available(atMost limit: Int = .max) -> [UInt8] {
    guard let raw = input?.raw else { return [] }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while result.count < limit {
      var descriptor = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
      guard poll(&descriptor, 1, 0) == 1, descriptor.revents & Int16(POLLIN) != 0 else { return result }
      let count = read(raw, &chunk, chunk.count)
      if count <= 0 { return result }
      result += chunk[..<count]
    }
    return result
  }

  /// The messages that can be read at once; a partial frame at the end is an error.
  func messages() throws -> [JSON] { try frames(in: available()) }

  func closeInput() { input = nil }
  func closeOutput() { output = nil }
  func close() {
    input = nil
    output = nil
  }
}

func frames(in bytes: [UInt8]) throws -> [JSON] {
  var decoder = FrameDecoder()
  bytes.withUnsafeBytes { decoder.append($0) }
  var messages: [JSON] = []
  while let payload = try decoder.next({ (bytes) throws(WireError) in Array(bytes) }) {
    messages.append(try JSON(parsing: payload))
  }
  try decoder.finish()
  return messages
}

func frame(_ text: String) -> [UInt8] {
  let count = UInt32(text.utf8.count)
  return [UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)] + Array(text.utf8)
}

/// Coordinator and worker, joined, on one loop that the test runs. Closes both in the end, so that nothing stays.
final class Joined {
  let loop: EventLoop
  let coordinator = Recorder()
  let worker = Recorder()
  let near: Connection
  let far: Connection

  init(_ medium: Medium, near nearOptions: Connection.Options = .init(), far farOptions: Connection.Options = .init())
    throws
  {
    loop = try EventLoop()
    let ends = try medium.make()
    near = try ends.near.connect(loop, PhaseGate(.worker, receiver: .coordinator), coordinator, nearOptions)
    far = try ends.far.connect(loop, PhaseGate(.worker, receiver: .peer), worker, farOptions)
  }

  deinit {
    near.close(because: nil)
    far.close(because: nil)
  }

  func run(_ what: String = "", until condition: @escaping () -> Bool) { runLoop(loop, what, until: condition) }
}

/// A coordinator's connection whose peer is the test itself.
final class Alone {
  let loop: EventLoop
  let owner = Recorder()
  let connection: Connection
  let peer: Ends

  init(_ medium: Medium, _ options: Connection.Options = .init(), gate: PhaseGate? = nil) throws {
    loop = try EventLoop()
    let ends = try medium.make()
    peer = ends.far
    connection = try ends.near.connect(loop, gate ?? PhaseGate(.worker, receiver: .coordinator), owner, options)
  }

  deinit { connection.close(because: nil) }

  func run(_ what: String = "", until condition: @escaping () -> Bool) { runLoop(loop, what, until: condition) }

  /// From now on the peer reads, at most `limit` bytes every `pause` milliseconds.
  func readPeer(atMost limit: Int = .max, pause: Milliseconds = 0, _ body: @escaping ([UInt8]) -> Void = { _ in }) {
    loop.schedule(after: pause) { [weak self] in
      guard let self else { return }
      body(peer.available(atMost: limit))
      readPeer(atMost: limit, pause: pause, body)
    }
  }

  /// Lets everything that is ready happen: each round asks the descriptors once.
  func settle(rounds: Int = 50) {
    var left = rounds
    func again() {
      left -= 1
      if left == 0 { loop.stop() } else { loop.deferred(again) }
    }
    loop.deferred(again)
    loop.run()
  }
}

/// Runs `loop` until `condition` holds after some event, at most ten seconds (a minute under a sanitizer).
func runLoop(_ loop: EventLoop, _ what: String, until condition: @escaping () -> Bool) {
  if condition() { return }
  let deadline = BootTime.now + (isSanitized ? 60_000 : 10_000)
  var isOver = false
  func check() {
    if isOver { return }
    if condition() {
      loop.stop()
    } else if BootTime.now > deadline {
      Issue.record("not in time: \(what)")
      loop.stop()
    } else {
      loop.schedule(after: 1, check)
    }
  }
  loop.deferred(check)
  loop.run()
  isOver = true
}

func invocation(_ input: JSON = nil, timeoutMS: Int64 = 1000) -> ToolInvoke {
  ToolInvoke(
    tool: "t",
    input: input,
    job: "j",
    step: "s",
    attempt: 1,
    idempotencyKey: "k",
    timeoutMS: timeoutMS
  )
}

/// A text whose frame takes about `bytes`.
func filler(_ bytes: Int) -> JSON { .string(String(repeating: "x", count: bytes)) }
