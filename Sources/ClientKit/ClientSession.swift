internal import JSON
internal import Posix
internal import Synchronization
internal import Transport
internal import Wire

/// One client's end of its connection. Lives on the client's loop.
final class ClientSession: ConnectionOwner {
  let loop: EventLoop
  private var connection: Connection?
  private var closing: WireError?
  private var progressHandlers: [RequestID: (Progress) -> Void] = [:]
  private var followers: [RequestID: Follower] = [:]
  private var running: [ObjectIdentifier: RequestID] = [:]
  private var closeWaiters: [() -> Void] = []

  init(loop: EventLoop) { self.loop = loop }

  func open(_ socket: consuming Descriptor) throws(PosixError) {
    connection = try Connection(
      loop: loop,
      input: socket,
      output: nil,
      gate: PhaseGate(.client, receiver: .peer),
      owner: self
    )
  }

  func becomeReady() { connection?.gate.phase = .ready }

  /// Sends a request; `completion` is called exactly once.
  func start<M: WireRequest>(
    _ message: M,
    _ token: RequestToken,
    timeout: Milliseconds?,
    onProgress: ((Progress) -> Void)? = nil,
    follower: Follower? = nil,
    completion: @escaping (Result<M.Response, WireError>) -> Void
  ) {
    guard let connection else {
      completion(.failure(WireError(.connectionClosed, closing?.message ?? "connection is closed")))
      return
    }
    if token.isCancelled {
      completion(.failure(WireError(.cancelled, "cancelled before it was sent")))
      return
    }
    var sent: RequestID?
    sent = connection.request(message, timeout: timeout) { [weak self] result in
      if let self, let sent {
        progressHandlers[sent] = nil
        followers[sent] = nil
        running[ObjectIdentifier(token)] = nil
      }
      completion(result)
    }
    guard let id = sent else { return }
    running[ObjectIdentifier(token)] = id
    progressHandlers[id] = onProgress
    followers[id] = follower
  }

  func cancel(_ token: RequestToken) {
    guard let id = running[ObjectIdentifier(token)] else { return }
    connection?.cancel(id, reason: .caller)
  }

  func resumeReading() { connection?.resumeReading() }

  func close() { connection?.close(because: nil) }

  func whenClosed(_ body: @escaping () -> Void) {
    if connection == nil { body() } else { closeWaiters.append(body) }
  }

  func received(request id: RequestID, _ method: String, _ params: JSONObject, on connection: Connection) {
    connection.respond(to: id, with: Empty())  // ping is the only request the gate lets through
  }

  func received(notification method: String, _ params: JSONObject, on connection: Connection) {
    do throws(WireError) {
      switch method {
      case Progress.method:
        let progress = try Progress.decode(params)
        progressHandlers[progress.id]?(progress)
      case JobEventNotice.method:
        let notice = try JobEventNotice.decode(params)
        if case .events(let buffer) = followers[notice.id], buffer.append([notice.event]) { connection.pauseReading() }
      default:
        let log = try Log.decode(params)
        if case .logs(let buffer) = followers[log.id], buffer.append([log.line]) { connection.pauseReading() }
      }
    } catch {
      connection.reportAndClose(error)
    }
  }

  func closed(_ connection: Connection, because error: WireError?) {
    closing = error
    self.connection = nil
    let waiters = closeWaiters
    closeWaiters = []
    for waiter in waiters { waiter() }
  }
}

/// Who takes what comes before a request's answer.
enum Follower {
  case logs(LogBuffer)
  case events(JobEventBuffer)
}

/// Names one request before it has an id, so that its task can be cancelled at any time.
final class RequestToken: Sendable {
  private let cancelled = Atomic<Bool>(false)
  var isCancelled: Bool { cancelled.load(ordering: .acquiring) }
  func cancel() { cancelled.store(true, ordering: .releasing) }
}

/// The loop and what lives on it.
///
/// Safety: `session` is touched only in closures that run on `loop`; elsewhere only the reference is carried.
final class Home: @unchecked Sendable {
  let loop: EventLoop
  private let session: ClientSession

  init(_ loop: EventLoop) {
    self.loop = loop
    session = ClientSession(loop: loop)
  }

  /// Runs `body` on the loop's thread, in the order of calls.
  func submit(_ body: @escaping @Sendable (ClientSession) -> Void) {
    loop.submit { body(self.session) }
  }
}
