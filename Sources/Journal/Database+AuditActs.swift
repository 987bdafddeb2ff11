internal import Audit

/// Whether everything that was done has its record.
extension Database {
  /// Acts for which the log has no `tool.invoked`, in words; at most `limit`. Looked at are the jobs that were accepted
  /// since the log's first record:
  ///
  /// - each `step.started` event of an attempt that a worker may have seen has a record of its own with the same job and step;
  /// - each direct call that was handed to a worker has one with its job;
  /// - each call that a worker made has one with its key.
  package func actsWithoutRecord(limit: Int = 100) throws(JournalError) -> [String] {
    guard let invoked = try Invoked(self) else { return [] }
    var missing: [String] = []
    let events = try prepare(
      """
      SELECT jobs.id, events.step, events.item, count(*) FROM events JOIN jobs ON jobs.seq = events.id >> 28
      WHERE events.kind = 'step.started' AND coalesce(events.data, '') NOT LIKE '%"refused":true%' AND jobs.created_at >= \(invoked.since)
      GROUP BY jobs.id, events.step, events.item
      """
    )
    while missing.count < limit, try events.step() {
      let (job, id, starts) = (events.text(0) ?? "", events.text(1) ?? "", events.integer(3))
      let step = events.optionalInteger(2).map { "\(id)[\($0)]" } ?? id
      let records = invoked.steps["\(job)\u{0}\(step)"] ?? 0
      if starts > records {
        missing.append("step '\(step)' of job '\(job)': \(starts) starts, and \(records) of them in the audit log")
      }
    }
    let calls = try prepare(
      """
      SELECT jobs.id, NULL FROM jobs JOIN steps ON steps.id = jobs.seq << 24
      WHERE jobs.kind = 'call' AND steps.worker IS NOT NULL AND jobs.created_at >= \(invoked.since)
      UNION ALL SELECT jobs.id, calls.key FROM calls JOIN jobs ON jobs.seq = calls.job
      WHERE jobs.created_at >= \(invoked.since)
      """
    )
    while missing.count < limit, try calls.step() {
      let job = calls.text(0) ?? ""
      if let key = calls.text(1) {
        if !invoked.keys.contains(key) { missing.append("call '\(key)' in job '\(job)' is not in the audit log") }
      } else if !invoked.jobs.contains(job) {
        missing.append("call '\(job)' is not in the audit log")
      }
    }
    return missing
  }

  /// What the log has of invocations.
  private struct Invoked {
    /// The first record's time.
    var since: Int64 = 0
    /// How many, by job and step.
    var steps: [String: Int] = [:]
    var jobs: Set<String> = []
    var keys: Set<String> = []

    /// nil: the log is empty.
    init?(_ database: Database) throws(JournalError) {
      var isEmpty = true
      let rows = try database.prepare("SELECT records FROM audit ORDER BY first")
      while try rows.step() {
        try rows.withBytes(0) { bytes throws(JournalError) in
          for line in Database.lines(bytes) {
            let text = UnsafeRawBufferPointer(rebasing: bytes[line])
            guard let record = AuditLine(text) else { continue }
            if isEmpty { (isEmpty, since) = (false, record.at) }
            if record.kind == "tool.invoked" { add(record, text) }
          }
        }
      }
      if isEmpty { return nil }
    }

    private mutating func add(_ record: AuditLine, _ text: UnsafeRawBufferPointer) {
      if let job = record.job {
        jobs.insert(job)
        steps["\(job)\u{0}\(record.step ?? "")", default: 0] += 1
      }
      // Before the input, which may say anything. Keys have no quotes.
      let data = text[record.data]
      guard let start = Self.end(of: "\"key\":\"", in: data),
        let end = data[start...].firstIndex(of: UInt8(ascii: "\""))
      else { return }
      keys.insert(String(decoding: data[start..<end], as: UTF8.self))
    }

    private static func end(of word: StaticString, in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
      let count = word.utf8CodeUnitCount
      var start = bytes.startIndex
      while start + count <= bytes.endIndex {
        var i = 0
        while i < count, bytes[start + i] == word.utf8Start[i] { i += 1 }
        if i == count { return start + count }
        start += 1
      }
      return nil
    }
  }
}
