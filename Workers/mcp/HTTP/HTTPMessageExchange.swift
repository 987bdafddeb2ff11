internal import HTTP
internal import MCP
internal import Posix

/// One request to an MCP server and what comes of it, over as many connections as it takes.
///
/// Safety: lives on the loop of its transport.
final class HTTPMessageExchange: HTTPReceiver, @unchecked Sendable {
  enum Purpose {
    case request(MessageID, isModern: Bool)
    /// A notification, or an answer of ours: nothing comes back.
    case notice
    /// That the session is open.
    case opening
    /// Messages that belong to no request.
    case stream
    /// The session ends.
    case farewell
  }

  private enum Mode {
    /// The head has not come.
    case waiting
    /// One message.
    case whole
    case events
    /// What a server says beside a status that is no success; nil: it is not read.
    case refusal(TransportFailure?)
    case nothing
  }

  let purpose: Purpose
  private(set) var events: ServerEvents
  /// The session in which it was sent.
  private(set) var session: String?
  private unowned let transport: HTTPTransport
  private var mode = Mode.waiting
  private var exchange: HTTPExchange?
  private var head = HTTPHead(status: 0, headers: [])
  private var body: [UInt8] = []
  /// Messages of a stream that are to be told.
  private var arrived: [[UInt8]] = []
  /// The last message of a stream: its answer, where the server has come to its end.
  private var last: [UInt8] = []
  private var fault: TransportFailure?
  private var isCancelled = false
  /// Connections that brought nothing, one after the other.
  private var resumptions = 0
  private var wasResumed = false
  private var timer: LoopTimer?

  private static let mostResumptions = 5
  /// Of an answer that is no success: what is read of it.
  private static let refusalBytes = 256 << 10
  /// Who asked says how long an answer may take.
  private static let patienceMS: Int64 = 7 * 24 * 3_600_000

  init(_ transport: HTTPTransport, _ purpose: Purpose, resuming events: ServerEvents? = nil) {
    self.transport = transport
    self.purpose = purpose
    self.events = events.map { ServerEvents(resuming: $0) } ?? ServerEvents(transport.limits)
  }

  func start(_ method: String, headers: [(String, String)], body: [UInt8]?) {
    let endpoint = transport.endpoint
    session = transport.sessionID
    let accept = method == "GET" ? "text/event-stream" : "application/json, text/event-stream"
    var request = HTTPRequest(
      method: method,
      url: endpoint.url,
      headers: endpoint.headers + [("accept", accept)] + headers.map { ($0.0, $0.1) },
      body: body
    )
    request.caFile = endpoint.caFile
    request.permits = { endpoint.permits($0, $1) }
    request.timeouts.firstByte = Self.patienceMS
    request.timeouts.idle = Self.patienceMS
    if case .farewell = purpose {
      request.timeouts.connect = HTTPTransport.farewellMS
      request.timeouts.firstByte = HTTPTransport.farewellMS
    }
    if case .opening = purpose { request.timeouts.firstByte = 10_000 }
    if case .notice = purpose { request.timeouts.firstByte = 30_000 }
    mode = .waiting
    fault = nil
    exchange = transport.client.start(request, self)
  }

  /// Ends it; its transport hears no more of it.
  func cancel() {
    isCancelled = true
    if let timer { transport.client.loop.cancel(timer) }
    exchange?.cancel()
  }

  /// The answer has come, though the server has not ended it.
  var hasAnswer: Bool {
    guard case .request(let id, _) = purpose, let messages = try? MCPMessage.read(last, transport.limits) else {
      return false
    }
    return messages.contains { message in
      switch message {
      case .success(.result(id, _)), .success(.error(id, _)): true
      default: false
      }
    }
  }

  // MARK: The answer

  func received(_ head: HTTPHead) {
    self.head = head
    mode = judge(head)
  }

