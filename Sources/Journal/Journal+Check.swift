internal import Glibc
internal import Posix

/// What an examination of a journal at rest found.
package struct JournalExamination: Sendable {
  package var jobs: Int64 = 0
  /// Jobs that have not ended.
  package var open: Int64 = 0
  package var events: Int64 = 0
  /// What must not be, in words; empty for a sound journal. At most `limit`.
  package var problems: [String] = []

  static let limit = 100

  mutating func report(_ problem: String) {
    if problems.count < Self.limit { problems.append(problem) }
  }
}

extension Journal {
  /// Examines `folder`/journal.db while no coordinator uses it: SQLite's own check, and what must hold between rows.
  /// Changes nothing but what opening brings with it: what the write-ahead log holds goes into the file.
  package static func examine(folder: String) throws(JournalError) -> JournalExamination {
    try atRest(folder) { (database) throws(JournalError) in try examine(database) }
  }

  /// Opens `folder`/journal.db while no coordinator uses it.
  static func atRest<T>(
    _ folder: String,
    _ body: (Database) throws(JournalError) -> T
  ) throws(JournalError) -> T {
    let path = "\(folder)/journal.db"
    guard access(path, F_OK) == 0 else {
      throw JournalError(.io, "journal: '\(path)' cannot be read: \(errnoMessage(errno))")
    }
    let lock = try lock(folder)
    defer { _ = lock.raw }
    let database = try Database(path, .readWrite)
    try Migrations.check(database, path: path)
    return try body(database)
  }

  private static func examine(_ database: Database) throws(JournalError) -> JournalExamination {
    let version = try database.integer("PRAGMA user_version")
    var found = JournalExamination()
    let integrity = try database.prepare("PRAGMA integrity_check(20)")
    while try integrity.step() {
      if let line = integrity.text(0), line != "ok" { found.report("database: \(line)") }
    }
    // A start that was cut short before its first commit leaves an empty file.
    guard version > 0 else { return found }
    found.jobs = try database.integer("SELECT count(*) FROM jobs")
    found.open = try database.integer("SELECT count(*) FROM jobs WHERE ended_at IS NULL")
    for (sql, problem) in rules {
      let rows = try database.prepare(sql)
      while try rows.step() { found.report("job '\(rows.text(0) ?? "")': \(problem) \(rows.text(1) ?? "")") }
    }
    try examineEvents(database, &found)
    return found
  }

  /// Queries that must find nothing: the job's id, and a word more.
  private static let rules: [(String, String)] = [
    (
      """
      SELECT jobs.id, steps.state || ' (step ' || (steps.id >> 10 & 16383) || ', item ' || (steps.id & 1023) || ')'
      FROM jobs JOIN steps ON steps.id >= jobs.seq << 24 AND steps.id < (jobs.seq + 1) << 24
      WHERE jobs.ended_at IS NOT NULL AND steps.state IN ('running', 'retrying', 'waiting', 'unknown')
      """, "has ended, and a step of it is"
    ),
    (
      """
      SELECT jobs.id, calls.key FROM jobs JOIN calls ON calls.job = jobs.seq
      WHERE jobs.ended_at IS NOT NULL AND calls.state = 'running'
      """, "has ended, and a call in it is running:"
    ),
    (
      """
      SELECT jobs.id, steps.state FROM jobs JOIN steps ON steps.id >= jobs.seq << 24 AND steps.id < (jobs.seq + 1) << 24
      WHERE jobs.state = 'succeeded' AND steps.state = 'cancelled' AND (steps.id & 1023) = 0
      """, "has succeeded, and a step of it is"
    ),
    ("SELECT id, '' FROM jobs WHERE ended_at < created_at - 86400000", "ended long before it began"),
    (
      "SELECT DISTINCT 'number ' || job, key FROM calls WHERE job NOT IN (SELECT seq FROM jobs)",
      "does not exist, and has the call"
    ),
  ]

  /// Numbers without gaps from 1 on, the first and the last event as they should be, and no step that goes on after it
  /// has succeeded.
  private static func examineEvents(_ database: Database, _ found: inout JournalExamination) throws(JournalError) {
    let jobs = try database.prepare("SELECT seq, id, kind, state FROM jobs ORDER BY seq")
    let events = try database.prepare("SELECT id, kind, step, item FROM events ORDER BY id")
    var hasEvent = try events.step()
    while try jobs.step() {
      let (seq, id) = (jobs.integer(0), jobs.text(1) ?? "")
      var number: Int64 = 0
      var last = ""
      var hasEnded = false
      var done: Set<String> = []
      while hasEvent, events.integer(0) >> StepKey.eventShift <= seq {
        defer { found.events += 1 }
        let owner = events.integer(0) >> StepKey.eventShift
        number += 1
        last = events.text(1) ?? ""
        if owner < seq {
          found.report("event \(events.integer(0)) belongs to no job")
          number = 0
        } else if events.integer(0) & (1 << StepKey.eventShift - 1) != number {
          found.report("job '\(id)': event \(number) is missing")
          number = events.integer(0) & (1 << StepKey.eventShift - 1)
        }
        if number == 1, last != "job.accepted" { found.report("job '\(id)': its first event is '\(last)'") }
        let unit = events.text(2).map { "'\($0)'" + (events.optionalInteger(3).map { " item \($0)" } ?? "") } ?? ""
        if hasEnded, last != "job.retried" { found.report("job '\(id)': '\(last)' after its end") }
        hasEnded = ["job.succeeded", "job.failed", "job.cancelled"].contains(last)
        switch last {
        case "job.retried": done = []
        case "step.succeeded":
          if !done.insert(unit).inserted { found.report("job '\(id)': step \(unit) succeeded twice") }
        case "step.started", "step.retrying", "step.failed", "step.unknown", "step.cancelled":
          if done.contains(unit) { found.report("job '\(id)': '\(last)' of step \(unit) after it had succeeded") }
        default: break
        }
        hasEvent = try events.step()
      }
      if jobs.text(2) == "plan", number == 0 { found.report("job '\(id)' has no events") }
      let state = jobs.text(3) ?? ""
      let isFinal = JobState(rawValue: state)?.isFinal ?? false
      if number > 0, isFinal != last.hasPrefix("job.") || isFinal && last != "job.\(state)" {
        if isFinal || ["job.succeeded", "job.failed", "job.cancelled"].contains(last) {
          found.report("job '\(id)' is \(state), and its last event is '\(last)'")
        }
      }
    }
    if hasEvent { found.report("events after the last job's belong to no job") }
  }
}
