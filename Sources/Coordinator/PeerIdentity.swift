internal import CLinux
internal import Glibc
internal import Posix

/// Who is at the other end of a client's socket, as the kernel says.
struct PeerIdentity: Sendable {
  let pid: Int32
  let uid: UInt32
  let gid: UInt32

  init(of socket: borrowing Descriptor) throws(PosixError) {
    var credentials = bulkhead_peer_credentials()
    var length = socklen_t(MemoryLayout<bulkhead_peer_credentials>.size)
    let raw = socket.raw
    try posix("getsockopt") { getsockopt(raw, SOL_SOCKET, SO_PEERCRED, &credentials, &length) }
    pid = credentials.pid
    uid = credentials.uid
    gid = credentials.gid
  }

  /// Why this peer may not be a client; nil when it may. A process in another user namespace is a jailed one, whatever
  /// uid the kernel shows for it: an empty network namespace does not stop `connect` to a socket's path.
  func refusal(allowedUIDs: Set<UInt32>, allowedGID: UInt32?) -> String? {
    guard uid == 0 || allowedUIDs.contains(uid) || allowedGID == gid else { return "uid \(uid) is not permitted" }
    guard let own = Self.userNamespace(of: "self") else { return nil }
    guard let theirs = Self.userNamespace(of: "\(pid)") else {
      return "the user namespace of pid \(pid) cannot be read"
    }
    return own == theirs ? nil : "pid \(pid) is in another user namespace"
  }

  /// The identity of a process's user namespace, like `user:[4026531837]`.
  private static func userNamespace(of process: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = buffer.withUnsafeMutableBytes {
      readlink("/proc/\(process)/ns/user", $0.assumingMemoryBound(to: CChar.self).baseAddress!, $0.count)
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
