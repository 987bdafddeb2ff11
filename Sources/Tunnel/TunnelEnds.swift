internal import CLinux
internal import Glibc
package import Posix

/// The two ends of one socket over which connections travel from the worker whose jailed runs make them to the worker
/// that lets them out. Whoever starts workers keeps both for ever, so either side may end and start again; what was sent
/// meanwhile waits. Every instance of a kind has the same end, and each packet reaches one of them.
package final class TunnelEnds: Sendable {
  /// Of the workers that send connections.
  package let inner: Descriptor
  /// Of those that take them.
  package let outer: Descriptor

  package init() throws(PosixError) {
    var pair = try DescriptorPair.packets()
    inner = pair.takeFirst()
    outer = pair.takeSecond()
  }
}

/// What a worker is told of its end: descriptor 3, and a variable that says so.
package enum TunnelOffer {
  package static let variable = "BULKHEAD_TUNNEL"
  package static let descriptor: Int32 = 3

  /// `NAME=value` for the environment of a worker that gets an end.
  package static var assignment: String { "\(variable)=\(descriptor)" }

  /// The end that this process was started with, once; nil without one. To be called before there are other threads.
  package static func take() -> Descriptor? {
    guard let value = getenv(variable), String(cString: value) == "\(descriptor)" else { return nil }
    unsetenv(variable)
    var kind: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &kind, &length) == 0, kind == Int32(SOCK_SEQPACKET.rawValue),
      fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
    else { return nil }
    return Descriptor(owning: descriptor)
  }
}
