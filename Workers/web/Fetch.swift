internal import JSON
internal import Posix
internal import WebProxy
internal import WorkerKit

/// One call: a request, and those that its redirects lead to.
struct Fetch {
  /// Between our own time limit and the call's deadline, so that the answer still gets home.
  private static let margin: Int64 = 100
  /// What may follow a redirect to another origin: everything else might be a credential.
  private static let harmless: Set<String> = [
    "accept", "accept-language", "cache-control", "content-type", "content-language", "if-modified-since",
    "if-none-match", "pragma", "range", "user-agent",
  ]

  private let request: FetchRequest
  private let call: Call
  private let settings: WebSettings
  /// Nil: the call is content with what the worker was granted.
  private let needed: [HostPattern]?
  private let deadline: BootTime

  init(_ request: FetchRequest, _ call: Call, _ settings: WebSettings) throws(WireError) {
    self.request = request
    self.call = call
    self.settings = settings
    deadline = .now + Milliseconds(max(1, min(request.timeoutMS, call.remainingMS - Self.margin)))
    var needed: [HostPattern] = []
    for host in call.needs?.hosts ?? [] {
      guard let pattern = HostPattern(host) else {
        throw WireError(.refused, "needs.hosts names '\(host)', which is no host", data: ["need": "hosts"])
      }
      needed.append(pattern)
    }
    self.needed = needed.isEmpty ? nil : needed
  }

  func run() async throws -> JSON {
    var address = try WebAddress(request.url)
    var method = request.method
    var body = request.body
    var headers = request.headers
    var visited: [String] = []
    while true {
      try check(address, isRedirect: !visited.isEmpty)
      if deadline.milliseconds(since: .now) <= 0 {
        throw WireError(.deadlineExceeded, "'\(address.host)' took too long", data: ["reason": "timeout"])
      }
      let options = Transfer.Options(
        method: method,
        headers: headers,
        body: body,
        maxBytes: request.maxBytes,
        deadline: deadline,
        followsRedirects: request.maxRedirects > 0
      )
      let transfer = try Transfer(address, options, settings)
      var sink: BodySink?
      try await transfer.run { bytes in
        if sink == nil { sink = BodySink(call, name: Self.name(address), mediaType: Self.mediaType(transfer.headers)) }
        try await sink?.add(bytes)
      }
      guard let location = transfer.location else { return try await answer(transfer, address, visited, &sink) }
      visited.append(address.text)
      if visited.count > request.maxRedirects {
        throw WireError(
          .toolFailed,
          "more than \(request.maxRedirects) redirects, the last to '\(location.prefix(200))'",
          data: ["reason": "too_many_redirects"]
        )
      }
      let next = try Self.target(location, of: address)
      if transfer.status == 303 && method != "HEAD" || [301, 302].contains(transfer.status) && method == "POST" {
        // As every client does, RFC 9110 section 15.4.
        method = "GET"
        body = nil
        headers.removeAll { $0.name.lowercased().hasPrefix("content-") }
      }
      if next.origin != address.origin { headers.removeAll { !Self.harmless.contains($0.name.lowercased()) } }
      address = next
    }
  }

  private static func target(_ location: String, of address: WebAddress) throws -> WebAddress {
    do throws(WireError) {
      guard location.utf8.count <= FetchRequest.urlBytes else {
        throw WireError(.invalidInput, "longer than \(FetchRequest.urlBytes) bytes")
      }
      return try address.following(location)
    } catch {
      throw WireError(
        .refused,
        "'\(address.host)' redirects to '\(location.prefix(200))': \(error.message)",
        data: ["reason": "bad_redirect", "detail": error.data["reason"] ?? "url_syntax"]
      )
    }
  }

  /// Whether host and port are granted, to the worker and to the call.
  private func check(_ address: WebAddress, isRedirect: Bool) throws(WireError) {
    func matches(_ patterns: [HostPattern]) -> Bool {
      patterns.contains { $0.matches(address.host, port: address.port, defaultPort: address.defaultPort) }
    }
    let target = "\(address.host):\(address.port)"
    let what = isRedirect ? "a redirect leads to '\(target)', which" : "'\(target)'"
    func refusal(_ why: String, _ by: String) -> WireError {
      WireError(
        .refused,
        "\(what) \(why)",
        data: [
          "reason": .string(isRedirect ? "redirect_host" : "host"), "granted_by": .string(by),
          "denied": ["kind": "host", "host": .string(target), "exact": true],
        ]
      )
    }
    if !matches(settings.hosts) {
      throw refusal("is not among the worker's hosts; hint: the operator may add it to its setting 'hosts'", "worker")
    }
    if let needed, !matches(needed) { throw refusal("is not among the call's needs.hosts", "call") }
  }

  private func answer(
    _ transfer: Transfer,
    _ address: WebAddress,
    _ visited: [String],
    _ sink: inout BodySink?
  ) async throws -> JSON {
    var answer: JSONObject = [
      "status": .integer(Int64(transfer.status)), "headers": transfer.headers.json, "url": .string(address.text),
      "redirects": .array(visited.map { .string($0) }), "bytes": .integer(Int64(sink?.count ?? 0)),
      "truncated": .bool(transfer.isCut),
    ]
    let (key, value) = try await sink?.finish(isCut: transfer.isCut) ?? ("body", "")
    answer[key] = value
    return .object(answer)
  }

  /// The last part of the path, as far as it can name a file.
  private static func name(_ address: WebAddress) -> String {
    let path = address.text.prefix { $0 != "?" }.split(separator: "/").dropFirst(2)
    let name = (path.last ?? "").unicodeScalars.filter { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
          || "-_.".unicodeScalars.contains(scalar))
    }
    let text = String(String.UnicodeScalarView(name.prefix(100)))
    return text.allSatisfy { $0 == "." } ? "body" : text
  }

  private static func mediaType(_ headers: ResponseHeaders) -> String {
    let type = (headers.first("content-type") ?? "").prefix { $0 != ";" && $0 != " " }.lowercased()
    let isPlain =
      type.utf8.count <= 100 && type.split(separator: "/", omittingEmptySubsequences: false).count == 2
      && type.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    return isPlain ? type : "application/octet-stream"
  }
}
