internal import CLinux
internal import Glibc
internal import JSON
internal import Posix

/// Who is at the other end of a client's socket, as the kernel says.
struct PeerIdentity: Sendable {
  let pid: Int32
  let uid: UInt32
  let gid: UInt32
  /// Supplementary ones, as they were when it connected.
  let groups: [UInt32]

  init(pid: Int32, uid: UInt32, gid: UInt32, groups: [UInt32] = []) {
    self.pid = pid
    self.uid = uid
    self.gid = gid
    self.groups = groups
  }

  init(of socket: borrowing Descriptor) throws(PosixError) {
    var credentials = bulkhead_peer_credentials()
    var length = socklen_t(MemoryLayout<bulkhead_peer_credentials>.size)
    let raw = socket.raw
    try posix("getsockopt") { getsockopt(raw, SOL_SOCKET, SO_PEERCRED, &credentials, &length) }
    pid = credentials.pid
    uid = credentials.uid
    gid = credentials.gid
    groups = try Self.groups(of: raw)
  }

  /// As it is written down with what it asks for. The program is what the peer was when this was read: recorded, and
  /// never trusted.
  func json(user: String) -> JSON {
    var path = [UInt8](repeating: 0, count: 4096)
    let count = path.withUnsafeMutableBytes {
      readlink("/proc/\(pid)/exe", $0.assumingMemoryBound(to: CChar.self).baseAddress!, $0.count)
    }
    let program = count > 0 ? String(decoding: path[..<count], as: UTF8.self) : ""
    return [
      "uid": .integer(Int64(uid)), "user": .string(user), "gid": .integer(Int64(gid)),
      "groups": .array(groups.prefix(64).map { .integer(Int64($0)) }), "pid": .integer(Int64(pid)),
      "program": .string(program),
    ]
  }

  private static func groups(of socket: Int32) throws(PosixError) -> [UInt32] {
    // SO_PEERGROUPS, Linux 4.13; NGROUPS_MAX is 65,536.
    var groups = [UInt32](repeating: 0, count: 64)
    while true {
      var length = socklen_t(groups.count * MemoryLayout<UInt32>.size)
      let status = groups.withUnsafeMutableBytes { getsockopt(socket, SOL_SOCKET, 59, $0.baseAddress, &length) }
      let count = Int(length) / MemoryLayout<UInt32>.size
      if status == 0 { return Array(groups.prefix(count)) }
      guard errno == ERANGE, count > groups.count, count <= 65_536 else { throw .current("getsockopt") }
      groups = [UInt32](repeating: 0, count: count)
    }
  }

  /// Why this peer may not be a client; nil when it may. A process in another user namespace is a jailed one, whatever
  /// uid the kernel shows for it: an empty network namespace does not stop `connect` to a socket's path.
  func refusal(allowedUIDs: Set<UInt32>, allowedGID: UInt32?) -> String? {
    let isInGroup = allowedGID.map { $0 == gid || groups.contains($0) } ?? false
    guard uid == 0 || allowedUIDs.contains(uid) || isInGroup else { return "uid \(uid) is not permitted" }
    guard let own = Self.userNamespace(of: "self") else { return "this side's user namespace cannot be read" }
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
