internal import Glibc
internal import Posix
internal import Wire

/// Deaths at every named point of the coordinator.
extension CrashTest {
  func killAtPoints() throws(Failure) {
    for point in CrashPoint.allCases {
      // The first time that it comes by, and some later time.
      let later = point == .insideMigration || point == .insideDrain ? nil : Int.random(in: 2...30, using: &random)
      for count in [1, later].compactMap({ $0 }) {
        let name = "\(point.rawValue):\(count)"
        progress("crash point \(name)")
        if point == .insideMigration { try freshState() }
        if point == .insideRecovery { try leaveWork() }
        var isDead = try !begin(crashPoint: name)
        if point == .insideDrain, !isDead {
          work(for: 150) { false }
          link?.send(Shutdown()) { _ in }
        }
        if !isDead {
          isDead = work(for: point == .insideMigration || count > 1 ? 2_500 : 12_000) { [stand] in stand.hasEnded }
        }
        if isDead {
          tally.pointKills += 1
        } else {
          if count == 1 { ledger.report("crash point \(name) was never reached") }
          tally.pointsMissed.append(name)
          stand.kill()
        }
        try bury("crash point \(name)")
      }
    }
  }

  /// A journal can only be made where there is none: the first points are tried before anything is accepted.
  private func freshState() throws(Failure) {
    guard ledger.jobs.isEmpty else { return }
    for file in ["journal.db", "journal.db-wal", "journal.db-shm"] { unlink("\(stand.folder)/state/\(file)") }
  }

  /// A life at whose end jobs are under way.
  private func leaveWork() throws(Failure) {
    _ = try begin()
    work(for: 20_000) { [self] in ledger.accepted.count > 3 && ledger.openCount > 3 }
    stand.kill()
    tally.coordinatorKills += 1
    try bury("work is left")
  }
}
