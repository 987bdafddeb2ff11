internal import CLinux
internal import Glibc
internal import Posix

/// The listening socket: ours, or systemd's when it started us by socket activation. Both calls hand over ownership.
enum Sockets {
  /// systemd's first descriptor (sd_listen_fds(3)), if the environment says that it is meant for this process.
  static func activated(_ environment: [String: String]) throws(PosixError) -> Int32? {
    guard environment["LISTEN_PID"] == "\(getpid())", let count = environment["LISTEN_FDS"].flatMap({ Int($0) }),
      count > 0
    else { return nil }
    guard count == 1 else {
      throw PosixError("socket activation", "\(count) descriptors where 1 is due", errno: EINVAL)
    }
    try posix("fcntl", "descriptor 3 of socket activation") { fcntl(3, F_SETFD, FD_CLOEXEC) }
    return 3
  }

  /// Binds `path` and listens. A stale socket is removed; the caller holds the lock that says it is stale.
  static func listen(at path: String, mode: UInt32, group: UInt32?) throws(PosixError) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw PosixError("bind", "\(path)' of \(bytes.count) bytes, limit '107", errno: ENAMETOOLONG)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let socket = Descriptor(
      owning: try posix("socket") {
        Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      }
    )
    let raw = socket.raw
    unlink(path)
    // The mode is right from the first moment, not only after chmod.
    let mask = umask(0o777 & ~mode)
    defer { umask(mask) }
    try posix("bind", path) {
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
    if let group { try posix("chown", path) { chown(path, UInt32.max, group) } }
    try posix("chmod", path) { chmod(path, mode) }
    try posix("listen", path) { Glibc.listen(raw, 1024) }
    return socket.release()
  }
}

/// One coordinator per socket: an exclusive lock that the kernel releases with the process.
final class SocketLock {
  private let file: Descriptor

  init(_ path: String) throws(PosixError) {
    file = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    let raw = file.raw
    try posix("lock", path) { flock(raw, LOCK_EX | LOCK_NB) }
  }
}

/// Tells systemd about our state (sd_notify(3)); does nothing when nobody asked.
struct ServiceNotifier {
  private let path: String?

  init(_ environment: [String: String]) { path = environment["NOTIFY_SOCKET"] }

  func send(_ state: String) {
    guard let path, let first = path.utf8.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@") else {
      return
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    if first == UInt8(ascii: "@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let raw = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard raw >= 0 else { return }
    let descriptor = Descriptor(owning: raw)
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let message = Array(state.utf8)
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = sendto(descriptor.raw, message, message.count, Int32(MSG_NOSIGNAL), $0, length)
      }
    }
  }
}
