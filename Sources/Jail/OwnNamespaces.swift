internal import CJailCalls
internal import CLinux
internal import Glibc
package import Posix

/// Walls that a process puts around itself: for a worker that builds jails and was started without any.
package enum OwnNamespaces {
  /// Enters user, mount, network, ipc and uts namespaces, with the same ids inside. The process must have one thread.
  /// A pid namespace takes only children in, so that one is the launcher's to give.
  package static func enter() throws(PosixError) {
    let (uid, gid) = (geteuid(), getegid())
    // A process that is not dumpable may not write its own maps.
    setDumpable(true)
    let error = bh_call_unshare()
    if error != 0 { throw PosixError("unshare", errno: -error) }
    try Descriptor.open("/proc/self/uid_map", O_WRONLY).writeAll("\(uid) \(uid) 1".utf8)
    try Descriptor.open("/proc/self/setgroups", O_WRONLY).writeAll("deny".utf8)
    try Descriptor.open("/proc/self/gid_map", O_WRONLY).writeAll("\(gid) \(gid) 1".utf8)
  }

  /// Network interfaces other than the loopback that are up; nil when that cannot be told. Asked on a Unix socket, since
  /// inside its walls a worker can make no other.
  package static func interfacesUp() -> [String]? {
    do {
      let table = try Descriptor.open("/proc/self/net/dev", O_RDONLY).readAll(limit: 1 << 20)
      var pair = try DescriptorPair.sockets()
      let socket = pair.takeFirst()
      var up: [String] = []
      for line in String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst(2) {
        guard let colon = line.lastIndex(of: ":") else { return nil }
        let name = String(line[..<colon].drop { $0 == " " })
        if name == "lo" { continue }
        switch bh_call_interface_is_up(socket.raw, name) {
        case 0: continue
        case 1: up.append(name)
        default: return nil
        }
      }
      return up
    } catch {
      return nil
    }
  }

  /// Whether other processes of this user may read this one's memory and environment.
  package static func setDumpable(_ isDumpable: Bool) {
    bulkhead_prctl(PR_SET_DUMPABLE, isDumpable ? 1 : 0, 0, 0, 0)
  }
}
