internal import CCurlCalls
internal import Glibc
internal import JSON
internal import Posix
internal import WebProxy
internal import WorkerKit

/// One request and its response, on a connection of its own.
///
/// Safety: libcurl calls back on the thread that drives the transfer, inside `step`; the cancellation handler touches
/// only the multi handle's wake-up, which libcurl allows from any thread.
final class Transfer: @unchecked Sendable {
  struct Options {
    let method: String
    let headers: [(name: String, value: String)]
    let body: [UInt8]?
    /// Of the body, decompressed.
    let maxBytes: Int
    let deadline: BootTime
    let followsRedirects: Bool
  }

  private let address: WebAddress
  private let options: Options
  private let rules: AddressRules
  private let easy: UnsafeMutableRawPointer
  private let multi: UnsafeMutableRawPointer
  private var list: UnsafeMutablePointer<curl_slist>?
  private var postBody: UnsafeMutablePointer<UInt8>?

  private(set) var headers = ResponseHeaders()
  /// The body went on beyond `maxBytes`.
  private(set) var isCut = false
  private var received: [UInt8] = []
  private var total = 0
  /// Why we ended it ourselves.
  private var stop: Stop?
  private var refused: IPAddress?

  private enum Stop { case full, redirect, headers }

  init(_ address: WebAddress, _ options: Options, _ settings: WebSettings) throws(WireError) {
    self.address = address
    self.options = options
    rules = settings.addresses
    guard let easy = curl_easy_init() else { throw WireError(.internalError, "out of memory") }
    guard let multi = curl_multi_init() else {
      curl_easy_cleanup(easy)
      throw WireError(.internalError, "out of memory")
    }
    self.easy = easy
    self.multi = multi
    guard configure(settings), curl_multi_add_handle(multi, easy) == CURLM_OK else {
      throw WireError(.internalError, "libcurl does not take an option")
    }
  }

  deinit {
    curl_multi_remove_handle(multi, easy)
    curl_easy_cleanup(easy)
    curl_multi_cleanup(multi)
    curl_slist_free_all(list)
    postBody?.deallocate()
  }

  var status: Int {
    var code = 0
    return bh_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK ? code : 0
  }

  /// Where a redirect leads; nil: this is the answer.
  var location: String? {
    guard options.followsRedirects, [301, 302, 303, 307, 308].contains(status) else { return nil }
    return headers.first("location")
  }

  /// Runs to the end; each part of the body goes to `take` before more is read.
  func run(_ take: ([UInt8]) async throws -> Void) async throws {
    try await withTaskCancellationHandler {
      while true {
        try Task.checkCancellation()
        var running: Int32 = 0
        let code = curl_multi_perform(multi, &running)
        guard code == CURLM_OK else { throw WireError(.internalError, "libcurl: \(Self.text(code))") }
        if !received.isEmpty {
          let bytes = received
          received = []
          try await take(bytes)
        }
        if running == 0 { break }
        let left = options.deadline.milliseconds(since: .now)
        curl_multi_poll(multi, nil, 0, Int32(clamping: min(max(left, 1), 1000)), nil)
      }
    } onCancel: {
      curl_multi_wakeup(multi)
    }
    try finish()
  }

  private func finish() throws(WireError) {
    var code = CURLE_OK
    var waiting: Int32 = 0
    while let message = curl_multi_info_read(multi, &waiting) {
      if message.pointee.msg == CURLMSG_DONE { code = message.pointee.data.result }
    }
    switch stop {
    case .full?, .redirect?: return
    case .headers?:
      throw WireError(
        .toolFailed,
        "'\(address.host)' sent more than \(ResponseHeaders.limit) bytes of headers",
        data: ["reason": "headers_too_large"]
      )
    case nil: break
    }
    if code != CURLE_OK { throw CurlFailure.error(code, address, refused: refused) }
  }

  private static func text(_ code: CURLMcode) -> String { String(cString: curl_multi_strerror(code)) }

  // MARK: What libcurl calls

