internal import JSON
internal import WorkerKit

/// The input of `http_fetch`, checked.
struct FetchRequest: Sendable {
  let url: String
  let method: String
  /// In the caller's order and spelling.
  let headers: [(name: String, value: String)]
  let body: [UInt8]?
  let maxBytes: Int
  let timeoutMS: Int64
  let maxRedirects: Int

  static let defaultBytes = 16 << 20
  static let mostBytes = 256 << 20
  static let urlBytes = 8192

  /// What the connection decides, or what would let a request smuggle another one.
  private static let forbidden: Set<String> = [
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect",
    "accept-encoding", "proxy-authorization", "proxy-connection", "http2-settings",
  ]

  init(_ input: JSON) throws(WireError) {
    url = input["url"]?.stringValue ?? ""
    method = input["method"]?.stringValue ?? "GET"
    maxBytes = Int(input["max_bytes"]?.integerValue ?? Int64(Self.defaultBytes))
    timeoutMS = input["timeout_ms"]?.integerValue ?? 30_000
    maxRedirects = Int(input["max_redirects"]?.integerValue ?? 5)
    guard url.utf8.count <= Self.urlBytes else {
      throw Self.wrong("url_syntax", "'/url' of \(url.utf8.count) bytes is longer than \(Self.urlBytes)")
    }
    var headers: [(String, String)] = []
    for member in input["headers"]?.objectValue?.members ?? [] {
      headers.append((member.key, try Self.checked(member.key, member.value.stringValue ?? "")))
    }
    self.headers = headers
    body = try Self.body(input)
    if body != nil, method == "GET" || method == "HEAD" {
      throw Self.wrong("method_body", "a \(method) has no body")
    }
  }

  private static func body(_ input: JSON) throws(WireError) -> [UInt8]? {
    if let text = input["body"]?.stringValue {
      guard input["body_base64"] == nil else {
        throw wrong("body", "'/body' and '/body_base64' exclude each other")
      }
      return Array(text.utf8)
    }
    guard let text = input["body_base64"]?.stringValue else { return nil }
    guard let bytes = Base64.decode(text) else {
      throw wrong("body", "'/body_base64' is not base64 (RFC 4648 section 4)")
    }
    return bytes
  }

  /// A header's value, if both may be sent.
  private static func checked(_ name: String, _ value: String) throws(WireError) -> String {
    // RFC 9110 section 5.1, tokens.
    let isToken =
      !name.isEmpty && name.utf8.count <= 128
      && name.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
    guard isToken else { throw wrong("header_name", "'\(name.prefix(128))' is no header's name") }
    guard !forbidden.contains(name.lowercased()) else {
      throw wrong("header_forbidden", "header '\(name)' is the worker's own to send")
    }
    guard value.utf8.count <= 8192, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
      throw wrong("header_value", "header '\(name)' holds a control character or more than 8192 bytes")
    }
    return value
  }

  private static func wrong(_ reason: String, _ message: String) -> WireError {
    WireError(.invalidInput, message, data: ["reason": .string(reason)])
  }
}
