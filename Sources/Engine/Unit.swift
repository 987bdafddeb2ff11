internal import JSON

/// What can be attempted: a step, or one item of a step with `for_each`.
struct Unit {
  enum Phase: Int, CaseIterable {
    /// Not yet, or never.
    case idle
    /// Wants a slot.
    case ready
    /// An attempt is on its way.
    case running
    /// Waits for its next attempt.
    case retrying
    /// Waits for its tool, or for a person.
    case waiting
    /// Nobody knows what became of its last attempt.
    case unknown
    case succeeded, failed, skipped, cancelled

    var isFinal: Bool { rawValue >= Self.succeeded.rawValue }
  }

  var phase = Phase.idle
  /// Of the last attempt; 0 before the first.
  var attempt: Int64 = 0
  /// How often in a row an attempt could not begin.
  var setbacks = 0
  /// How often its worker died with an attempt.
  var losses = 0
  /// What it waits for can only be had from a person.
  var needsPerson = false
  /// Whether the journal knows it.
  var hasRow = false
}

/// A step while its job is in memory.
struct StepStatus {
  /// The step itself; with `for_each` it runs while its items do.
  var unit = Unit()
  /// Dependencies that have not ended.
  var missing: Int
  /// Dependents that may still read the output.
  var readers: Int
  var output: JSON?
  /// Of `output` as compact text.
  var outputBytes = 0
  var skip: SkipCause?
  var items: Items?

  enum SkipCause {
    /// Its condition did not hold, or none of what it depends on ran.
    case condition
    /// Something that it depends on failed.
    case failure
  }

  struct Items {
    let values: [JSON]
    var units: [Unit]
    var outputs: [JSON?]
    /// The first one that has not been started.
    var next = 0
    /// Started and not ended.
    var open = 0
    var done = 0
    /// Whether one of them was given up.
    var hasCancelled = false
    /// Of the item that made the step fail.
    var failed: Int?

    init(_ values: [JSON]) {
      self.values = values
      units = Array(repeating: Unit(), count: values.count)
      outputs = Array(repeating: nil, count: values.count)
    }
  }
}
