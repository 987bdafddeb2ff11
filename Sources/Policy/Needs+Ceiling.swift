internal import JSON
package import Wire

/// Something that `needs` ask for beyond what was granted.
package struct Excess: Sendable, Equatable {
  /// JSON Pointer into the needs: `/read/0`, `/environment/HOME`, `/grade`.
  package let path: String
  /// What it asks for, and what of this kind was granted, for people and planners.
  package let message: String
}

extension Needs {
  /// Grades of jails, strongest first. `JailGrade` of the module Jail says what they are.
  private static let grades = ["full", "old-landlock", "no-namespaces"]

  /// Whatever is asked for here and does not lie within `ceiling`, each element by itself; empty: all of it does.
  ///
  /// Paths lie below those of the ceiling, by whole parts; what may be written may be read. Programs are among them as
  /// they are written, hosts as in the privileges of a policy, variables with their values. A profile is the ceiling's
  /// own, or `compute` where that is `shell`; a grade is no weaker than the ceiling's, or `full`. What is not said is the
  /// tool's own.
  package func beyond(_ ceiling: Needs) -> [Excess] {
    let hosts = ceiling.hosts.compactMap { HostPattern($0) }
    var found = Self.beyond("read", read, ceiling.read + ceiling.write) { PathRule.contains($0, $1) }
    found += Self.beyond("write", write, ceiling.write) { PathRule.contains($0, $1) }
    found += Self.beyond("programs", programs ?? [], ceiling.programs ?? []) {
      $0.utf8.elementsEqual($1.utf8)
    }
    for (i, host) in self.hosts.enumerated() {
      if let pattern = HostPattern(host), hosts.contains(where: { $0.covers(pattern) }) { continue }
      found.append(Excess("/hosts/\(i)", host, "hosts", ceiling.hosts))
    }
    for name in environment.keys.sorted() {
      if let asked = environment[name], let granted = ceiling.environment[name], asked.utf8.elementsEqual(granted.utf8)
      {
        continue
      }
      found.append(
        Excess("/environment" + JSONPointer([name]).description, name, "environment", ceiling.environment.keys.sorted())
      )
    }
    if let profile, profile != ceiling.profile, !(profile == "compute" && ceiling.profile == "shell") {
      found.append(Excess("/profile", profile, "profile", ceiling.profile.map { [$0] } ?? []))
    }
    if let grade, grade != ceiling.grade, !Self.isNoWeaker(grade, than: ceiling.grade) {
      found.append(Excess("/grade", grade, "grade", ceiling.grade.map { [$0] } ?? []))
    }
    return found
  }

  private static func beyond(
    _ kind: String,
    _ asked: [String],
    _ granted: [String],
    _ covers: (String, String) -> Bool
  ) -> [Excess] {
    asked.enumerated().filter { element in !granted.contains { covers($0, element.element) } }.map {
      Excess("/\(kind)/\($0.offset)", $0.element, kind, granted)
    }
  }

  private static func isNoWeaker(_ grade: String, than least: String?) -> Bool {
    guard let asked = grades.firstIndex(of: grade), let least = grades.firstIndex(of: least ?? "full") else {
      return false
    }
    return asked <= least
  }
}

extension Excess {
  /// Granted values that a message names.
  private static let shown = 8

  fileprivate init(_ path: String, _ asked: String, _ kind: String, _ granted: [String]) {
    self.path = path
    let list = granted.prefix(Self.shown).map { quoted($0) }.joined(separator: ", ")
    let more = granted.count > Self.shown ? " and \(granted.count - Self.shown) more" : ""
    message = "\(kind) \(quoted(asked)) was not granted; the request grants \(granted.isEmpty ? "none" : list + more)"
  }
}
