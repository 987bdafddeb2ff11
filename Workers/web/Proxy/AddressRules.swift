internal import Glibc

/// An IPv4 or IPv6 address: 4 or 16 bytes.
package struct IPAddress: Sendable, Hashable {
  package let bytes: [UInt8]

  /// nil when the text is none, as inet_pton(3) has it.
  package init?(_ text: String) {
    var four = in_addr()
    var sixteen = in6_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      bytes = withUnsafeBytes(of: &four) { Array($0) }
    } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
      bytes = withUnsafeBytes(of: &sixteen) { Array($0) }
    } else {
      return nil
    }
  }

  /// nil when it is neither IPv4 nor IPv6.
  package init?(_ address: UnsafeRawPointer, length: Int) {
    guard length >= 2 else { return nil }
    switch Int32(address.loadUnaligned(as: sa_family_t.self)) {
    case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
      var four = address.loadUnaligned(as: sockaddr_in.self).sin_addr
      bytes = withUnsafeBytes(of: &four) { Array($0) }
    case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
      var sixteen = address.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      bytes = withUnsafeBytes(of: &sixteen) { Array($0) }
    default: return nil
    }
  }

  package var text: String {
    var buffer = [CChar](repeating: 0, count: 64)
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return "?" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// An address, or a range of them: `10.2.0.0/16`.
package struct AddressRange: Sendable, Hashable {
  private let address: IPAddress
  private let bits: Int

  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
    self.address = address
    let most = address.bytes.count * 8
    guard parts.count == 2 else {
      bits = most
      return
    }
    guard let bits = Int(parts[1]), (0...most).contains(bits), parts[1].utf8.allSatisfy({ (48...57).contains($0) })
    else {
      return nil
    }
    self.bits = bits
  }

  package func contains(_ other: IPAddress) -> Bool {
    guard other.bytes.count == address.bytes.count else { return false }
    for i in 0..<(bits / 8) where other.bytes[i] != address.bytes[i] { return false }
    let rest = bits % 8
    if rest == 0 { return true }
    let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
    return other.bytes[bits / 8] & mask == address.bytes[bits / 8] & mask
  }
}

/// Which addresses may be connected to: those that are routed on the public internet, and those that the operator named.
package struct AddressRules: Sendable {
  package var granted: [AddressRange]

  package init(granted: [AddressRange] = []) { self.granted = granted }

  package func permits(_ address: IPAddress) -> Bool {
    granted.contains { $0.contains(address) } || Self.isPublic(address)
  }

  /// By the IANA registries of special-purpose addresses (RFC 6890 and its updates). In IPv6 only what is assigned as
  /// unicast, 2000::/3, and of that not what carries IPv4 inside or is set aside; so neither mapped (::ffff:0:0/96),
  /// translated (64:ff9b::/96), unique local, link-local nor multicast addresses.
  package static func isPublic(_ address: IPAddress) -> Bool {
    if address.bytes.count == 4 { return !notPublic4.contains { $0.contains(address) } }
    return unicast6.contains { $0.contains(address) } && !notPublic6.contains { $0.contains(address) }
  }

  private static let notPublic4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
  ].compactMap { AddressRange($0) }
  private static let unicast6 = ["2000::/3"].compactMap { AddressRange($0) }
  private static let notPublic6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].compactMap {
    AddressRange($0)
  }
}
