internal import Engine
internal import JSON
internal import Journal
internal import Plan
internal import Supervision
internal import Wire

/// A job as the journal has it.
struct StoredJob: Sendable {
  let record: JobRecord
  let steps: [StepRecord]
  let lastEvent: Int64
  let approvals: [ApprovalRecord]
  /// What was used of the job's own limits.
  let meters: [MeterRecord]

  init(_ seq: Int64, _ database: Database) throws(JournalError) {
    guard let record = try database.job(seq: seq) else {
      throw JournalError(.corrupt, "journal: there is no job \(seq)")
    }
    self.record = record
    steps = try database.steps(of: seq)
    lastEvent = try database.lastEvent(of: seq)
    approvals = try database.approvals(of: seq)
    meters = try database.meters(ofJob: seq)
  }
}
