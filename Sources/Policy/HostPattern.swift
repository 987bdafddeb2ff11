/// `name:port`, where the name may be `*` or begin with `*.` and the port may be `*`. `*.example.com` is every name below
/// `example.com`, not that one itself. Names are compared in lower case and without a point at their end.
struct HostPattern: Sendable, Equatable {
  /// In lower case; after `*` what every name ends with, so `.example.com`, or nothing.
  private let name: String
  private let isSuffix: Bool
  /// nil: any.
  private let port: Int?

  init?(_ text: String) {
    guard text.utf8.count <= 512, let colon = text.lastIndex(of: ":") else { return nil }
    let portText = text[text.index(after: colon)...]
    if portText == "*" {
      port = nil
    } else {
      guard (1...5).contains(portText.utf8.count), portText.utf8.allSatisfy({ $0 &- 48 < 10 }),
        let number = Int(portText),
        (1...65_535).contains(number)
      else { return nil }
      port = number
    }
    var name = text[..<colon].lowercased()[...]
    isSuffix = name.utf8.first == UInt8(ascii: "*")
    if isSuffix { name = name.dropFirst() }
    if name.utf8.last == UInt8(ascii: "."), name.utf8.count > 1 { name = name.dropLast() }
    guard name.utf8.count <= 253, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x2A }),
      isSuffix ? name.isEmpty || name.utf8.first == UInt8(ascii: ".") && name.utf8.count > 1 : !name.isEmpty
    else { return nil }
    self.name = String(name)
  }

  var text: String { "\(isSuffix ? "*" : "")\(name):\(port.map(String.init) ?? "*")" }

  /// Whether everything that `other` names is named here.
  func covers(_ other: HostPattern) -> Bool {
    guard port == nil || port == other.port else { return false }
    guard isSuffix else { return !other.isSuffix && other.name == name }
    return name.isEmpty
      || other.name.utf8.count >= name.utf8.count && other.name.hasSuffix(name)
        && (other.isSuffix || other.name.utf8.count > name.utf8.count)
  }

  /// Whether there is something that both name.
  func overlaps(_ other: HostPattern) -> Bool {
    guard port == nil || other.port == nil || port == other.port else { return false }
    let anyPort = HostPattern(name: name, isSuffix: isSuffix)
    let others = HostPattern(name: other.name, isSuffix: other.isSuffix)
    return anyPort.covers(others) || others.covers(anyPort)
  }

  private init(name: String, isSuffix: Bool) {
    self.name = name
    self.isSuffix = isSuffix
    port = nil
  }
}
