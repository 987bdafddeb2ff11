internal import Glibc
internal import Posix

/// A provider on loopback that answers as it is told, well or badly: the first part of a request's path names what it
/// does. Real HTTP/1.1 with kept connections, on a thread of its own.
///
/// Safety: everything behind `state` is guarded; the rest lives on the loop's thread.
package final class ProviderServer: @unchecked Sendable {
  /// What a request gets.
  package indirect enum Reply: Sendable {
    /// A whole answer.
    case whole(status: Int = 200, headers: [(String, String)] = [("content-type", "application/json")], body: String)
    /// Pieces, each after a wait in milliseconds, with chunked coding; ended properly, or cut by closing.
    case pieces([(wait: Int, text: String)], type: String = "text/event-stream", isCut: Bool = false)
    /// Bytes as they are, without any HTTP of ours, then the connection is closed.
    case raw(String)
    /// The same text again and again, after each wait; never ends.
    case endless(String, wait: Int, type: String = "text/event-stream")
    /// Nothing, ever.
    case silence
    /// Closes at once.
    case hangUp
    /// One after the other, the last from then on.
    case sequence([Reply])
    /// What the request says, as a chat completion: its headers.
    case echoHeaders
  }

  package struct Request: Sendable {
    package let line: String
    package let headers: [String: String]
    package let body: String
  }

  struct State {
    var replies: [String: Reply] = [:]
    var responder: (@Sendable (Request) -> Reply)?
    var requests: [Request] = []
    var open = 0
    var accepted = 0
    var closedByPeer = 0
  }

  let state = Guarded(State())
  let loop: EventLoop
  private let listener: Int32
  package let port: Int

  package init() throws {
    loop = try EventLoop()
    listener = socket(
      AF_INET,
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue),
      0
    )
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let raw = listener
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(raw, address, length) == 0 && listen(raw, 1024) == 0 && getsockname(raw, address, &length) == 0
      }
    }
    guard status else { throw PosixError.current("bind", "127.0.0.1") }
    port = Int(UInt16(bigEndian: address.sin_port))
    // `stop` waits for the thread.
    let server = Unmanaged.passUnretained(self)
    startThread("provider") { server.takeUnretainedValue().serve() }
  }

  private let ended = Semaphore()

  private func serve() {
    let acceptor = Acceptor(self, listener)
    do {
      try loop.watch(listener, for: .readable, handler: acceptor)
      loop.run()
    } catch {
      fatalError("\(error)")
    }
    loop.unwatch(listener)
    acceptor.closeAll()
    ended.signal()
  }

  /// Ends the thread and all connections.
  package func stop() {
    loop.stop()
    ended.wait(lingering: false)
    close(listener)
  }

  package func url(_ name: String) -> String { "http://127.0.0.1:\(port)/\(name)/v1" }

  package subscript(_ name: String) -> Reply? {
    get { state.withLock { $0.replies[name] } }
    set { state.withLock { $0.replies[name] = newValue } }
  }

  /// Answers each request, whatever its path, on the server's thread.
  package func respond(_ responder: @escaping @Sendable (Request) -> Reply) {
    state.withLock { $0.responder = responder }
  }

  package var requests: [Request] { state.withLock { $0.requests } }
  /// Connections open now, and accepted in all.
  package var open: Int { state.withLock { $0.open } }
  package var accepted: Int { state.withLock { $0.accepted } }
  package var closedByPeer: Int { state.withLock { $0.closedByPeer } }

  /// What the next request for `path` gets.
  func reply(_ request: Request, keep: Bool) -> Reply {
    let path = request.line.split(separator: " ").dropFirst().first ?? ""
    let name = path.split(separator: "/").first.map(String.init) ?? ""
    let responder = state.withLock { state in
      if keep, state.requests.count < 10_000 { state.requests.append(request) }
      return state.responder
    }
    if let responder { return responder(request) }
    return state.withLock { state in
      guard let reply = state.replies[name] else {
        return .whole(status: 404, body: #"{"error":{"message":"nothing here"}}"#)
      }
      guard case .sequence(let list) = reply, let first = list.first else { return reply }
      if list.count > 1 { state.replies[name] = .sequence(Array(list.dropFirst())) }
      return first
    }
  }
}

/// On the loop's thread.
private final class Acceptor: ReadinessHandler {
  private unowned let server: ProviderServer
  private let listener: Int32
  private var connections: [Int32: ProviderConnection] = [:]

  init(_ server: ProviderServer, _ listener: Int32) {
    self.server = server
    self.listener = listener
  }

  func ready(_ readiness: Readiness) {
    while true {
      let raw = accept(listener, nil, nil)
      guard raw >= 0 else { return }
      _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
      _ = fcntl(raw, F_SETFL, O_NONBLOCK)
      var one: Int32 = 1
      setsockopt(raw, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
      server.state.withLock { state in
        state.open += 1
        state.accepted += 1
      }
      let connection = ProviderConnection(server, raw) { [unowned self] in connections[raw] = nil }
      connections[raw] = connection
      connection.begin()
    }
  }

  func closeAll() { for connection in Array(connections.values) { connection.end(byPeer: false) } }
}
