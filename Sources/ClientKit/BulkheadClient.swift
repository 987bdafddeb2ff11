// A client's source needs one import: the values and messages it handles come with the kit.
@_exported public import JSON
internal import Posix
@_exported public import Wire

/// A connection to a coordinator.
///
///     let client = try await BulkheadClient.connect(name: "my-program", version: "1.0")
///     let result = try await client.call(tool: "echo", input: ["text": "hello"])
///
/// One thread of its own runs the connection, so that no call ever blocks Swift's shared threads. Any number of tasks may
/// use one client at a time; cancelling a task cancels its request. The connection closes with the last reference.
public final class BulkheadClient: Sendable {
  let home: Home
  /// Where it is connected.
  public let socket: String
  /// Who answered.
  public let coordinator: Peer
  public let coordinatorPID: Int64
  /// The version that this connection speaks.
  public let version: ProtocolVersion

  private init(_ home: Home, _ socket: String, _ hello: InitializeClient.Response) {
    self.home = home
    self.socket = socket
    coordinator = hello.coordinator
    coordinatorPID = hello.pid
    version = hello.version
  }

  deinit {
    home.submit { session in
      session.close()
      session.loop.stop()
    }
  }

  /// Connects and introduces this program as `name` and `version`.
  ///
  /// The socket is `socket`, else `BULKHEAD_SOCKET`, else the first that exists of `$XDG_RUNTIME_DIR/bulkhead/bulkhead.sock`,
  /// `/tmp/bulkhead-UID/bulkhead.sock` and `/run/bulkhead/bulkhead.sock`.
  public static func connect(
    socket: String? = nil,
    name: String,
    version: String,
    timeout: Duration = .seconds(5)
  ) async throws(ClientError) -> BulkheadClient {
    let location = SocketLocation.find(explicit: socket)
    try location.checkTrust()
    let path = location.path
    let home: Home
    do throws(PosixError) {
      home = Home(try EventLoop())
    } catch {
      throw ClientError(.unreachable, "cannot make an event loop: \(error)", socket: path, errno: error.errno)
    }
    let loop = home.loop
    startThread("bulkhead-client") { loop.run() }
    do throws(ClientError) {
      let limit = Milliseconds(timeout)
      try await open(home, path, limit)
      let hello = try await introduce(home, path, Peer(name: name, version: version), limit)
      return BulkheadClient(home, path, hello)
    } catch {
      home.submit { session in
        session.close()
        session.loop.stop()
      }
      throw error
    }
  }

  private static func open(_ home: Home, _ path: String, _ timeout: Milliseconds) async throws(ClientError) {
    let failure: ClientError? = await withCheckedContinuation { continuation in
      home.submit { session in
        SocketConnector.connect(path, on: session.loop, timeout: timeout) { result in
          switch consume result {
          case .failure(let error): continuation.resume(returning: error)
          case .success(let socket):
            do throws(PosixError) {
              try session.open(socket)
              continuation.resume(returning: nil)
            } catch {
              continuation.resume(returning: ClientError(.unreachable, "\(error)", socket: path, errno: error.errno))
            }
          }
        }
      }
    }
    if let failure { throw failure }
  }

  private static func introduce(
    _ home: Home,
    _ path: String,
    _ peer: Peer,
    _ timeout: Milliseconds
  ) async throws(ClientError) -> InitializeClient.Response {
    let result = await send(InitializeClient(client: peer), home, timeout: timeout)
    do throws(WireError) {
      let hello = try result.get()
      _ = try ProtocolVersion.current.agreed(with: hello.version)
      if hello.version > .current {
        throw WireError(
          .versionMismatch,
          "the other side answered protocol \(hello.version), which is above the offered \(ProtocolVersion.current)"
        )
      }
      home.submit { $0.becomeReady() }
      return hello
    } catch {
      switch error.name {
      case .versionMismatch:
        throw ClientError(
          .versionMismatch,
          "coordinator on \(quoted(path)) cannot talk to this client: \(error.message)",
          hint: "use the client and the coordinator of one release",
          socket: path,
          data: error.data
        )
      case .connectionClosed, .deadlineExceeded:
        throw ClientError(
          .notACoordinator,
          "what listens on \(quoted(path)) did not answer as a coordinator: \(error.message)",
          hint: "check the path, and the coordinator with 'bulkhead doctor'",
          socket: path
        )
      default:
        throw ClientError(
          .notACoordinator,
          "coordinator on \(quoted(path)) refused this client: \(error.message)",
          socket: path,
          data: error.data
        )
      }
    }
  }

  /// Closes the connection; what still runs on it is cancelled by the coordinator.
  public func close() { home.submit { $0.close() } }

  /// Returns once the connection has ended, whoever ended it.
  public func waitUntilClosed() async {
    await withCheckedContinuation { continuation in
      home.submit { $0.whenClosed { continuation.resume() } }
    }
  }

  // MARK: Requests

  /// Sends any request of the protocol. Cancelling the task sends `cancel`; the reply is still awaited.
  package func request<M: WireRequest>(
    _ message: M,
    timeout: Duration? = .seconds(30),
    onProgress: (@Sendable (Progress) -> Void)? = nil
  ) async throws(ClientError) -> M.Response {
    let result = await Self.send(message, home, timeout: timeout.map { Milliseconds($0) }, onProgress: onProgress)
    switch result {
    case .success(let response): return response
    case .failure(let error): throw ClientError(error, socket: socket)
    }
  }

  private static func send<M: WireRequest>(
    _ message: M,
    _ home: Home,
    timeout: Milliseconds?,
    onProgress: (@Sendable (Progress) -> Void)? = nil
  ) async -> Result<M.Response, WireError> {
    let token = RequestToken()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        home.submit { session in
          session.start(message, token, timeout: timeout, onProgress: onProgress) { continuation.resume(returning: $0) }
        }
      }
    } onCancel: {
      token.cancel()
      home.submit { $0.cancel(token) }
    }
  }
}

extension Milliseconds {
  /// Rounded up, and bounded by what the protocol allows.
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let limit = Limit.timeoutMS
    if seconds >= limit / 1000 {
      self.init(limit)
    } else {
      self.init(max(0, seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }
  }
}
