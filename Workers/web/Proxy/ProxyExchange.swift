internal import Posix

/// One connection of a run: its request, and then bytes both ways. Lives on the proxy's loop.
///
///     head → resolving → connecting → carrying → (closed)
///        ↘ refusing, from any of the first three
///
/// A side is read only while what was read before has gone on, so no more than one read is ever held each way.
final class ProxyExchange {
  enum Stage { case head, resolving, connecting, carrying, refusing, closed }

  /// One way of the two.
  struct Flow {
    var pending: ArraySlice<UInt8> = []
    /// Nothing more will be read.
    var hasEnded = false
    /// And the other side has been told so.
    var hasClosed = false
  }

  let id: Int64
  let client: ProxySocket
  var server: ProxySocket?
  let grant: ProxyGrant
  unowned let proxy: ProxyServer
  var stage = Stage.head
  /// What came of the head, and later of the answer's head.
  var head: [UInt8] = []
  var target: ProxyTarget?
  /// Not yet tried.
  var addresses: ArraySlice<IPAddress> = []
  /// What goes to the server first.
  var first: [UInt8] = []
  var isTunnel = false
  /// Of a request that is forwarded.
  var body = ProxyBody(.length(0))
  var answerHasBegun = false
  var up = Flow()
  var down = Flow()
  var sent: Int64 = 0
  var received: Int64 = 0
  private var timer: LoopTimer?
  private var lastMove = BootTime.now
  /// Told once, when it is over.
  var onClosed: (() -> Void)?
  var onDenied: ((_ host: String, _ why: String) -> Void)?

  static let pieceBytes = 64 << 10

  init(_ id: Int64, _ client: ProxySocket, _ grant: ProxyGrant, _ proxy: ProxyServer) {
    self.id = id
    self.client = client
    self.grant = grant
    self.proxy = proxy
    client.onReady = { [weak self] in self?.clientIsReady($0) }
  }

  func start() {
    client.want(reading: true, writing: false)
    arm(proxy.timing.head) { [weak self] in self?.refuse(ProxyRefusal(504, "no request came in time")) }
  }

  func close() {
    if stage == .closed { return }
    stage = .closed
    disarm()
    client.close()
    server?.close()
    server?.onReady = nil
    let onClosed = self.onClosed
    self.onClosed = nil
    onClosed?()
  }

  // MARK: Request

  private func clientIsReady(_ readiness: Readiness) {
    switch stage {
    case .head: readHead()
    case .carrying: carry()
    case .refusing: sayRefusal()
    case .resolving, .connecting, .closed: break
    }
  }

  private func readHead() {
    switch client.read(limit: ProxyRequest.headLimit + 1 - head.count) {
    case .later: return
    case .end, .failed: return close()
    case .bytes(let bytes):
      let seen = head.count
      head += bytes
      guard let end = ProxyRequest.endOfHead(head, seen: seen) else {
        if head.count > ProxyRequest.headLimit {
          refuse(ProxyRefusal(431, "its head exceeds \(ProxyRequest.headLimit) bytes"))
        }
        return
      }
      if end > ProxyRequest.headLimit {
        return refuse(ProxyRefusal(431, "its head exceeds \(ProxyRequest.headLimit) bytes"))
      }
      do throws(ProxyRefusal) {
        try take(ProxyRequest(head[..<end]), rest: head[end...])
      } catch {
        refuse(error)
      }
    }
  }

  private func take(_ request: ProxyRequest, rest: ArraySlice<UInt8>) throws(ProxyRefusal) {
    let target: ProxyTarget
    switch request {
    case .connect(let to):
      target = to
      isTunnel = true
      first = Array(rest)
    case .forward(let to, let head, let framing):
      target = to
      body = ProxyBody(framing)
      // What follows the body is no part of this request, and nobody else's either.
      first = head + rest.prefix(try body.take(rest))
    }
    head = []
    self.target = target
    try grant.check(target)
    stage = .resolving
    client.want(reading: false, writing: false)
    arm(proxy.timing.connect) { [weak self] in
      self?.refuse(ProxyRefusal(504, "cannot be connected to in time", host: target.text))
    }
    if let address = target.address { return resolved([address]) }
    let back = LoopReturn(self)
    proxy.resolve(target.host) { back.value?.resolved($0) }
  }

