internal import Configuration
internal import Jail

/// Which jails this service builds. Less than the full one is never what just happens to be there: the operator names it.
extension Settings {
  /// Parts that `jail.loosen` may give up, with the grade that is left.
  private static let parts: [(name: String, grade: JailGrade)] = [
    ("namespaces", .noNamespaces), ("new-landlock", .oldLandlock), ("network", .full),
  ]

  /// The best that this host can do and `jail.loosen` leaves, not below `jail.grade`. With the full grade demanded nothing
  /// is tried out: a worker whose jail cannot be built whole says so when it is started.
  static func grade(
    _ jail: Configuration.Jail,
    _ identity: (uid: UInt32, gid: UInt32)?
  ) throws(StartError) -> JailGrade {
    guard let least = JailGrade(rawValue: jail.grade), least != .none else {
      let names = JailGrade.usable.map(\.rawValue).joined(separator: ", ")
      throw StartError(message: "'jail.grade' is '\(jail.grade)' where one of \(names) is due")
    }
    var best = JailGrade.full
    for name in jail.loosen {
      guard let part = parts.first(where: { $0.name == name }) else {
        let names = parts.map(\.name).joined(separator: ", ")
        throw StartError(message: "'jail.loosen' holds '\(name)' where any of \(names) are due")
      }
      best = min(best, part.grade)
    }
    guard best >= least else {
      throw StartError(
        message:
          "'jail.loosen' leaves the grade '\(best.rawValue)', which is less than '\(least.rawValue)'; hint: 'jail.grade: \(best.rawValue)' accepts it"
      )
    }
    if best == least { return best }
    let user = identity.map { JailPolicy.Identity(uid: $0.uid, gid: $0.gid) }
    return max(least, min(best, JailHost.probe(runAs: user).grade))
  }
}
