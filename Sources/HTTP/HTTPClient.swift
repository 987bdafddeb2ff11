internal import CCurlCalls
internal import Glibc
package import Posix

/// All exchanges with servers, driven by one event loop: libcurl says which sockets it waits for, the loop watches them.
/// Connections are kept and shared; HTTP/2 is spoken where TLS offers it.
///
/// Safety: lives on the loop; every method and every call of libcurl is on the loop's thread, which is checked.
package final class HTTPClient: @unchecked Sendable {
  package let loop: EventLoop
  private let multi: UnsafeMutableRawPointer
  private var sockets: [Int32: SocketWatch] = [:]
  private var timer: LoopTimer?
  private var exchanges: [UnsafeMutableRawPointer: HTTPExchange] = [:]
  /// libcurl is on the stack: what would call it again waits.
  private var isInside = false
  private var leaving: [HTTPExchange] = []
  private let userAgent: String

  /// Exchanges under way.
  package var count: Int { exchanges.count }

  /// Before the process has a second thread, since libcurl's global initialisation demands it. nil: it failed.
  ///
  /// - Parameter idleConnections: kept open at most for later requests.
  package init?(loop: EventLoop, userAgent: String, idleConnections: Int = 64) {
    guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = curl_multi_init() else { return nil }
    self.loop = loop
    self.multi = multi
    self.userAgent = userAgent
    let context = Unmanaged.passUnretained(self).toOpaque()
    bh_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, idleConnections)
    bh_curl_multi_set_watcher(
      multi,
      { _, socket, what, context, _ in
        HTTPClient.of(context).watch(socket, what)
        return 0
      },
      context
    )
    bh_curl_multi_set_timer(
      multi,
      { _, milliseconds, context in
        HTTPClient.of(context).setTimer(milliseconds)
        return 0
      },
      context
    )
  }

  /// No exchange may be under way.
  deinit {
    if let timer { loop.cancel(timer) }
    curl_multi_cleanup(multi)
    for socket in sockets.keys { loop.unwatch(socket) }
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> HTTPClient {
    // Safety: it is always ourselves, who outlive the multi handle.
    Unmanaged<HTTPClient>.fromOpaque(context!).takeUnretainedValue()
  }

  /// Runs `work` on the loop's thread.
  package func perform(_ work: @escaping @Sendable () -> Void) { loop.perform(work) }

  /// Begins an exchange; `receiver` hears of it until `ended`, possibly before this returns.
  @discardableResult
  package func start(_ request: HTTPRequest, _ receiver: any HTTPReceiver) -> HTTPExchange? {
    precondition(loop.isCurrent, "an HTTP client is used on its loop's thread")
    let exchange: HTTPExchange
    do throws(HTTPError) {
      exchange = try HTTPExchange(request, receiver, userAgent: userAgent, client: self)
    } catch {
      receiver.ended(error)
      return nil
    }
    exchanges[exchange.easy] = exchange
    let code = inside { curl_multi_add_handle(multi, exchange.easy) }
    guard code == CURLM_OK else {
      exchanges[exchange.easy] = nil
      exchange.end(HTTPError(.failed, String(cString: curl_multi_strerror(code))))
      return nil
    }
    return exchange
  }

  /// Ends an exchange: its connection is closed, or its stream reset. Called by the exchange.
  func leave(_ exchange: HTTPExchange) {
    if isInside { leaving.append(exchange) } else { remove(exchange) }
  }

  private func remove(_ exchange: HTTPExchange) {
    guard exchanges.removeValue(forKey: exchange.easy) != nil else { return }
    inside { _ = curl_multi_remove_handle(multi, exchange.easy) }
  }

  // MARK: Driving libcurl

  private func inside<R>(_ body: () -> R) -> R {
    isInside = true
    let result = body()
    isInside = false
    return result
  }

  fileprivate func act(_ socket: Int32, _ what: Int32) {
    var running: Int32 = 0
    inside { _ = curl_multi_socket_action(multi, socket, what, &running) }
    finish()
  }

  /// Removes what was cancelled inside a callback, and tells the ends that libcurl has noticed.
  private func finish() {
    while let exchange = leaving.popLast() { remove(exchange) }
    var waiting: Int32 = 0
    while let message = curl_multi_info_read(multi, &waiting) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      let code = message.pointee.data.result
      guard let exchange = exchanges[easy] else { continue }
      remove(exchange)
      exchange.done(code)
    }
  }

  private func watch(_ socket: Int32, _ what: Int32) {
    var interest: Readiness = []
    if what == CURL_POLL_IN || what == CURL_POLL_INOUT { interest.insert(.readable) }
    if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { interest.insert(.writable) }
    if interest.isEmpty {
      if sockets.removeValue(forKey: socket) != nil { loop.unwatch(socket) }
      return
    }
    do throws(PosixError) {
      if sockets[socket] == nil {
        let watch = SocketWatch(self, socket)
        try loop.watch(socket, for: interest, handler: watch)
        sockets[socket] = watch
      } else {
        try loop.change(socket, to: interest)
      }
    } catch {
      // Without being told of the socket, the exchange ends by its own time limit.
    }
  }

  private func setTimer(_ milliseconds: Int) {
    if let timer { loop.cancel(timer) }
    timer = nil
    if milliseconds < 0 { return }
    // Also for 0: libcurl may not be called from its own callback.
    timer = loop.schedule(after: Milliseconds(Int64(milliseconds))) { [weak self] in
      guard let self else { return }
      timer = nil
      act(CURL_SOCKET_TIMEOUT, 0)
    }
  }
}

/// One of libcurl's sockets on the loop.
private final class SocketWatch: ReadinessHandler {
  private unowned let client: HTTPClient
  private let socket: Int32

  init(_ client: HTTPClient, _ socket: Int32) {
    self.client = client
    self.socket = socket
  }

  func ready(_ readiness: Readiness) {
    var what: Int32 = 0
    if readiness.contains(.readable) { what |= CURL_CSELECT_IN }
    if readiness.contains(.writable) { what |= CURL_CSELECT_OUT }
    if !readiness.isDisjoint(with: .hangUp) { what |= CURL_CSELECT_ERR }
    client.act(socket, what)
  }
}
