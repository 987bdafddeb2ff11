internal import CLinux
internal import ClientKit
internal import Glibc
internal import JSON
internal import Posix
internal import Transport
internal import Wire

/// One connection to the coordinator under test, on the test's own loop. It ends with the coordinator.
final class CrashLink: ConnectionOwner {
  private var connection: Connection?
  private(set) var isReady = false
  var onEvent: ((JobEventNotice) -> Void)?
  var isOpen: Bool { connection != nil }

  /// nil when nobody listens yet.
  init?(_ socket: String, on loop: EventLoop) {
    guard let descriptor = Self.connect(socket) else { return nil }
    do throws(PosixError) {
      connection = try Connection(
        loop: loop,
        input: Descriptor(owning: descriptor),
        output: nil,
        gate: PhaseGate(.client, receiver: .peer),
        owner: self
      )
    } catch {
      return nil
    }
    send(InitializeClient(client: Peer(name: "bulkhead selftest", version: "1.0"))) { [weak self] result in
      guard case .success = result else { return }
      self?.connection?.gate.phase = .ready
      self?.isReady = true
    }
  }

  private static func connect(_ path: String) -> Int32? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let raw = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if status == 0 { return raw }
    Glibc.close(raw)
    return nil
  }

  /// `then` is called once, with `connection_closed` when the coordinator dies first.
  @discardableResult
  func send<M: WireRequest>(_ message: M, then: @escaping (Result<M.Response, WireError>) -> Void) -> RequestID? {
    guard let connection else {
      then(.failure(WireError(.connectionClosed, "the connection is closed")))
      return nil
    }
    return connection.request(message, completion: then)
  }

  func close() { connection?.close(because: nil) }

  func received(request id: RequestID, _ method: String, _ params: JSONObject, on connection: Connection) {
    connection.respond(to: id, with: Empty())
  }

  func received(notification method: String, _ params: JSONObject, on connection: Connection) {
    guard method == JobEventNotice.method else { return }
    do throws(WireError) { onEvent?(try JobEventNotice.decode(params)) } catch { connection.reportAndClose(error) }
  }

  func closed(_ connection: Connection, because error: WireError?) {
    self.connection = nil
    isReady = false
  }
}
