/// The revisions of the protocol that we speak, oldest first.
package enum MCPVersion: String, Sendable, CaseIterable, Comparable {
  case v20241105 = "2024-11-05"
  case v20250326 = "2025-03-26"
  case v20250618 = "2025-06-18"
  case v20251125 = "2025-11-25"
  case v20260728 = "2026-07-28"

  /// How two peers agree on what they are speaking.
  package enum Era: Sendable {
    /// A session, opened with `initialize`.
    case legacy
    /// No session: every request says its version and what the client can do.
    case modern
  }

  package var era: Era { self < .v20260728 ? .legacy : .modern }

  package static let latest = v20260728
  package static let latestLegacy = v20251125

  package static func < (left: MCPVersion, right: MCPVersion) -> Bool { left.rawValue < right.rawValue }
}
