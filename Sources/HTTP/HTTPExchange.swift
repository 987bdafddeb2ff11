internal import CCurlCalls
internal import Glibc
internal import Posix

/// One request and its answer.
///
/// Safety: lives on the loop of its client, like all of it.
package final class HTTPExchange: @unchecked Sendable {
  private static let headerLimit = 128 << 10

  let easy: UnsafeMutableRawPointer
  private unowned let client: HTTPClient
  private let request: HTTPRequest
  private var receiver: (any HTTPReceiver)?
  private var list: UnsafeMutablePointer<curl_slist>?
  private var head = HTTPHead(status: 0, headers: [])
  private var headerBytes = 0
  private var hasHead = false
  private var lastUse = BootTime.now
  private var timer: LoopTimer?
  /// Why we ended it ourselves.
  private var failure: HTTPError?
  private var hadEnough = false
  /// An address was found that may not be connected to.
  private var wasRefused = false

  init(
    _ request: HTTPRequest,
    _ receiver: any HTTPReceiver,
    userAgent: String,
    client: HTTPClient
  ) throws(HTTPError) {
    guard let easy = curl_easy_init() else { throw HTTPError(.failed, "out of memory") }
    self.easy = easy
    self.request = request
    self.receiver = receiver
    self.client = client
    let failed = configure(userAgent).first { $0 != CURLE_OK }
    if let failed { throw HTTPError(.invalidRequest, String(cString: curl_easy_strerror(failed))) }
    schedule(after: request.timeouts.connect + request.timeouts.firstByte)
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(list)
  }

  /// Ends it: the receiver hears `ended` with `cancelled`. May be called inside the receiver's own methods.
  package func cancel() { stop(HTTPError(.cancelled, "cancelled")) }

  private func stop(_ error: HTTPError) {
    guard receiver != nil else { return }
    client.leave(self)
    end(error)
  }

  func end(_ error: HTTPError?) {
    if let timer { client.loop.cancel(timer) }
    timer = nil
    let receiver = receiver
    self.receiver = nil
    receiver?.ended(error)
  }

  /// libcurl has ended it.
  func done(_ code: CURLcode) {
    if hadEnough { return end(nil) }
    if wasRefused, code == CURLE_COULDNT_CONNECT {
      return end(HTTPError(.addressRefused, "its address may not be connected to"))
    }
    end(failure ?? (code == CURLE_OK ? nil : Self.error(code, hasHead: hasHead)))
  }

  private static func error(_ code: CURLcode, hasHead: Bool) -> HTTPError {
    let kind: HTTPError.Kind =
      switch code {
      case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .hostNotFound
      case CURLE_COULDNT_CONNECT: .connectionRefused
      // The only limit that libcurl keeps for us.
      case CURLE_OPERATION_TIMEDOUT: .connectTimeout
      case CURLE_PEER_FAILED_VERIFICATION: .tlsUntrusted
      case CURLE_SSL_CONNECT_ERROR: .tlsFailed
      case CURLE_SSL_CACERT_BADFILE: .noAuthorities
      case CURLE_URL_MALFORMAT: .invalidRequest
      case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2_STREAM:
        .connectionLost
      // The third is also an answer without a status line; the last is CURLE_WEIRD_SERVER_REPLY.
      case CURLE_HTTP2, CURLE_BAD_CONTENT_ENCODING, CURLE_UNSUPPORTED_PROTOCOL, CURLcode(rawValue: 8): .badResponse
      default: hasHead ? .connectionLost : .failed
      }
    return HTTPError(kind, String(cString: curl_easy_strerror(code)))
  }

  // MARK: Time

  private func schedule(after milliseconds: Int64) {
    timer = client.loop.schedule(after: Milliseconds(milliseconds)) { [weak self] in self?.check() }
  }

  /// One timer for all phases: when it is due, it looks how long nothing useful has come.
  private func check() {
    timer = nil
    let quiet = BootTime.now.milliseconds(since: lastUse)
    if !hasHead {
      var sent = 0 as Int64
      // Microseconds until the request could be sent: what connecting took.
      bh_curl_get_size(easy, CURLINFO_PRETRANSFER_TIME_T, &sent)
      let limit = sent / 1000 + request.timeouts.firstByte
      if sent > 0, quiet >= limit {
        return stop(HTTPError(.firstByteTimeout, "no answer within \(request.timeouts.firstByte) ms"))
      }
      return schedule(after: max(1, limit - quiet))
    }
    if quiet >= request.timeouts.idle {
      return stop(HTTPError(.stalled, "nothing useful came for \(request.timeouts.idle) ms"))
    }
    schedule(after: max(1, request.timeouts.idle - quiet))
  }

  // MARK: What libcurl calls

  private static func of(_ context: UnsafeMutableRawPointer?) -> HTTPExchange? {
    context.map { Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue() }
  }

  private func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    headerBytes += line.count
    if headerBytes > Self.headerLimit {
      failure = HTTPError(.headersTooLarge, "more than \(Self.headerLimit) bytes of headers")
      return false
    }
    var text = Substring(decoding: line, as: UTF8.self)
    while let last = text.unicodeScalars.last, last == "\r" || last == "\n" { text.unicodeScalars.removeLast() }
    if text.isEmpty {
      var status = 0
      bh_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
      // An interim answer, or a proxy's to CONNECT, is followed by the real one.
      var connect = 0
      bh_curl_get_long(easy, CURLINFO_HTTP_CONNECTCODE, &connect)
      if (100..<200).contains(status) || status == 0 { return true }
      head.status = status
      markUse()
      hasHead = true
      receiver?.received(head)
    } else if text.hasPrefix("HTTP/") {
      head.headers = []
    } else if let colon = text.firstIndex(of: ":") {
      let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      head.headers.append((text[..<colon].lowercased(), String(value)))
    }
    return true
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let receiver else { return false }
    switch receiver.received(bytes) {
    case .useful: markUse()
    case .useless: break
    case .enough:
      hadEnough = true
      return false
    }
    return true
  }

  private func markUse() {
    lastUse = .now
    if !hasHead, let timer {
      client.loop.cancel(timer)
      schedule(after: request.timeouts.idle)
    }
  }

  /// -1 where the address may not be connected to.
  private func open(_ target: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    let place = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
    if request.permits?(UnsafeRawPointer(target) + place, Int(target.pointee.addrlen)) == false {
      wasRefused = true
      return -1
    }
    return socket(
      target.pointee.family,
      target.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
      target.pointee.protocol
    )
  }

  // MARK: Options

  private func configure(_ userAgent: String) -> [CURLcode] {
    let context = Unmanaged.passUnretained(self).toOpaque()
    var codes = [
      bh_curl_set_text(easy, CURLOPT_URL, request.url),
      bh_curl_set_protocols(easy),
      bh_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0),
      bh_curl_set_long(easy, CURLOPT_NOSIGNAL, 1),
      bh_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1),
      bh_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2),
      bh_curl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
      bh_curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1),
      bh_curl_set_text(easy, CURLOPT_PROXY, request.proxy ?? ""),
      // The headers of a proxy's CONNECT are not the answer's.
      bh_curl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
      bh_curl_set_long(easy, CURLOPT_NETRC, 0),
      bh_curl_set_text(easy, CURLOPT_USERAGENT, userAgent),
      bh_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: request.timeouts.connect)),
      // A second request waits for neither: with HTTP/2 it joins a connection that is there.
      bh_curl_set_long(easy, CURLOPT_PIPEWAIT, 0),
      bh_curl_set_body_sink(
        easy,
        { bytes, size, count, context in
          let taken = HTTPExchange.of(context)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
          return taken == true ? size * count : 0
        },
        context
      ),
      bh_curl_set_header_sink(
        easy,
        { bytes, size, count, context in
          let taken = HTTPExchange.of(context)?.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
          return taken == true ? size * count : 0
        },
        context
      ),
    ]
    if let file = request.caFile {
      codes.append(bh_curl_set_text(easy, CURLOPT_CAINFO, file))
      codes.append(bh_curl_set_text(easy, CURLOPT_CAPATH, nil))
    }
    if request.permits != nil {
      codes.append(
        bh_curl_set_opener(
          easy,
          { context, _, address in address.flatMap { HTTPExchange.of(context)?.open($0) } ?? -1 },
          context
        )
      )
    }
    if let body = request.body {
      codes.append(bh_curl_set_long(easy, CURLOPT_POST, 1))
      codes.append(bh_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.count)))
      // The body lives in `request`, which nothing changes, but an array has no address of its own: libcurl copies it.
      codes.append(body.withUnsafeBytes { bh_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) })
    }
    codes.append(bh_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method))
    // Without waiting for a server's consent to a long body.
    for line in request.headers.map({ "\($0.name): \($0.value)" }) + ["Expect:"] {
      guard !line.utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }),
        let longer = curl_slist_append(list, line)
      else { return [CURLE_BAD_FUNCTION_ARGUMENT] }
      list = longer
    }
    codes.append(bh_curl_set_pointer(easy, CURLOPT_HTTPHEADER, list))
    return codes
  }
}