  private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  private func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    if headers.add(line) { return true }
    stop = .headers
    return false
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if location != nil {
      // What a redirect says beside its location is for nobody.
      stop = .redirect
      return false
    }
    let room = options.maxBytes - total
    received += bytes.prefix(room)
    total += min(room, bytes.count)
    if bytes.count <= room { return true }
    isCut = true
    stop = .full
    return false
  }

  /// The one place where sockets come from. −1 where the address is not to be reached.
  private func open(_ target: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    let place = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
    let raw = UnsafeRawPointer(target) + place
    guard let address = IPAddress(raw, length: Int(target.pointee.addrlen)) else { return -1 }
    guard rules.permits(address) else {
      refused = address
      return -1
    }
    return socket(
      target.pointee.family,
      target.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
      target.pointee.protocol
    )
  }

  // MARK: Options

  private func configure(_ settings: WebSettings) -> Bool {
    let context = Unmanaged.passUnretained(self).toOpaque()
    let left = max(1, Int(clamping: options.deadline.milliseconds(since: .now)))
    var codes = [
      bh_curl_set_pointer(easy, CURLOPT_CURLU, UnsafeRawPointer(address.handle)),
      bh_curl_set_protocols(easy),
      bh_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0),
      bh_curl_set_long(easy, CURLOPT_NOSIGNAL, 1),
      bh_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1),
      bh_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2),
      bh_curl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
      // No proxy, not even one from the environment.
      bh_curl_set_text(easy, CURLOPT_PROXY, ""),
      bh_curl_set_text(easy, CURLOPT_NOPROXY, "*"),
      bh_curl_set_long(easy, CURLOPT_NETRC, 0),
      bh_curl_set_text(easy, CURLOPT_ACCEPT_ENCODING, ""),
      bh_curl_set_text(easy, CURLOPT_USERAGENT, "bulkhead-web/0.1"),
      bh_curl_set_long(easy, CURLOPT_TIMEOUT_MS, left),
      bh_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, min(left, 15_000)),
      bh_curl_set_body_sink(
        easy,
        { bytes, size, count, context in
          let taken = Transfer.of(context)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? false
          return taken ? size * count : 0
        },
        context
      ),
      bh_curl_set_header_sink(
        easy,
        { bytes, size, count, context in
          let taken = Transfer.of(context)?.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
          return taken == true ? size * count : 0
        },
        context
      ),
      bh_curl_set_opener(
        easy,
        { context, _, address in address.flatMap { Transfer.of(context)?.open($0) } ?? -1 },
        context
      ),
    ]
    if let file = settings.caFile {
      codes.append(bh_curl_set_text(easy, CURLOPT_CAINFO, file))
      codes.append(bh_curl_set_text(easy, CURLOPT_CAPATH, nil))
    }
    return codes.allSatisfy { $0 == CURLE_OK } && setMethod() && setHeaders()
  }

  private func setMethod() -> Bool {
    var codes: [CURLcode] = []
    if options.method == "HEAD" {
      codes.append(bh_curl_set_long(easy, CURLOPT_NOBODY, 1))
    } else {
      if options.body != nil || ["POST", "PUT", "PATCH"].contains(options.method) {
        let body = options.body ?? []
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, body.count))
        copy.initialize(from: body, count: body.count)
        postBody = copy
        codes.append(bh_curl_set_long(easy, CURLOPT_POST, 1))
        codes.append(bh_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.count)))
        codes.append(bh_curl_set_pointer(easy, CURLOPT_POSTFIELDS, copy))
      }
      codes.append(bh_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, options.method))
    }
    return codes.allSatisfy { $0 == CURLE_OK }
  }

  private func setHeaders() -> Bool {
    var lines = options.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    // Without waiting for a server's consent, and without libcurl's idea of what a body is.
    lines.append("Expect:")
    if !options.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      lines.append(options.body == nil ? "Content-Type:" : "Content-Type: text/plain; charset=utf-8")
    }
    for line in lines {
      guard let longer = curl_slist_append(list, line) else { return false }
      list = longer
    }
    return bh_curl_set_pointer(easy, CURLOPT_HTTPHEADER, list) == CURLE_OK
  }
}
