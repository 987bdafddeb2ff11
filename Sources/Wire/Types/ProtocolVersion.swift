internal import JSON

/// `major.minor`: majors must match, a minor only adds what is optional.
public struct ProtocolVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let major: Int
  public let minor: Int

  public static let current = ProtocolVersion(major: 1, minor: 0)

  public init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// nil unless `text` is two decimal numbers of at most four digits, joined by a point.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2,
      parts.allSatisfy({ (1...4).contains($0.utf8.count) && $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let major = Int(parts[0]), let minor = Int(parts[1])
    else { return nil }
    self.init(major: major, minor: minor)
  }

  public var description: String { "\(major).\(minor)" }

  public static func < (a: ProtocolVersion, b: ProtocolVersion) -> Bool { (a.major, a.minor) < (b.major, b.minor) }

  /// The version that a connection with this peer speaks; `version_mismatch` for another major.
  package func agreed(with peer: ProtocolVersion) throws(WireError) -> ProtocolVersion {
    guard major == peer.major else {
      throw WireError(
        .versionMismatch,
        "the other side speaks protocol \(peer), this side \(self)",
        data: ["theirs": .string(peer.description), "ours": .string(description)]
      )
    }
    return min(self, peer)
  }

  package init(from fields: inout Fields) throws(WireError) {
    let text = try fields.require("protocol", String.self)
    guard let version = ProtocolVersion(text) else {
      throw .invalidParams("/protocol", "'/protocol' is \(quoted(text)) where \"major.minor\" is due")
    }
    self = version
  }
}