  private func judge(_ head: HTTPHead) -> Mode {
    let type = head.first("content-type")?.split(separator: ";").first?.lowercased() ?? ""
    let kind = type.trimmingSpaces
    guard (200..<300).contains(head.status) else {
      fault = HTTPStatus.failure(head, inSession: session != nil)
      return .refusal(kind == "application/json" ? fault : nil)
    }
    switch purpose {
    case .notice, .opening, .farewell: return .nothing
    case .request, .stream: break
    }
    if let id = head.first("mcp-session-id") { transport.opened(id) }
    if kind == "text/event-stream" { return .events }
    if kind == "application/json", case .request = purpose { return .whole }
    fault = TransportFailure(.badResponse, "an answer of a type that the protocol does not have", status: head.status)
    return .nothing
  }

  func received(_ bytes: UnsafeRawBufferPointer) -> HTTPVerdict {
    switch mode {
    case .waiting, .nothing, .refusal(nil): return .enough
    case .whole:
      if body.count + bytes.count > transport.limits.messageBytes { return tooLarge() }
      body += bytes
      return .useful
    case .refusal:
      body += bytes.prefix(Self.refusalBytes - body.count)
      return body.count < Self.refusalBytes ? .useful : .enough
    case .events: return take(bytes)
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer) -> HTTPVerdict {
    let before = arrived.count
    let fits = events.take(bytes) { event in
      // An event without data only tells where to go on.
      if event.name == "message", event.data.contains(where: { $0 > 0x20 }) { arrived.append(event.data) }
    }
    if arrived.count > before {
      resumptions = 0
      // What the receiver does next may not be done inside of libcurl.
      if before == 0 { transport.client.loop.deferred { [self] in deliver() } }
    }
    if !fits { return tooLarge() }
    return arrived.count > before ? .useful : .useless
  }

  private func deliver() {
    let messages = arrived
    arrived = []
    for message in messages where !isCancelled {
      last = message
      transport.received(message, by: self)
    }
  }

  private func tooLarge() -> HTTPVerdict {
    let limit = transport.limits.messageBytes
    fault = TransportFailure(.tooLarge, "an answer exceeds the limit of \(limit) bytes", status: head.status)
    return .enough
  }

  func ended(_ error: HTTPError?) {
    exchange = nil
    if isCancelled { return }
    // Never inside of what the transport was asked to do.
    transport.client.loop.deferred { [self] in finish(error) }
  }

  private func finish(_ error: HTTPError?) {
    deliver()
    if isCancelled { return }
    if fault == nil, case .events = mode, resume() { return }
    if wasResumed, fault != nil || error != nil, fault?.kind != .tooLarge {
      // What was asked has reached the server: nothing here says that it may be asked again.
      let text = "the server's answer broke off and could not be taken up again"
      return transport.ended(self, TransportFailure(.connectionLost, text))
    }
    if let fault {
      if case .refusal = mode, tellRefusal() { return transport.ended(self, nil) }
      return transport.ended(self, fault)
    }
    if case .whole = mode, error == nil {
      transport.received(body, by: self)
      return isCancelled ? () : transport.ended(self, nil)
    }
    transport.ended(self, error.map { HTTPStatus.failure($0) })
  }

  /// A status from 400 to 499 may come with the protocol's own error, which says more.
  private func tellRefusal() -> Bool {
    guard (400..<500).contains(head.status), fault?.kind == .refused, case .request = purpose else { return false }
    guard let messages = try? MCPMessage.read(body, transport.limits, allowsBatch: false) else { return false }
    guard case .success(.error)? = messages.first else { return false }
    transport.received(body, by: self)
    return true
  }

  /// Takes a legacy server's stream up where it ended before its answer came.
  private func resume() -> Bool {
    guard case .request(_, isModern: false) = purpose, let lastID = events.lastID, !hasAnswer,
      resumptions < Self.mostResumptions
    else { return false }
    resumptions += 1
    wasResumed = true
    let wait = min(events.retryMS ?? HTTPTransport.shortestPauseMS, HTTPTransport.longestPauseMS)
    events = ServerEvents(resuming: events)
    timer = transport.client.loop.schedule(after: Milliseconds(wait)) { [weak self] in
      guard let self, !isCancelled else { return }
      timer = nil
      start("GET", headers: transport.sessionHeaders(lastID), body: nil)
    }
    return true
  }
}

extension String {
  /// Without the spaces around it.
  fileprivate var trimmingSpaces: Substring {
    var text = self[...]
    while text.first == " " || text.first == "\t" { text.removeFirst() }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
