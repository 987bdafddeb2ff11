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
  package func resolve(uid: UInt32, gid: UInt32, groups: [UInt32], user: String, groupNames: [String]) -> Role? {
    Role.allCases.sorted(by: >).first { role in
      (subjects[role] ?? []).contains { subject in
        switch subject {
        case .user(let name): name == user
        case .group(let name): groupNames.contains(name)
        case .uid(let id): id == uid
        case .gid(let id): id == gid || groups.contains(id)
        case .everyone: true
        }
      }
    }
  }
}

extension RoleRules.Subject {
  /// As it is written.
  package var text: String {
    switch self {
    case .user(let name): "user:\(name)"
    case .group(let name): "group:\(name)"
    case .uid(let id): "uid:\(id)"
    case .gid(let id): "gid:\(id)"
    case .everyone: "everyone"
    }
  }
}