  private func resolved(_ found: [IPAddress]) {
    guard stage == .resolving, let target else { return }
    if found.isEmpty { return refuse(ProxyRefusal(502, "is not known", host: target.text)) }
    addresses = found.filter { proxy.addresses.permits($0) }[...]
    if addresses.isEmpty {
      return refuse(
        ProxyRefusal(
          403,
          "is at \(found[0].text), which is no public address; hint: the operator may name it in the setting "
            + "'allow_private' of the web worker",
          host: target.text
        )
      )
    }
    connectNext()
  }

  /// To exactly the addresses that were looked at, one after the other.
  private func connectNext() {
    guard let target else { return }
    server?.close()
    stage = .connecting
    while let address = addresses.popFirst() {
      guard let socket = ProxySocket.connecting(to: address, port: target.port, proxy.loop) else { continue }
      server = socket
      socket.onReady = { [weak self] in self?.serverIsReady($0) }
      socket.want(reading: false, writing: true)
      return
    }
    server = nil
    refuse(ProxyRefusal(502, "cannot be connected to", host: target.text))
  }

  private func serverIsReady(_ readiness: Readiness) {
    switch stage {
    case .connecting:
      guard let server else { return }
      if server.error != 0 { return connectNext() }
      connected()
    case .carrying: carry()
    default: break
    }
  }

  private func connected() {
    stage = .carrying
    // The head of a forwarded request is the proxy's own writing, and not counted.
    if isTunnel { sent = Int64(first.count) }
    up.pending = first[...]
    first = []
    if isTunnel { down.pending = Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)[...] }
    armIdle()
    carry()
  }

  // MARK: Refusal

  func refuse(_ refusal: ProxyRefusal) {
    if stage == .refusing || stage == .closed { return }
    if refusal.status == 403, let host = refusal.host { onDenied?(host, refusal.why) }
    // What has begun to look like an answer is not continued with another.
    if stage == .carrying, isTunnel || answerHasBegun { return close() }
    server?.close()
    server = nil
    stage = .refusing
    down.pending = refusal.response[...]
    arm(proxy.timing.farewell) { [weak self] in self?.close() }
    sayRefusal()
  }

  /// Writes it, and reads on for a while: a connection that is closed with bytes unread takes back what it was sent.
  private func sayRefusal() {
    guard client.write(&down.pending) else { return close() }
    if down.pending.isEmpty, !down.hasClosed {
      down.hasClosed = true
      client.endWriting()
    }
    loop: for _ in 0..<4 {
      switch client.read(limit: Self.pieceBytes) {
      case .bytes: continue
      case .later: break loop
      case .end where down.hasClosed: return close()
      case .end, .failed: return close()
      }
    }
    client.want(reading: true, writing: !down.pending.isEmpty)
  }

  // MARK: Time

  private func arm(_ delay: Milliseconds, _ body: @escaping () -> Void) {
    disarm()
    timer = proxy.loop.schedule(after: delay) { [weak self] in
      self?.timer = nil
      body()
    }
  }

  private func disarm() {
    if let timer { proxy.loop.cancel(timer) }
    timer = nil
  }

  func moved() { lastMove = .now }

  private func armIdle() {
    moved()
    lookForIdleness(after: proxy.timing.idle)
  }

  private func lookForIdleness(after delay: Milliseconds) {
    arm(delay) { [weak self] in
      guard let self else { return }
      let due = lastMove + proxy.timing.idle
      let left = due.milliseconds(since: .now)
      if left <= 0 { close() } else { lookForIdleness(after: Milliseconds(left)) }
    }
  }
}

/// Carries a reference through a closure that any thread may keep and the loop alone opens.
///
/// Safety: `value` is read on the loop's thread only, where the object lives.
final class LoopReturn: @unchecked Sendable {
  private(set) weak var value: ProxyExchange?
  init(_ value: ProxyExchange) { self.value = value }
}
