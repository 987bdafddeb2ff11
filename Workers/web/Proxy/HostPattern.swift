/// Hosts that may be reached: `example.com`, `*.example.com` (what lies below, not the name itself) or `*`, each with a
/// port or without. Without one the scheme's own port is meant, 80 or 443. IPv6 addresses stand in brackets.
package struct HostPattern: Sendable, Hashable {
  private enum Name: Hashable {
    case any
    case exactly(String)
    /// With its leading dot.
    case below(String)
  }

  private let name: Name
  private let port: UInt16?

  /// nil when the text is none.
  package init?(_ text: String) {
    var host = Substring(text.lowercased())
    if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
      let digits = host[host.index(after: colon)...]
      guard let number = UInt16(digits), number > 0, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
        return nil
      }
      port = number
      host = host[..<colon]
    } else {
      port = nil
    }
    if host == "*" {
      name = .any
    } else if host.hasPrefix("*.") {
      guard Self.isName(host.dropFirst(2)) else { return nil }
      name = .below(String(host.dropFirst(1)))
    } else {
      guard let plain = Self.plain(host) else { return nil }
      name = .exactly(plain)
    }
  }

  /// One host and no pattern of many.
  package var isExact: Bool {
    if case .exactly = name { true } else { false }
  }

  /// The same without a scheme: without a port, 80 and 443 are meant.
  package func matches(_ host: String, port: UInt16) -> Bool {
    matches(host, port: port, defaultPort: port == 80 ? 80 : 443)
  }

  /// `host` in lower case and without a dot at its end.
  package func matches(_ host: String, port: UInt16, defaultPort: UInt16) -> Bool {
    guard port == self.port ?? defaultPort else { return false }
    switch name {
    case .any: return true
    case .exactly(let name): return host == name
    case .below(let end): return host.hasSuffix(end) && host.utf8.count > end.utf8.count
    }
  }

  /// A name, an IPv4 address, or an IPv6 address in brackets in its one spelling; nil when it is none. Lower case is due.
  package static func plain(_ host: Substring) -> String? {
    if isName(host) { return String(host) }
    guard host.hasPrefix("["), host.hasSuffix("]"), let address = IPAddress(String(host.dropFirst().dropLast())),
      address.bytes.count == 16
    else { return nil }
    return "[\(address.text)]"
  }

  private static func isName(_ text: Substring) -> Bool {
    (1...253).contains(text.utf8.count) && !text.hasPrefix(".") && !text.hasSuffix(".") && !text.contains("..")
      && text.utf8.allSatisfy { byte in
        (97...122).contains(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
          || byte == UInt8(ascii: ".")
      }
  }
}
