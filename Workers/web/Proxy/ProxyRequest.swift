/// The head of one request to the proxy, checked: RFC 9112 without what was ever read in two ways. Foreign bytes.
package enum ProxyRequest: Sendable, Hashable {
  /// `CONNECT name:port`: from now on bytes are only carried.
  case connect(ProxyTarget)
  /// `GET http://name/…`: the head as it goes to the server, and what follows it.
  case forward(ProxyTarget, head: [UInt8], body: BodyFraming)

  package enum BodyFraming: Sendable, Hashable {
    case length(Int64)
    case chunked
  }

  /// Bytes of a head, its end included.
  package static let headLimit = 16 << 10
  static let fieldLimit = 128

  /// Where the head ends in `bytes`, whose first `seen` held no end; nil: not yet.
  package static func endOfHead(_ bytes: [UInt8], seen: Int = 0) -> Int? { HeadFields.end(bytes, seen: seen) }

  /// `head` up to and with its empty line.
  package init(_ head: ArraySlice<UInt8>) throws(ProxyRefusal) {
    let fields = try HeadFields(head, limit: Self.fieldLimit)
    let parts = fields.start.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[0].count <= 32, parts[0].allSatisfy(HeadFields.isToken) else {
      throw .malformed("its first line is no HTTP request")
    }
    let version = String(decoding: parts[2], as: UTF8.self)
    guard version == "HTTP/1.1" || version == "HTTP/1.0" else { throw .malformed("it is no HTTP/1.1") }
    let method = String(decoding: parts[0], as: UTF8.self)
    if method == "CONNECT" {
      let target = try ProxyTarget(parts[1], defaultPort: nil)
      try Self.checkHost(fields, target, defaultPort: target.port)
      guard fields.values("content-length").isEmpty, fields.values("transfer-encoding").isEmpty else {
        throw .malformed("a CONNECT has no body")
      }
      self = .connect(target)
      return
    }
    let (target, path) = try Self.absolute(parts[1])
    try Self.checkHost(fields, target, defaultPort: 80)
    let body = try Self.framing(fields, isOld: version == "HTTP/1.0")
    self = .forward(target, head: try Self.rewritten(method, path, target, fields), body: body)
  }

  /// `http://authority/path?query`, without user, fragment or anything but printable ASCII.
  private static func absolute(_ uri: ArraySlice<UInt8>) throws(ProxyRefusal) -> (ProxyTarget, ArraySlice<UInt8>) {
    let scheme = Array("http://".utf8)
    guard uri.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
      throw .malformed("its target holds what no URL does")
    }
    guard uri.prefix(scheme.count).map({ $0 | ($0 >= 0x41 && $0 <= 0x5A ? 0x20 : 0) }) == scheme else {
      throw .malformed("a proxy is asked for 'http://…', or to CONNECT")
    }
    let rest = uri.dropFirst(scheme.count)
    let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
    let target = try ProxyTarget(rest[..<end], defaultPort: 80)
    return (target, rest[end...])
  }

  /// A Host that names another place than the target is a way to be read in two ways.
  private static func checkHost(_ fields: HeadFields, _ target: ProxyTarget, defaultPort: UInt16) throws(ProxyRefusal) {
    let hosts = fields.values("host")
    guard hosts.count <= 1 else { throw .malformed("it has more than one Host") }
    guard let host = hosts.first else { return }
    let named = try ProxyTarget(host, defaultPort: defaultPort)
    guard named == target else { throw .malformed("its Host is not its target '\(target.text)'") }
  }

  private static func framing(_ fields: HeadFields, isOld: Bool) throws(ProxyRefusal) -> BodyFraming {
    let lengths = fields.values("content-length")
    let codings = fields.values("transfer-encoding")
    if !codings.isEmpty {
      guard codings.count == 1, lengths.isEmpty, !isOld,
        String(decoding: codings[0], as: UTF8.self).lowercased() == "chunked"
      else { throw .malformed("its body has an end that can be read in two ways") }
      return .chunked
    }
    guard let length = lengths.first else { return .length(0) }
    guard lengths.count == 1, (1...18).contains(length.count), length.allSatisfy({ (48...57).contains($0) }),
      let count = Int64(String(decoding: length, as: UTF8.self))
    else { throw .malformed("its Content-Length is no number, or there are several") }
    return .length(count)
  }

  /// What concerns this connection and not the next; RFC 9110 section 7.6.1.
  private static let ours: Set<String> = [
    "connection", "keep-alive", "proxy-connection", "proxy-authorization", "proxy-authenticate", "te", "trailer",
    "upgrade", "host",
  ]
  private static let needed: Set<String> = ["host", "content-length", "transfer-encoding"]

  private static func rewritten(
    _ method: String,
    _ path: ArraySlice<UInt8>,
    _ target: ProxyTarget,
    _ fields: HeadFields
  ) throws(ProxyRefusal) -> [UInt8] {
    let named = fields.listed("connection")
    guard named.isDisjoint(with: needed) else { throw .malformed("its Connection takes away what tells its end") }
    let host = target.port == 80 ? target.host : target.text
    var head = Array("\(method) \(path.first == UInt8(ascii: "/") ? "" : "/")".utf8)
    head += path
    head += Array(" HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n".utf8)
    for field in fields.list where !ours.contains(field.name) && !named.contains(field.name) {
      head += field.line
      head += [13, 10]
    }
    return head + [13, 10]
  }
}

