internal import Engine
internal import Journal
internal import Posix
internal import Supervision
internal import Wire

/// A job that is in memory, and what is under way for it.
final class ActiveJob {
  var machine: JobMachine
  let priority: Int64
  /// For `job/list` and its like; state, generation and reason are the machine's.
  var record: JobRecord
  var invocations: [StepKey: Invocation] = [:]
  /// Attempts whose intent is on its way to the disk; false: not to be dispatched any more.
  var pending: [StepKey: Bool] = [:]
  var deadline: LoopTimer?
  /// For whom and within what everything in it happens.
  let origin: Origin
  /// The slots that its attempts hold.
  var slots: [StepKey: Slot] = [:]
  /// Entries of the journal that are not on disk yet.
  var uncommitted = 0

  struct Slot {
    let kind: String
    let tool: String
  }

  init(_ machine: JobMachine, _ record: JobRecord) {
    self.machine = machine
    self.record = record
    priority = record.priority
    origin = Origin(machine, record)
  }

  /// By which what was reserved for an attempt is found again.
  func reservation(_ key: StepKey) -> String { "step:\(key.row(of: record.seq))" }
}
