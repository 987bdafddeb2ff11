package import JSON
internal import Wire

/// What a step, or one item of a step, is doing.
package enum StepState: String, Sendable, CaseIterable {
  case pending, running, retrying, waiting, unknown, succeeded, failed, skipped, cancelled

  package var isFinal: Bool {
    switch self {
    case .succeeded, .failed, .skipped, .cancelled: true
    case .pending, .running, .retrying, .waiting, .unknown: false
    }
  }

  /// One column. What runs has a moving one in a live picture.
  package var symbol: String {
    switch self {
    case .pending: "·"
    case .running: "▶"
    case .retrying: "↻"
    case .waiting: "◷"
    case .unknown: "?"
    case .succeeded: "✓"
    case .failed: "✗"
    case .skipped: "–"
    case .cancelled: "⊘"
    }
  }

  package var colour: Colour? {
    switch self {
    case .pending, .skipped: .dim
    case .running: .blue
    case .retrying, .waiting, .unknown, .cancelled: .yellow
    case .succeeded: .green
    case .failed: .red
    }
  }
}

/// A step as its events tell it.
package struct StepProgress: Sendable {
  package let id: String
  package let tool: String
  package let dependsOn: [String]
  package private(set) var state = StepState.pending
  /// Of the last attempt; 0 before the first.
  package private(set) var attempt: Int64 = 0
  /// Of the first attempt, in milliseconds since 1970.
  package private(set) var startedAt: Int64?
  package private(set) var endedAt: Int64?
  /// When the next attempt is due.
  package private(set) var notBefore: Int64?
  /// Why it waits, failed or was skipped.
  package private(set) var reason: String?
  /// The last line that it wrote while it ran.
  package private(set) var lastWords: String?
  package private(set) var items: Items?

  /// With `for_each`: each item's state.
  package struct Items: Sendable {
    package let count: Int64
    private var states: [Int64: StepState] = [:]
    private var counts: [StepState: Int64] = [:]

    init(count: Int64) { self.count = count }

    /// Of those that have begun.
    package func count(_ state: StepState) -> Int64 { counts[state] ?? 0 }

    mutating func set(_ item: Int64, _ state: StepState) {
      if let old = states.updateValue(state, forKey: item) { counts[old, default: 0] -= 1 }
      counts[state, default: 0] += 1
    }

    mutating func giveUp() {
      for (item, state) in states where !state.isFinal { set(item, .cancelled) }
    }
  }

  package init(id: String, tool: String, dependsOn: [String] = []) {
    self.id = id
    self.tool = tool
    self.dependsOn = dependsOn
  }

  /// As before its first attempt: another generation runs it again.
  mutating func reset() { self = StepProgress(id: id, tool: tool, dependsOn: dependsOn) }

  /// The job ended before this did.
  mutating func giveUp(at time: Int64) {
    items?.giveUp()
    guard !state.isFinal, state != .pending else { return }
    state = .cancelled
    endedAt = time
  }

  /// `kind` is what follows `step.`.
  mutating func apply(_ kind: Substring, _ event: JobEvent) {
    if kind == "progress" { return note(event.data) }
    if kind == "expanded" { items = Items(count: event.data?["items"]?.integerValue ?? 0) }
    guard let next = Self.state(after: kind, event.data) else { return }
    let why = Self.reason(kind, event.data)
    if let item = event.item {
      items?.set(item, next)
      // What one item suffered is worth a word until the step itself has one.
      if let why { reason = "item \(item): \(why)" }
      return
    }
    if next == .running {
      attempt = event.data?["attempt"]?.integerValue ?? attempt
      startedAt = startedAt ?? event.at
    }
    state = next
    reason = why
    notBefore = event.data?["delay_ms"]?.integerValue.map { event.at + $0 }
    endedAt = next.isFinal ? event.at : nil
    if next != .running { lastWords = nil }
    if next.isFinal, next != .succeeded { items?.giveUp() }
  }

  private mutating func note(_ data: JSON?) {
    guard let text = data?["text"]?.stringValue, let line = text.split(separator: "\n").last else { return }
    lastWords = String(line.prefix(200))
  }

  private static func state(after kind: Substring, _ data: JSON?) -> StepState? {
    switch kind {
    case "started", "expanded": .running
    case "succeeded": .succeeded
    case "failed": .failed
    case "retrying": .retrying
    case "waiting": .waiting
    case "interrupted": .waiting
    case "unknown": .unknown
    case "skipped": .skipped
    case "cancelled": .cancelled
    case "resolved": data?["outcome"]?.stringValue == "retry" ? .pending : nil
    default: nil
    }
  }

  private static func reason(_ kind: Substring, _ data: JSON?) -> String? {
    if kind == "interrupted" { return "interrupted" }
    return reasonText(data)
  }
}

/// What an event's data or an error says: `name: message`, or the reason alone.
package func reasonText(_ data: JSON?) -> String? {
  let message = data?["message"]?.stringValue ?? data?["reason"]?.stringValue
  guard let name = data?["name"]?.stringValue else { return message }
  return message.map { "\(name): \($0)" } ?? name
}
