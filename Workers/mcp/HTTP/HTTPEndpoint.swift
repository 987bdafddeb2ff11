internal import CCurlCalls
internal import WebProxy

/// Where an MCP server answers over HTTP, and with what it is asked. Values are secrets: no text of ours shows one.
package struct HTTPEndpoint: Sendable {
  /// Why an entry cannot be used; names no value.
  package struct Mistake: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
  }

  let url: String
  let headers: [(name: String, value: String)]
  let rules: AddressRules
  let caFile: String?

  /// What the transport says itself.
  private static let reserved: Set<String> = [
    "accept", "connection", "content-length", "content-type", "expect", "host", "last-event-id", "mcp-method",
    "mcp-name", "mcp-protocol-version", "mcp-session-id", "transfer-encoding",
  ]
  private static let mostHeaders = 64
  private static let longestValue = 16 << 10

  /// - Parameters:
  ///   - url: `http` or `https`. Private addresses are reached only where it names one itself: as an address, or as
  ///     `localhost`.
  ///   - headers: sent with each request.
  ///   - allowed: further private addresses and ranges (`10.2.0.0/16`) that its name may lead to.
  ///   - caFile: trusted instead of the system's authorities.
  package init(
    url: String,
    headers: [(name: String, value: String)] = [],
    allowed: [String] = [],
    caFile: String? = nil
  ) throws(Mistake) {
    let host = try Self.host(of: url)
    guard headers.count <= Self.mostHeaders else { throw Mistake("more than \(Self.mostHeaders) headers") }
    for header in headers { try Self.check(header.name, header.value) }
    var granted = Self.named(by: host)
    for text in allowed {
      guard let range = AddressRange(text) else { throw Mistake("'\(text.prefix(64))' is no address and no range") }
      granted.append(range)
    }
    self.url = url
    self.headers = headers
    self.caFile = caFile
    rules = AddressRules(granted: granted)
  }

  private static func named(by host: String) -> [AddressRange] {
    if host == "localhost" || host.hasSuffix(".localhost") {
      return ["127.0.0.0/8", "::1"].compactMap { AddressRange($0) }
    }
    let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    return AddressRange(bare).map { [$0] } ?? []
  }

  private static func check(_ name: String, _ value: String) throws(Mistake) {
    let isToken =
      !name.isEmpty && name.utf8.count <= 128
      && name.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || "0123456789!#$%&'*+-.^_`|~".unicodeScalars.contains($0))
      }
    guard isToken else { throw Mistake("a header whose name is none") }
    let lower = name.lowercased()
    if reserved.contains(lower) || lower.hasPrefix("mcp-param-") {
      throw Mistake("the header '\(name)' is the protocol's own")
    }
    let isClean = value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
    guard isClean, value.utf8.count <= longestValue else {
      throw Mistake("the value of the header '\(name)' holds control characters, or is too long")
    }
  }

  /// The host as libcurl will understand it, in lower case.
  private static func host(of text: String) throws(Mistake) -> String {
    guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }), text.utf8.count <= 8192, let handle = curl_url()
    else {
      throw Mistake("the address is no URL")
    }
    defer { curl_url_cleanup(handle) }
    guard curl_url_set(handle, CURLUPART_URL, text, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK,
      let scheme = part(handle, CURLUPART_SCHEME)?.lowercased(), let host = part(handle, CURLUPART_HOST)
    else { throw Mistake("the address is no absolute URL with a host") }
    guard scheme == "http" || scheme == "https" else { throw Mistake("the address is neither http nor https") }
    if part(handle, CURLUPART_USER) != nil || part(handle, CURLUPART_PASSWORD) != nil {
      throw Mistake("the address holds a user name or password; give a header 'Authorization' instead")
    }
    return host.lowercased()
  }

  private static func part(_ handle: OpaquePointer, _ part: CURLUPart) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }

  /// Whether a `sockaddr` may be connected to.
  func permits(_ address: UnsafeRawPointer, _ length: Int) -> Bool {
    IPAddress(address, length: length).map { rules.permits($0) } ?? false
  }
}
