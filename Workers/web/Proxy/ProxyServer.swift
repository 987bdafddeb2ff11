package import Posix
internal import Tunnel

/// How long things may take.
package struct ProxyTiming: Sendable {
  /// Until a request is whole.
  package var head: Milliseconds = 10_000
  /// Until a name is known and a connection made.
  package var connect: Milliseconds = 15_000
  /// Without a byte either way.
  package var idle: Milliseconds = 300_000
  /// For a refusal to be read.
  package var farewell: Milliseconds = 1_000

  package init() {}
}

/// The proxy that jailed runs reach hosts by: takes their connections from the tunnel, reads one request on each, and
/// carries bytes to hosts that the run was granted. Lives on one loop.
package final class ProxyServer: ReadinessHandler {
  /// Connections at one time; those beyond wait in the tunnel.
  package static let limit = 2048
  /// Of one run.
  package static let runLimit = 1024

  let loop: EventLoop
  let addresses: AddressRules
  let timing: ProxyTiming
  private let hosts: [HostPattern]
  private let resolver: any HostResolver
  private let tunnel: Descriptor
  private var isPaused = false
  private var runs: [String: ProxyRun] = [:]
  package private(set) var count = 0

  /// `hosts`: what the operator granted to this worker, which bounds what any run is granted.
  package init(
    _ tunnel: consuming Descriptor,
    hosts: [HostPattern],
    addresses: AddressRules,
    resolver: any HostResolver = SystemResolver(),
    timing: ProxyTiming = ProxyTiming(),
    on loop: EventLoop
  ) throws(PosixError) {
    self.tunnel = tunnel
    self.hosts = hosts
    self.addresses = addresses
    self.resolver = resolver
    self.timing = timing
    self.loop = loop
    try loop.watch(self.tunnel.raw, for: .readable, handler: self)
  }

  package func ready(_ readiness: Readiness) {
    for _ in 0..<32 {
      if count >= Self.limit { return pause() }
      switch TunnelRequest.receive(from: tunnel.raw) {
      case .request(let request, let connection, let reports): take(request, connection, reports)
      case .other: continue
      case .none: return
      // An empty packet looks the same, but nobody hangs up with it.
      case .closed where readiness.intersection(.hangUp).isEmpty: continue
      case .closed: return loop.unwatch(tunnel.raw)
      }
    }
  }

  private func pause() {
    if isPaused { return }
    isPaused = true
    loop.unwatch(tunnel.raw)
  }

  private func resume() {
    guard isPaused, count < Self.limit else { return }
    isPaused = false
    do throws(PosixError) { try loop.watch(tunnel.raw, for: .readable, handler: self) } catch { isPaused = true }
  }

  private func take(_ request: TunnelRequest, _ connection: consuming Descriptor, _ reports: consuming Descriptor) {
    do throws(PosixError) { try connection.setNonBlocking() } catch { return }
    let run: ProxyRun
    if let known = runs[request.run] {
      run = known
    } else {
      do throws(PosixError) { run = try ProxyRun(reports, loop) } catch { return }
      let name = request.run
      run.onGone = { [weak self] in self?.runs[name] = nil }
      runs[name] = run
    }
    run.report(.taken(id: request.id))
    let grant = ProxyGrant(hosts: request.hosts, worker: hosts)
    let exchange = ProxyExchange(request.id, ProxySocket(connection, loop), grant, self)
    exchange.onDenied = { [weak run] in run?.report(.denied(id: request.id, host: $0, why: $1)) }
    count += 1
    exchange.onClosed = { [weak self, weak run, unowned exchange] in
      run?.report(.ended(id: request.id, sent: exchange.sent, received: exchange.received))
      run?.exchanges[request.id] = nil
      self?.count -= 1
      self?.resume()
    }
    let isCrowded = run.exchanges.count >= Self.runLimit
    run.exchanges[request.id]?.close()
    run.exchanges[request.id] = exchange
    if isCrowded {
      exchange.refuse(ProxyRefusal(503, "the run has \(Self.runLimit) connections, which is the limit"))
    } else {
      exchange.start()
    }
  }

  func resolve(_ name: String, then: @escaping @Sendable ([IPAddress]) -> Void) {
    let loop = self.loop
    resolver.resolve(name) { found in loop.submit { then(found) } }
  }

  /// Ends every connection.
  package func stop() {
    loop.unwatch(tunnel.raw)
    for run in Array(runs.values) { run.end() }
    runs = [:]
  }
}

/// What is known of one run: its connections, and the socket on which it is told of them. Its other side stops writing
/// when the run is over, which ends whatever is left.
private final class ProxyRun: ReadinessHandler {
  private let reports: Descriptor
  private let loop: EventLoop
  var exchanges: [Int64: ProxyExchange] = [:]
  var onGone: (() -> Void)?

  init(_ reports: consuming Descriptor, _ loop: EventLoop) throws(PosixError) {
    self.reports = reports
    self.loop = loop
    try loop.watch(self.reports.raw, for: .readable, handler: self)
  }

  func report(_ report: TunnelReport) { report.send(to: reports.raw) }

  /// Nothing is ever sent here: it has been closed, or the run is over and its sender waits for the last reports.
  func ready(_ readiness: Readiness) { end() }

  func end() {
    loop.unwatch(reports.raw)
    for exchange in Array(exchanges.values) { exchange.close() }
    let onGone = self.onGone
    self.onGone = nil
    onGone?()
  }
}
