internal import CLinux
internal import Glibc
internal import JSON
internal import Posix

/// Connects to a Unix socket without ever blocking.
enum SocketConnector {
  /// Calls `completion` once, on the loop's thread. A full queue of waiting connections is tried again until `timeout`.
  static func connect(
    _ path: String,
    on loop: EventLoop,
    timeout: Milliseconds,
    completion: @escaping (consuming Result<Descriptor, ClientError>) -> Void
  ) {
    attempt(path, on: loop, until: .now + timeout, completion)
  }

  private static func attempt(
    _ path: String,
    on loop: EventLoop,
    until deadline: BootTime,
    _ completion: @escaping (consuming Result<Descriptor, ClientError>) -> Void
  ) {
    do throws(PosixError) {
      completion(.success(try open(path)))
    } catch {
      if error.errno == EAGAIN, BootTime.now < deadline {
        loop.schedule(after: 10) { attempt(path, on: loop, until: deadline, completion) }
      } else {
        completion(.failure(explain(error, path)))
      }
    }
  }

  private static func open(_ path: String) throws(PosixError) -> Descriptor {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
      throw PosixError("connect", path, errno: ENAMETOOLONG)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = Descriptor(owning: try posix("socket") { socket(AF_UNIX, type, 0) })
    let raw = descriptor.raw
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    try posix("connect", path) {
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(raw, $0, length) }
      }
    }
    return descriptor
  }

  private static func explain(_ error: PosixError, _ path: String) -> ClientError {
    switch error.errno {
    case EACCES, EPERM:
      ClientError(
        .notPermitted,
        "not permitted to use socket \(quoted(path)): \(errnoMessage(error.errno))",
        hint: "a coordinator serves its own user, or as a system service the members of its group",
        socket: path,
        errno: error.errno
      )
    case ENAMETOOLONG:
      ClientError(
        .unreachable,
        "socket path \(quoted(path)) of \(path.utf8.count) bytes is not usable; 1 to 107 bytes are due",
        hint: "name a shorter one with --socket or BULKHEAD_SOCKET",
        socket: path,
        errno: error.errno
      )
    default:
      ClientError(
        .unreachable,
        "no coordinator answers on socket \(quoted(path)): \(errnoMessage(error.errno))",
        hint: "start it with 'bulkhead up'",
        socket: path,
        errno: error.errno
      )
    }
  }
}
