internal import CLinux
internal import Glibc
package import Posix

/// Who tells that descriptors are readable, on the thread of the one who asks.
package protocol TunnelWatcher: AnyObject {
  /// `raw` stays open until `unwatch`.
  func watch(_ raw: Int32, _ body: @escaping () -> Void) throws(PosixError)
  func unwatch(_ raw: Int32)
}

/// A host that a run was refused.
package struct TunnelDenial: Sendable, Hashable {
  /// `name:port`.
  package var host: String
  package var why: String
  /// False: concluded, where what the run wanted is not known.
  package var isExact: Bool
  package var count = 1
}

/// What went through the tunnel.
package struct TunnelUse: Sendable, Hashable {
  package var connections: Int64 = 0
  package var sentBytes: Int64 = 0
  package var receivedBytes: Int64 = 0
}

/// Hands one run's connections to whoever lets them out, on the run's own thread.
///
/// The run's network is a loopback of its own with one socket that listens, which only this has. Each connection it
/// accepts goes out over the tunnel, unread; a copy is kept until somebody says that it was taken, so that a run whose
/// connection nobody takes is told so.
package final class TunnelRun {
  /// Connections on their way at one time; those beyond wait in the listening socket.
  private static let waitingLimit = 32
  /// Until a connection is given up: longer than a worker takes that died before its first call and is started again.
  private static let patience = Milliseconds(8_000)
  /// For the last counts, when the run is over.
  private static let farewell = Milliseconds(200)
  private static let denialLimit = 64

  private struct Waiting {
    let connection: DescriptorBox
    let until: BootTime
  }

  private let hosts: [String]
  private let name: String
  private let tunnel: Int32
  private let reports: Descriptor
  /// The other end, of which every connection takes a copy along.
  private let reportsEnd: Descriptor
  private let timer: Descriptor
  private var listener: Descriptor?
  private var isListening = false
  private var waiting: [Int64: Waiting] = [:]
  private var nextID: Int64 = 0
  /// Taken and not ended.
  private var open: Set<Int64> = []
  package private(set) var denials: [TunnelDenial] = []
  package private(set) var use = TunnelUse()
  /// Told of each kind of refusal once.
  package var onDenial: ((TunnelDenial) -> Void)?
  private unowned let watcher: any TunnelWatcher

  /// For a jail that is `proxied`: `listen` is due with the socket that it hands out, and `end` when it is gone.
  /// `tunnel` and `watcher` outlive it.
  package init(hosts: [String], tunnel: Int32, watcher: any TunnelWatcher) throws(PosixError) {
    self.watcher = watcher
    self.hosts = hosts
    self.tunnel = tunnel
    name = Self.randomName()
    var pair = try DescriptorPair.packets()
    reports = pair.takeFirst()
    reportsEnd = pair.takeSecond()
    timer = Descriptor(
      owning: try posix("timerfd_create") {
        timerfd_create(CLOCK_BOOTTIME, Int32(TFD_CLOEXEC) | Int32(TFD_NONBLOCK))
      }
    )
    try watcher.watch(reports.raw) { [unowned self] in readReports() }
    try watcher.watch(timer.raw) { [unowned self] in giveUp() }
  }

  private static func randomName() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<2).map { _ in String(generator.next() as UInt64, radix: 16) }.joined(separator: "-")
  }

  // MARK: Connections

  /// Takes the connections that come to `socket` from now on.
  package func listen(on socket: consuming Descriptor) {
    do throws(PosixError) { try socket.setNonBlocking() } catch { return }
    listener = consume socket
    setListening()
  }

  private func setListening() {
    guard let raw = listener?.raw else { return }
    let wanted = waiting.count < Self.waitingLimit
    if wanted == isListening { return }
    isListening = wanted
    guard wanted else { return watcher.unwatch(raw) }
    do throws(PosixError) { try watcher.watch(raw) { [unowned self] in accept() } } catch { isListening = false }
  }

  private func accept() {
    while let raw = listener?.raw, waiting.count < Self.waitingLimit {
      let connection = accept4(raw, nil, nil, Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue))
      if connection < 0 { break }
      send(Descriptor(owning: connection))
    }
    setListening()
    setTimer()
  }

  private func send(_ connection: consuming Descriptor) {
    nextID += 1
    use.connections += 1
    let request = TunnelRequest(run: name, id: nextID, hosts: hosts)
    switch request.send(to: tunnel, connection: connection.raw, reports: reportsEnd.raw) {
    case .sent: waiting[nextID] = Waiting(connection: DescriptorBox(connection), until: .now + Self.patience)
    case .later: refuse(connection, "more connections of jailed runs are waiting than the tunnel holds")
    case .failed: refuse(connection, "the tunnel cannot be used")
    }
  }

  /// Says so to the run, whatever it wanted to ask.
  private func refuse(_ connection: borrowing Descriptor, _ why: String) {
    let body = "bulkhead: \(why)\n"
    let text =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\n"
      + "Connection: close\r\n\r\n\(body)"
    let raw = connection.raw
    // What was sent and is not read would take the answer back.
    var unread = [UInt8](repeating: 0, count: 16 << 10)
    _ = recv(raw, &unread, unread.count, Int32(MSG_DONTWAIT))
    _ = text.withCString { Glibc.send(raw, $0, text.utf8.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) }
    shutdown(raw, Int32(SHUT_RDWR))
    deny(TunnelDenial(host: hosts[0], why: why, isExact: false))
  }

  private func giveUp() {
    var count: UInt64 = 0
    _ = read(timer.raw, &count, 8)
    let now = BootTime.now
    for (id, item) in waiting where item.until <= now {
      waiting[id] = nil
      if let connection = item.connection.take() {
        refuse(connection, "no worker took the connection within \(Self.patience.count / 1000) s")
      }
    }
    setListening()
    setTimer()
  }

  private func setTimer() {
    guard let due = waiting.values.map(\.until).min() else { return }
    var value = itimerspec()
    value.it_value.tv_sec = Int(due.nanoseconds / 1_000_000_000)
    value.it_value.tv_nsec = Int(due.nanoseconds % 1_000_000_000)
    timerfd_settime(timer.raw, Int32(TFD_TIMER_ABSTIME), &value, nil)
  }

  // MARK: Reports

  private func readReports() {
    while let report = TunnelReport.receive(from: reports.raw) {
      switch report {
      case .taken(let id):
        if waiting.removeValue(forKey: id) != nil { open.insert(id) }
      case .denied(_, let host, let why):
        deny(TunnelDenial(host: String(host.prefix(512)), why: String(why.prefix(1024)), isExact: true))
      case .ended(let id, let sent, let received):
        guard open.remove(id) != nil else { continue }
        use.sentBytes = use.sentBytes.addingReportingOverflow(sent).partialValue
        use.receivedBytes = use.receivedBytes.addingReportingOverflow(received).partialValue
      }
    }
    setListening()
  }

  private func deny(_ denial: TunnelDenial) {
    if let index = denials.firstIndex(where: { $0.host == denial.host && $0.why == denial.why }) {
      denials[index].count += 1
    } else if denials.count < Self.denialLimit {
      denials.append(denial)
      onDenial?(denial)
    }
  }

  /// The tree is gone, and its ends of all connections with it. Waits a moment to hear how much they carried, unless
  /// nobody wants to know.
  package func end(waits: Bool = true) {
    if let raw = listener?.raw, isListening { watcher.unwatch(raw) }
    isListening = false
    listener = nil
    waiting = [:]
    let end = BootTime.now + (waits ? Self.farewell : 0)
    // Whoever has its connections ends them now, and says what they carried.
    shutdown(reports.raw, Int32(SHUT_WR))
    readReports()
    while !open.isEmpty {
      let left = end.milliseconds(since: .now)
      guard left > 0 else { break }
      var item = pollfd(fd: reports.raw, events: Int16(POLLIN), revents: 0)
      guard poll(&item, 1, Int32(clamping: left)) > 0, item.revents & Int16(POLLIN) != 0 else { break }
      readReports()
    }
    watcher.unwatch(reports.raw)
    watcher.unwatch(timer.raw)
  }
}

/// Holds a move-only descriptor where a copy is wanted.
private final class DescriptorBox {
  private var descriptor: Descriptor?
  init(_ descriptor: consuming Descriptor) { self.descriptor = consume descriptor }
  func take() -> Descriptor? { descriptor.take() }
}
