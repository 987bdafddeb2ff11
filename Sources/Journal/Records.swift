/// One row each of the journal's tables. JSON travels as its text: the journal never looks inside.

package enum JobState: String, Sendable, CaseIterable {
  case queued, running, waiting, paused, cancelling, succeeded, failed, cancelled

  package var isFinal: Bool { self == .succeeded || self == .failed || self == .cancelled }
}

package enum StepState: String, Sendable, CaseIterable {
  case running, retrying, waiting, unknown, succeeded, failed, skipped, cancelled

  package var isFinal: Bool {
    switch self {
    case .running, .retrying, .waiting, .unknown: false
    case .succeeded, .failed, .skipped, .cancelled: true
    }
  }
}

package struct JobRecord: Sendable, Equatable {
  package enum Kind: String, Sendable { case plan, call }

  /// Order of acceptance; the key of everything else.
  package var seq: Int64
  package var id: String
  package var kind: Kind
  package var state: JobState
  package var priority: Int64
  /// 1, and one more with each retry of the whole.
  package var generation: Int64 = 1
  package var title: String
  /// JSON: who asked.
  package var caller: String
  /// Of what was submitted, to tell the same submission from another one.
  package var hash: String
  /// JSON: the plan or call with what was frozen at acceptance.
  package var spec: String
  package var stepCount: Int64
  /// Milliseconds since 1970, as all times here.
  package var createdAt: Int64
  package var startedAt: Int64?
  package var endedAt: Int64?
  package var deadlineAt: Int64?
  /// JSON: why it waits or failed.
  package var reason: String?
  package var result: String?

  package init(
    seq: Int64,
    id: String,
    kind: Kind,
    state: JobState,
    priority: Int64,
    title: String,
    caller: String,
    hash: String,
    spec: String,
    stepCount: Int64,
    createdAt: Int64
  ) {
    self.seq = seq
    self.id = id
    self.kind = kind
    self.state = state
    self.priority = priority
    self.title = title
    self.caller = caller
    self.hash = hash
    self.spec = spec
    self.stepCount = stepCount
    self.createdAt = createdAt
  }
}

/// A step of a job, or one item of a step with `for_each`.
package struct StepKey: Sendable, Hashable, Comparable {
  /// Index in the plan.
  package let step: Int
  /// nil: the step itself.
  package let item: Int?

  package init(_ step: Int, item: Int? = nil) {
    self.step = step
    self.item = item
  }

  static let stepBits: Int64 = 14
  static let itemBits: Int64 = 10
  static let jobShift = stepBits + itemBits
  /// A job may have this many bits' worth of events.
  static let eventShift: Int64 = 28

  /// The id of its row, which names the job too.
  package func row(of job: Int64) -> Int64 {
    job << Self.jobShift | Int64(step) << Self.itemBits | Int64(item.map { $0 + 1 } ?? 0)
  }

  package static func job(ofRow row: Int64) -> Int64 { row >> jobShift }

  package init(row: Int64) {
    step = Int(row >> Self.itemBits & (1 << Self.stepBits - 1))
    let slot = Int(row & (1 << Self.itemBits - 1))
    item = slot == 0 ? nil : slot - 1
  }

  package static func < (a: StepKey, b: StepKey) -> Bool { a.row(of: 0) < b.row(of: 0) }
}

package struct StepRecord: Sendable, Equatable {
  package var key: StepKey
  package var state: StepState
  package var generation: Int64 = 1
  package var attempt: Int64 = 0
  package var idempotencyKey: String?
  package var worker: String?
  package var input: String?
  package var output: String?
  package var error: String?
  package var artifacts: String?
  package var receipt: String?
  package var startedAt: Int64?
  package var endedAt: Int64?
  /// When the next attempt is due.
  package var notBefore: Int64?

  package init(_ key: StepKey, _ state: StepState) {
    self.key = key
    self.state = state
  }
}

package struct EventRecord: Sendable, Equatable {
  package var job: Int64
  /// 1, 2, … within the job.
  package var number: Int64
  package var run: Int64 = 0
  package var at: Int64
  package var kind: String
  package var step: String?
  package var item: Int64?
  /// JSON.
  package var data: String?

  package init(
    job: Int64,
    number: Int64,
    at: Int64,
    kind: String,
    step: String? = nil,
    item: Int64? = nil,
    data: String? = nil
  ) {
    self.job = job
    self.number = number
    self.at = at
    self.kind = kind
    self.step = step
    self.item = item
    self.data = data
  }
}

/// A call that a worker made inside an invocation.
package struct CallRecord: Sendable, Equatable {
  package enum State: String, Sendable { case running, succeeded, failed }

  package var key: String
  package var job: Int64
  /// Idempotency key of the invocation in which it was made.
  package var parent: String
  package var tool: String
  package var state: State
  package var input: String
  package var output: String?
  package var artifacts: String?
  package var error: String?
  package var receipt: String?
  /// Its output or error was secret: the row has something else in its place.
  package var isRedacted = false
  package var startedAt: Int64
  package var endedAt: Int64?

  package init(key: String, job: Int64, parent: String, tool: String, input: String, startedAt: Int64) {
    self.key = key
    self.job = job
    self.parent = parent
    self.tool = tool
    state = .running
    self.input = input
    self.startedAt = startedAt
  }
}
