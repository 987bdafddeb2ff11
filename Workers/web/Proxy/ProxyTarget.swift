/// Where a request wants to go: a host in its one spelling, and a port.
package struct ProxyTarget: Sendable, Hashable {
  /// In lower case, without a dot at its end; IPv6 in brackets.
  package let host: String
  package let port: UInt16
  /// Of a host that is an address.
  package let address: IPAddress?

  package var text: String { "\(host):\(port)" }

  /// `name:port`, `1.2.3.4:port` or `[v6]:port`; without a port `defaultPort` is meant, if there is one.
  package init(_ authority: ArraySlice<UInt8>, defaultPort: UInt16?) throws(ProxyRefusal) {
    // Names in other writing than ASCII travel as punycode, which looks like nothing else.
    guard (1...300).contains(authority.count), authority.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .malformed("its target is empty, too long or not ASCII")
    }
    let text = String(decoding: authority, as: UTF8.self).lowercased()
    var name = Substring(text)
    var port = defaultPort
    if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
      name = text[..<colon]
      let digits = text[text.index(after: colon)...]
      guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
        let number = UInt16(digits), number > 0, digits.utf8.first != UInt8(ascii: "0")
      else { throw .malformed("its port is not from 1 to 65535") }
      port = number
    }
    guard let port else { throw .malformed("its target has no port") }
    if name.hasSuffix("."), name != "." { name.removeLast() }
    guard let host = HostPattern.plain(name) else { throw .malformed("'\(Self.shown(text))' is no host and port") }
    let literal = IPAddress(host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host)
    if literal == nil, Self.endsInNumber(host) {
      // 2130706433, 0x7f.1 and 0177.0.0.1 are addresses to some resolvers; here they are nothing.
      throw ProxyRefusal(403, "an address is taken in its usual spelling only", host: "\(host):\(port)")
    }
    self.host = host
    self.port = port
    address = literal
  }

  /// By its last label, as the URL standard tells addresses from names.
  private static func endsInNumber(_ host: String) -> Bool {
    guard let last = host.split(separator: ".").last else { return false }
    if last.utf8.allSatisfy({ (48...57).contains($0) }) { return true }
    return last.hasPrefix("0x")
      && last.dropFirst(2).utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  /// Foreign text, bounded, for a message.
  static func shown(_ text: some StringProtocol) -> String { String(text.prefix(100)) }
}

/// Why a connection is not let through.
package struct ProxyRefusal: Error, Sendable, Hashable {
  /// What the client is answered: 400 for what is no request, 403 for what is not permitted, 502, 503 and 504.
  package let status: Int
  package let why: String
  /// `name:port`, where it is known and not permitted.
  package let host: String?

  package init(_ status: Int, _ why: String, host: String? = nil) {
    self.status = status
    self.why = why
    self.host = host
  }

  static func malformed(_ why: String) -> ProxyRefusal { ProxyRefusal(400, why) }

  /// What the client reads before the connection closes.
  package var response: [UInt8] {
    let names = [
      400: "Bad Request", 403: "Forbidden", 431: "Request Header Fields Too Large", 502: "Bad Gateway",
      503: "Service Unavailable", 504: "Gateway Timeout",
    ]
    let body = "bulkhead: \(host.map { "'\($0)': " } ?? "")\(why)\n"
    let head =
      "HTTP/1.1 \(status) \(names[status] ?? "Refused")\r\nContent-Type: text/plain; charset=utf-8\r\n"
      + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
    return Array((head + body).utf8)
  }
}

/// What a run may reach: what it was granted, of what the operator granted to the worker.
package struct ProxyGrant: Sendable {
  private let call: [HostPattern]
  private let worker: [HostPattern]

  /// `hosts` that are no patterns match nothing.
  package init(hosts: [String], worker: [HostPattern]) {
    call = hosts.compactMap { HostPattern($0) }
    self.worker = worker
  }

  package func check(_ target: ProxyTarget) throws(ProxyRefusal) {
    let matching = call.filter { $0.matches(target.host, port: target.port) }
    if matching.isEmpty { throw ProxyRefusal(403, "is not among the run's needs.hosts", host: target.text) }
    if target.address != nil, !matching.contains(where: \.isExact) {
      throw ProxyRefusal(403, "is an address, which a pattern does not grant", host: target.text)
    }
    if !worker.contains(where: { $0.matches(target.host, port: target.port) }) {
      throw ProxyRefusal(
        403,
        "is not among the web worker's hosts; hint: the operator may add it to its setting 'hosts'",
        host: target.text
      )
    }
  }
}
