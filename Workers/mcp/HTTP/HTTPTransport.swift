package import HTTP
package import MCP
internal import Posix

/// Streamable HTTP: each message is a request of its own, whose answer is one message or a stream of them.
///
/// It keeps a legacy server's session: its id, the stream for messages that belong to no request, streams that are taken
/// up where they broke. A modern server has none of these.
///
/// Safety: lives on the loop of its client.
package final class HTTPTransport: MCPTransport, @unchecked Sendable {
  package weak var receiver: (any MCPTransportReceiver)?

  let endpoint: HTTPEndpoint
  let client: HTTPClient
  let limits: MCPLimits
  private var exchanges: [ObjectIdentifier: HTTPMessageExchange] = [:]
  /// By the requests whose answers they carry.
  private var byRequest: [MessageID: HTTPMessageExchange] = [:]
  private var stream: HTTPMessageExchange?
  private var streamTimer: LoopTimer?
  private var streamPauseMS = HTTPTransport.shortestPauseMS
  /// Of a legacy session.
  private(set) var sessionID: String?
  /// What its messages said last.
  private var version: String?
  /// Messages wait while the server has not confirmed that the session is open: it would refuse them.
  private var held: [OutgoingMessage]?
  private var isStreamHeld = false
  private var isClosing = false
  private var isClosed = false

  static let shortestPauseMS: Int64 = 1_000
  static let longestPauseMS: Int64 = 60_000
  /// Exchanges under way at most.
  private static let mostExchanges = 512
  private static let longestSessionID = 1024
  /// How long a server may take to hear that a session ends.
  static let farewellMS: Int64 = 2_000

  package init(_ endpoint: HTTPEndpoint, by client: HTTPClient, limits: MCPLimits = MCPLimits()) {
    self.endpoint = endpoint
    self.client = client
    self.limits = limits
  }

  /// An exchange does not outlive it.
  deinit { for exchange in exchanges.values { exchange.cancel() } }

  // MARK: For the session

  package func send(_ message: OutgoingMessage) {
    guard !isClosing else { return }
    if held != nil {
      held?.append(message)
      return
    }
    if message.opensSession { forgetSession() }
    var purpose = HTTPMessageExchange.Purpose.notice
    switch message.message {
    case .request(let id, _, _): purpose = .request(id, isModern: message.headers.contains { $0.name == "Mcp-Method" })
    case .notification("notifications/initialized", _):
      held = []
      purpose = .opening
    default: break
    }
    post(message, purpose)
  }

  package func abandon(_ request: MessageID) {
    held?.removeAll { if case .request(request, _, _) = $0.message { true } else { false } }
    guard let exchange = byRequest.removeValue(forKey: request) else { return }
    exchanges[ObjectIdentifier(exchange)] = nil
    exchange.cancel()
  }

  package func openStream() {
    guard !isClosing, stream == nil else { return }
    if held == nil { listen(resuming: nil) } else { isStreamHeld = true }
  }

  package func close() {
    guard !isClosing else { return }
    isClosing = true
    cancelAll()
    guard sessionID != nil else { return finishClosing(nil) }
    let farewell = HTTPMessageExchange(self, .farewell)
    exchanges[ObjectIdentifier(farewell)] = farewell
    farewell.start("DELETE", headers: sessionHeaders(nil), body: nil)
    sessionID = nil
  }

  /// Little time is left. There is nothing to hasten: an end takes no longer than `farewellMS`.
  package func hurry() {}

  /// Ends it without a word to the server.
  package func kill() {
    isClosing = true
    cancelAll()
    finishClosing(TransportFailure(.ended, "the connection was given up"))
  }

  // MARK: Exchanges

  private func post(_ message: OutgoingMessage, _ purpose: HTTPMessageExchange.Purpose) {
    guard makeRoom() else {
      if case .request(let id, _) = purpose {
        client.loop.deferred { [weak self] in
          let text = "more than \(Self.mostExchanges) requests are under way"
          self?.receiver?.failed(id, TransportFailure(.overloaded, text))
        }
      }
      return
    }
    let exchange = HTTPMessageExchange(self, purpose)
    exchanges[ObjectIdentifier(exchange)] = exchange
    if case .request(let id, _) = purpose { byRequest[id] = exchange }
    var headers: [(String, String)] = [("content-type", "application/json")]
    for header in message.headers { headers.append((header.name, header.value)) }
    if let sessionID { headers.append(("mcp-session-id", sessionID)) }
    if case .request(_, isModern: true) = purpose {
      version = nil
    } else if let said = message.headers.first(where: { $0.name == "MCP-Protocol-Version" })?.value {
      version = said
    }
    exchange.start("POST", headers: headers, body: message.message.serialized())
  }

  /// The stream for messages that belong to no request, from where another one ended.
  private func listen(resuming events: ServerEvents?) {
    guard makeRoom() else { return }
    let exchange = HTTPMessageExchange(self, .stream, resuming: events)
    exchanges[ObjectIdentifier(exchange)] = exchange
    stream = exchange
    exchange.start("GET", headers: sessionHeaders(events?.lastID), body: nil)
  }

  /// What a request without a body says beside the endpoint's own headers.
  func sessionHeaders(_ lastID: String?) -> [(String, String)] {
    var headers: [(String, String)] = []
    if let version { headers.append(("mcp-protocol-version", version)) }
    if let sessionID { headers.append(("mcp-session-id", sessionID)) }
    if let lastID { headers.append(("last-event-id", lastID)) }
    return headers
  }

  /// Of two that are too many, one whose answer is there and whose server does not end it goes first.
  private func makeRoom() -> Bool {
    if exchanges.count < Self.mostExchanges { return true }
    guard let idle = exchanges.values.first(where: { $0.hasAnswer }) else { return false }
    leave(idle)
    idle.cancel()
    return true
  }

  private func leave(_ exchange: HTTPMessageExchange) {
    exchanges[ObjectIdentifier(exchange)] = nil
    if case .request(let id, _) = exchange.purpose, byRequest[id] === exchange { byRequest[id] = nil }
    if stream === exchange { stream = nil }
  }

  private func cancelAll() {
    if let streamTimer { client.loop.cancel(streamTimer) }
    streamTimer = nil
    stream = nil
    held = nil
    isStreamHeld = false
    byRequest = [:]
    let all = Array(exchanges.values)
    exchanges = [:]
    for exchange in all { exchange.cancel() }
  }

  /// A session that was is no more.
  private func forgetSession() {
    sessionID = nil
    version = nil
    if let stream {
      leave(stream)
      stream.cancel()
    }
    if let streamTimer { client.loop.cancel(streamTimer) }
    streamTimer = nil
    streamPauseMS = Self.shortestPauseMS
  }

  private func finishClosing(_ failure: TransportFailure?) {
    client.loop.deferred { [self] in
      guard !isClosed else { return }
      isClosed = true
      receiver?.closed(failure)
    }
  }

  // MARK: From exchanges

  /// A server gives a session's id with the answer that opens it.
  func opened(_ id: String) {
    guard sessionID == nil, id.utf8.count <= Self.longestSessionID,
      !id.isEmpty, id.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return }
    sessionID = id
  }

  func received(_ bytes: [UInt8], by exchange: HTTPMessageExchange) {
    guard !isClosing else { return }
    streamPauseMS = exchange === stream ? Self.shortestPauseMS : streamPauseMS
    if case .request(let id, _) = exchange.purpose {
      receiver?.received(bytes, on: id)
    } else {
      receiver?.received(bytes, on: nil)
    }
  }

  /// An exchange is over. nil: its answer came to its end.
  func ended(_ exchange: HTTPMessageExchange, _ failure: TransportFailure?) {
    let wasOurs = exchanges[ObjectIdentifier(exchange)] === exchange
    leave(exchange)
    switch exchange.purpose {
    case .farewell: return finishClosing(nil)
    case _ where !wasOurs || isClosing: return
    case .request(let id, _):
      if failure?.kind == .sessionLost, exchange.session == sessionID { sessionID = nil }
      let text = "the server's answer ended without a message for it"
      receiver?.failed(id, failure ?? TransportFailure(.connectionLost, text))
    case .notice:
      if let failure { receiver?.ignored("a notice was not taken: \(failure.detail)") }
    case .opening:
      if let failure { receiver?.ignored("that the session is open was not taken: \(failure.detail)") }
      let messages = held ?? []
      held = nil
      for message in messages { send(message) }
      if isStreamHeld { openStream() }
      isStreamHeld = false
    case .stream: streamEnded(exchange, failure)
    }
  }

  private func streamEnded(_ exchange: HTTPMessageExchange, _ failure: TransportFailure?) {
    switch failure?.kind {
    case nil, .connectionLost?, .timedOut?, .connectionRefused?, .connectTimeout?, .overloaded?: break
    // There is no such stream, or no longer.
    default: return
    }
    let events = exchange.events
    let wait = max(min(events.retryMS ?? 0, Self.longestPauseMS), streamPauseMS)
    streamPauseMS = min(streamPauseMS * 2, Self.longestPauseMS)
    streamTimer = client.loop.schedule(after: Milliseconds(wait)) { [weak self] in
      guard let self, !isClosing, stream == nil else { return }
      streamTimer = nil
      listen(resuming: events)
    }
  }
}
