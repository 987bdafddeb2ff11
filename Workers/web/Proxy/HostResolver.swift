internal import Glibc
internal import Posix

/// Names to addresses. Asked once for a request; what it answers is checked and connected to, and never asked again.
package protocol HostResolver: Sendable {
  /// `then` is called once, on any thread, with nothing where the name is unknown.
  func resolve(_ name: String, then: @escaping @Sendable ([IPAddress]) -> Void)
}

/// The system's resolver, which blocks: on a few threads of its own.
package final class SystemResolver: HostResolver {
  private struct State {
    var queue: [@Sendable () -> Void] = []
    var threads = 0
    var idle = 0
  }

  private static let threadLimit = 8
  private static let queueLimit = 4096

  private let state = Guarded(State())
  private let work = Semaphore()

  package init() {}

  package func resolve(_ name: String, then: @escaping @Sendable ([IPAddress]) -> Void) {
    enum Next { case start, wake, refuse }
    let next = state.withLock { state -> Next in
      if state.queue.count >= Self.queueLimit { return .refuse }
      state.queue.append { then(Self.look(up: name)) }
      if state.idle >= state.queue.count || state.threads == Self.threadLimit { return .wake }
      state.threads += 1
      return .start
    }
    if next == .refuse { return then([]) }
    if next == .start { startThread("resolver") { self.serve() } }
    work.signal()
  }

  private func serve() {
    while true {
      state.withLock { $0.idle += 1 }
      work.wait()
      let item = state.withLock { state in
        state.idle -= 1
        return state.queue.isEmpty ? nil : state.queue.removeFirst()
      }
      item?()
    }
  }

  private static func look(up name: String) -> [IPAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var found: [IPAddress] = []
    var next = list
    while let entry = next, found.count < 16 {
      if let raw = entry.pointee.ai_addr, let address = IPAddress(raw, length: Int(entry.pointee.ai_addrlen)) {
        found.append(address)
      }
      next = entry.pointee.ai_next
    }
    return found
  }
}
