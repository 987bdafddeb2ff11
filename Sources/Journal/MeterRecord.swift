/// What was used of something limited, in one part of the span that the limit looks back on.
package struct MeterRecord: Sendable, Equatable {
  /// Name of the limit.
  package var rule: String
  /// Whose use it is.
  package var scope: String
  /// Length of a part in milliseconds; 0: there is but one.
  package var partMS: Int64
  /// Where the part begins.
  package var part: Int64
  /// As a change: what is added, which may be negative.
  package var amount: Int64

  package init(rule: String, scope: String, partMS: Int64, part: Int64, amount: Int64) {
    self.rule = rule
    self.scope = scope
    self.partMS = partMS
    self.part = part
    self.amount = amount
  }
}

extension Database {
  func add(_ meter: MeterRecord) throws(JournalError) {
    let statement = try statement(
      """
      INSERT INTO meters (rule, scope, part_ms, part, amount) VALUES (?1, ?2, ?3, ?4, max(?5, 0))
      ON CONFLICT (rule, scope, part_ms, part) DO UPDATE SET amount = max(amount + ?5, 0)
      """
    )
    statement.bind(1, meter.rule)
    statement.bind(2, meter.scope)
    statement.bind(3, meter.partMS)
    statement.bind(4, meter.part)
    statement.bind(5, meter.amount)
    try statement.run()
  }

  /// All that is still looked back on at `now`, apart from what belongs to single jobs.
  package func meters(at now: Int64) throws(JournalError) -> [MeterRecord] {
    let rows = try prepare(
      "SELECT rule, scope, part_ms, part, amount FROM meters WHERE part_ms > 0 AND part + 60 * part_ms > ?"
    )
    rows.bind(1, now)
    return try Self.meters(rows)
  }

  /// What was used of one job's own limits.
  package func meters(ofJob job: Int64) throws(JournalError) -> [MeterRecord] {
    try query("SELECT rule, scope, part_ms, part, amount FROM meters WHERE scope = ?") { rows throws(JournalError) in
      rows.bind(1, "job:\(job)")
      return try Self.meters(rows)
    }
  }

  private static func meters(_ rows: Statement) throws(JournalError) -> [MeterRecord] {
    var meters: [MeterRecord] = []
    while try rows.step() {
      meters.append(
        MeterRecord(
          rule: rows.text(0) ?? "",
          scope: rows.text(1) ?? "",
          partMS: rows.integer(2),
          part: rows.integer(3),
          amount: rows.integer(4)
        )
      )
    }
    return meters
  }

  /// Forgets parts that nobody looks back on.
  func removeMeters(before now: Int64) throws(JournalError) {
    let statement = try statement("DELETE FROM meters WHERE part_ms > 0 AND part + 60 * part_ms <= ?")
    statement.bind(1, now)
    try statement.run()
  }
}