/// The lines of a head, of a request or a response.
struct HeadFields {
  struct Field {
    /// In lower case.
    let name: String
    let value: ArraySlice<UInt8>
    /// As it came.
    let line: ArraySlice<UInt8>
  }

  let start: ArraySlice<UInt8>
  private(set) var list: [Field] = []

  static func end(_ bytes: [UInt8], seen: Int) -> Int? {
    guard bytes.count >= 4, seen < bytes.count else { return nil }
    return bytes.withUnsafeBufferPointer { bytes in
      (max(3, seen)..<bytes.count).first {
        bytes[$0] == 10 && bytes[$0 - 1] == 13 && bytes[$0 - 2] == 10 && bytes[$0 - 3] == 13
      }
      .map { $0 + 1 }
    }
  }

  /// Lines end in CRLF, and neither byte is anywhere else; no line continues another.
  init(_ head: ArraySlice<UInt8>, limit: Int) throws(ProxyRefusal) {
    var lines: [ArraySlice<UInt8>] = []
    var rest = head
    while let end = rest.firstIndex(of: 10) {
      guard end > rest.startIndex, rest[end - 1] == 13 else { throw .malformed("a line of it ends in a bare newline") }
      let line = rest[..<(end - 1)]
      guard !line.contains(where: { $0 == 13 || $0 == 0 }) else { throw .malformed("a line of it holds CR or NUL") }
      lines.append(line)
      rest = rest[(end + 1)...]
      guard lines.count <= limit + 2 else { throw ProxyRefusal(431, "it has more than \(limit) header fields") }
    }
    guard rest.isEmpty, lines.count >= 2, lines.last?.isEmpty == true, !lines[0].isEmpty else {
      throw .malformed("it has no end")
    }
    start = lines[0]
    for line in lines[1..<(lines.count - 1)] {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
        line[..<colon].allSatisfy(Self.isToken)
      else { throw .malformed("a line of it is no header field") }
      var value = line[(colon + 1)...]
      while let first = value.first, first == 0x20 || first == 9 { value.removeFirst() }
      while let last = value.last, last == 0x20 || last == 9 { value.removeLast() }
      guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 9 }) else {
        throw .malformed("a header field of it holds a control character")
      }
      list.append(Field(name: String(decoding: line[..<colon], as: UTF8.self).lowercased(), value: value, line: line))
    }
  }

  func values(_ name: String) -> [ArraySlice<UInt8>] { list.filter { $0.name == name }.map(\.value) }

  /// The members of a comma-separated field, in lower case.
  func listed(_ name: String) -> Set<String> {
    Set(
      values(name).flatMap { value in
        value.split(separator: UInt8(ascii: ",")).map {
          String(decoding: $0.filter { $0 != 0x20 && $0 != 9 }, as: UTF8.self).lowercased()
        }
      }
    )
  }

  /// tchar, RFC 9110 section 5.6.2.
  static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
    default: false
    }
  }
}
