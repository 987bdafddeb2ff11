package import Wire

/// Who is what, by what the kernel says of their process.
package struct RoleRules: Sendable, Equatable {
  package enum Subject: Sendable, Hashable {
    case user(String)
    case group(String)
    case uid(UInt32)
    case gid(UInt32)
    /// Whoever may connect.
    case everyone
  }

  package var subjects: [Role: [Subject]]

  package init(_ subjects: [Role: [Subject]] = [:]) { self.subjects = subjects }

  /// The highest role that somebody has; nil: none.
  package func resolve(uid: UInt32, gid: UInt32, groups: [UInt32], user: String, groupNames: [String]) -> Role? { nil }
}
