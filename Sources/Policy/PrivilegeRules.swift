package import Wire

/// Which privileges a plan may have, and which of them a person must see first.
package struct PrivilegeRules: Sendable, Equatable {
  package enum Approve: String, Sendable, CaseIterable {
    /// Nothing waits for a person.
    case never
    /// What lies outside `allow`.
    case beyond
    /// Every privilege.
    case always
  }

  /// Privileges by kind.
  package struct Grants: Sendable, Equatable {
    /// Absolute paths with what lies below them.
    package var read: [String]
    package var write: [String]
    /// Names or absolute paths.
    package var programs: [String]
    /// `name:port`, either of which may be `*`; a name may begin with `*.`.
    package var hosts: [String]

    package init(read: [String] = [], write: [String] = [], programs: [String] = [], hosts: [String] = []) {
      self.read = read
      self.write = write
      self.programs = programs
      self.hosts = hosts
    }

    package var isEmpty: Bool { read.isEmpty && write.isEmpty && programs.isEmpty && hosts.isEmpty }
  }

  package var approve: Approve
  /// With `beyond`: what needs nobody.
  package var allow: Grants
  /// What is never granted, whoever approves.
  package var forbid: Grants

  package init(approve: Approve = .never, allow: Grants = Grants(), forbid: Grants = Grants()) {
    self.approve = approve
    self.allow = allow
    self.forbid = forbid
  }

  /// The part of `needs` that a person must see first.
  package func unapproved(_ needs: Needs) -> Grants { Grants() }

  /// The part of `needs` that is never granted.
  package func forbidden(_ needs: Needs) -> Grants { Grants() }
}
