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

  /// The part of `needs` that a person must see first. What may be written may be read as well, on both sides. All of the
  /// system's programs (`*`) are what `*` allows.
  package func unapproved(_ needs: Needs) -> Grants {
    switch approve {
    case .never: return Grants()
    case .always:
      return Grants(read: needs.read, write: needs.write, programs: needs.programs ?? [], hosts: needs.hosts)
    case .beyond:
      let readable = allow.read + allow.write
      let hosts = allow.hosts.compactMap { HostPattern($0) }
      return Grants(
        read: needs.read.filter { path in !readable.contains { PathRule.contains($0, path) } },
        write: needs.write.filter { path in !allow.write.contains { PathRule.contains($0, path) } },
        programs: allow.programs.contains(Needs.allPrograms)
          ? [] : (needs.programs ?? []).filter { !allow.programs.contains($0) },
        hosts: needs.hosts.filter { host in
          guard let host = HostPattern(host) else { return true }
          return !hosts.contains { $0.covers(host) }
        }
      )
    }
  }

  /// The part of `needs` that is never granted: a path that lies in a forbidden one or holds it, a program of the same
  /// name wherever it lies, and all programs where one of them is forbidden; a host that a pattern names. What may not be
  /// read may not be written either.
  package func forbidden(_ needs: Needs) -> Grants {
    let unwritable = forbid.read + forbid.write
    let programs = Set(forbid.programs.map(Self.lastPart))
    let hosts = forbid.hosts.compactMap { HostPattern($0) }
    return Grants(
      read: needs.read.filter { path in forbid.read.contains { PathRule.overlap($0, path) } },
      write: needs.write.filter { path in unwritable.contains { PathRule.overlap($0, path) } },
      programs: (needs.programs ?? []).filter { program in
        programs.contains(Self.lastPart(program)) || program == Needs.allPrograms && !programs.isEmpty
      },
      hosts: needs.hosts.filter { host in
        guard let host = HostPattern(host) else { return !hosts.isEmpty }
        return hosts.contains { $0.overlaps(host) }
      }
    )
  }

  /// Those of `programs` that may be granted.
  package func notForbidden(_ programs: [String]) -> [String] {
    let names = Set(forbid.programs.map(Self.lastPart))
    return programs.filter { !names.contains(Self.lastPart($0)) }
  }

  private static func lastPart(_ program: String) -> Substring {
    program.lastIndex(of: "/").map { program[program.index(after: $0)...] } ?? program[...]
  }
}
