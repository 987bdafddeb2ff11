internal import Glibc
internal import Posix

/// One TCP connection on the proxy's loop: watched for exactly what its owner can use now, so that a peer which does
/// nothing, or has closed while nobody can take its bytes, wakes nobody.
final class ProxySocket: ReadinessHandler {
  enum Read {
    case bytes([UInt8])
    case later, end, failed
  }

  private let descriptor: Descriptor
  private let loop: EventLoop
  private var watched: Readiness?
  private var isClosed = false
  var onReady: ((Readiness) -> Void)?

  /// `descriptor` is in non-blocking mode.
  init(_ descriptor: consuming Descriptor, _ loop: EventLoop) {
    self.descriptor = descriptor
    self.loop = loop
    var on: Int32 = 1
    setsockopt(self.descriptor.raw, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
  }

  /// A connection to `address`, perhaps still under way: it is writable when that is decided.
  static func connecting(to address: IPAddress, port: UInt16, _ loop: EventLoop) -> ProxySocket? {
    let family = address.bytes.count == 4 ? AF_INET : AF_INET6
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let raw = Glibc.socket(family, kind, 0)
    guard raw >= 0 else { return nil }
    let socket = ProxySocket(Descriptor(owning: raw), loop)
    let result = address.withSocketAddress(port: port) { connect(raw, $0, $1) }
    return result == 0 || errno == EINPROGRESS ? socket : nil
  }

  func ready(_ readiness: Readiness) { onReady?(readiness) }

  /// Nothing wanted: not even a hang-up is told.
  func want(reading: Bool, writing: Bool) {
    if isClosed { return }
    var interest = Readiness()
    if reading { interest.insert(.readable) }
    if writing { interest.insert(.writable) }
    let next: Readiness? = interest.isEmpty ? nil : interest
    if next == watched { return }
    do throws(PosixError) {
      switch (watched, next) {
      case (_, nil): loop.unwatch(descriptor.raw)
      case (nil, let next?): try loop.watch(descriptor.raw, for: next, handler: self)
      case (_, let next?): try loop.change(descriptor.raw, to: next)
      }
      watched = next
    } catch {
      // No memory for a watch: its owner's deadline ends it.
      watched = nil
    }
  }

  func read(limit: Int) -> Read {
    loop.withReadBuffer { buffer in
      let count = recv(descriptor.raw, buffer.baseAddress, min(limit, buffer.count), Int32(MSG_DONTWAIT))
      if count > 0 { return .bytes(Array(buffer[..<count])) }
      if count == 0 { return .end }
      return errno == EAGAIN || errno == EINTR ? .later : .failed
    }
  }

  /// Takes what goes out off `bytes`. False: nothing will ever go again.
  func write(_ bytes: inout ArraySlice<UInt8>) -> Bool {
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes {
        send(descriptor.raw, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      if count < 0 { return errno == EAGAIN }
      bytes = bytes.dropFirst(count)
    }
    return true
  }

  /// Of a connection that was being made: 0, or why there is none.
  var error: Int32 {
    var value: Int32 = 0
    var length = socklen_t(4)
    return getsockopt(descriptor.raw, SOL_SOCKET, SO_ERROR, &value, &length) == 0 ? value : errno
  }

  func endWriting() { shutdown(descriptor.raw, Int32(SHUT_WR)) }

  /// Its descriptor goes with the last mention of it.
  func close() {
    want(reading: false, writing: false)
    isClosed = true
    onReady = nil
    // Somebody else may hold a copy: the sender, until it has read that this one was taken.
    shutdown(descriptor.raw, Int32(SHUT_RDWR))
  }
}

extension IPAddress {
  func withSocketAddress<R>(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var storage = sockaddr_storage()
    let length: Int
    if bytes.count == 4 {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: bytes) }
      length = MemoryLayout<sockaddr_in>.size
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: sockaddr_in.self) }
    } else {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes) }
      length = MemoryLayout<sockaddr_in6>.size
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: sockaddr_in6.self) }
    }
    return withUnsafeBytes(of: &storage) {
      body($0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t(length))
    }
  }
}
