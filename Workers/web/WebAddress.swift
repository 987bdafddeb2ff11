internal import CCurlCalls
internal import WebProxy
internal import WorkerKit

/// A URL taken apart by libcurl, which connects to this very handle: what is checked is what is used.
final class WebAddress {
  let handle: OpaquePointer
  /// `http` or `https`.
  let scheme: String
  /// In lower case, without a dot at its end; IPv6 in brackets.
  let host: String
  let port: UInt16
  /// Without a fragment.
  let text: String

  var defaultPort: UInt16 { scheme == "https" ? 443 : 80 }
  /// What may see the same credentials.
  var origin: String { "\(scheme)://\(host):\(port)" }

  convenience init(_ text: String) throws(WireError) {
    guard let handle = curl_url() else { throw WireError(.internalError, "out of memory") }
    try self.init(handle, text)
  }

  /// Where `location`, absolute or relative, leads from here.
  func following(_ location: String) throws(WireError) -> WebAddress {
    guard let copy = curl_url_dup(handle) else { throw WireError(.internalError, "out of memory") }
    return try WebAddress(copy, location)
  }

  /// Owns `handle`.
  private init(_ handle: OpaquePointer, _ text: String) throws(WireError) {
    func fail(_ reason: String, _ detail: String) -> WireError {
      curl_url_cleanup(handle)
      return WireError(
        .invalidInput,
        "'/url' is '\(text.prefix(200))': \(detail)",
        data: ["reason": .string(reason)]
      )
    }
    guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
      throw fail("url_syntax", "it holds a space or a control character")
    }
    // Other schemes are taken apart too, to be named in the refusal.
    guard curl_url_set(handle, CURLUPART_URL, text, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK else {
      throw fail("url_syntax", "it is no absolute URL with a host")
    }
    let scheme = Self.part(handle, CURLUPART_SCHEME)?.lowercased() ?? ""
    guard scheme == "http" || scheme == "https" else {
      throw fail("url_scheme", "its scheme is '\(scheme)' where http or https is due")
    }
    if Self.part(handle, CURLUPART_USER) != nil || Self.part(handle, CURLUPART_PASSWORD) != nil {
      throw fail("url_credentials", "it holds a user name or password; send an authorization header instead")
    }
    var given = (Self.part(handle, CURLUPART_HOST) ?? "").lowercased()
    if given.hasSuffix("."), given != "." { given.removeLast() }
    guard Self.part(handle, CURLUPART_ZONEID) == nil, let host = HostPattern.plain(given[...]) else {
      throw fail("url_host", "'\(given.prefix(100))' is no host name in ASCII or address")
    }
    guard let port = UInt16(Self.part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT) ?? ""), port > 0 else {
      throw fail("url_port", "its port is not from 1 to 65535")
    }
    // The dot at the end of a name would be another host to a server, and to the check of its certificate.
    guard curl_url_set(handle, CURLUPART_HOST, host, 0) == CURLUE_OK,
      curl_url_set(handle, CURLUPART_FRAGMENT, nil, 0) == CURLUE_OK, let whole = Self.part(handle, CURLUPART_URL)
    else { throw fail("url_syntax", "it cannot be put together again") }
    self.handle = handle
    self.scheme = scheme
    self.host = host
    self.port = port
    self.text = whole
  }

  deinit { curl_url_cleanup(handle) }

  private static func part(_ handle: OpaquePointer, _ part: CURLUPart, _ flags: Int32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
