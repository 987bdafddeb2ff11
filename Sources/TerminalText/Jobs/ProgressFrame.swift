internal import JSON

/// A live picture of a job: a heading, a line for each step, and a summary of those that had no room.
package struct ProgressFrame: Sendable {
  /// Columns of the terminal, and lines that the picture may take.
  package var width: Int
  package var height: Int
  package var paint: Paint

  package init(width: Int, height: Int, paint: Paint) {
    self.width = max(20, width)
    self.height = max(3, height)
    self.paint = paint
  }

  /// The lines at `now` (milliseconds since 1970), none wider than `width`.
  package func lines(_ job: JobProgress, now: Int64) -> [String] {
    var below: [String] = []
    if job.state == "waiting", let reason = reasonText(job.reason) {
      let step = job.reason?["step"]?.stringValue
      below.append(line([("  waits\(step.map { " for '\($0)'" } ?? ""): \(reason)", .yellow)]))
      if job.reason?["name"]?.stringValue == "outcome_unknown", let step {
        let item = job.reason?["item"]?.integerValue.map { ":\($0)" } ?? ""
        below.append(line([("  decide: bulkhead resolve \(job.id) \(step)\(item) succeeded|failed|retry|skip", .dim)]))
      }
    }
    let room = max(1, height - 1 - below.count)
    let shown = job.steps.count <= room ? Array(job.steps.indices) : choice(job, room - 1)
    let idWidth = min(max(4, width / 3), shown.map { job.steps[$0].id.utf8.count }.max() ?? 0)
    let toolWidth = min(max(4, width / 5), shown.map { job.steps[$0].tool.utf8.count }.max() ?? 0)
    var lines = [heading(job, now)]
    lines += shown.map { step(job.steps[$0], idWidth, toolWidth, job, now) }
    if shown.count < job.steps.count { lines.append(rest(job, Set(shown))) }
    return lines + below
  }

  /// What runs or went wrong first, then what ended last and what is next; in the plan's order.
  private func choice(_ job: JobProgress, _ room: Int) -> [Int] {
    var urgent: [Int] = []
    var failed: [Int] = []
    var pending: [Int] = []
    var ended: [Int] = []
    for (index, step) in job.steps.enumerated() {
      switch step.state {
      case .running, .retrying, .waiting, .unknown: urgent.append(index)
      case .failed: failed.append(index)
      case .pending: pending.append(index)
      case .succeeded, .skipped, .cancelled: ended.append(index)
      }
    }
    ended.sort { (job.steps[$0].endedAt ?? 0, $0) > (job.steps[$1].endedAt ?? 0, $1) }
    var chosen = Array((urgent + failed).prefix(room))
    let left = room - chosen.count
    let endedCount = min(ended.count, max(left / 2, left - pending.count))
    chosen += ended.prefix(endedCount) + pending.prefix(left - endedCount)
    return chosen.sorted()
  }

  private func heading(_ job: JobProgress, _ now: Int64) -> String {
    var parts: [(String, Colour?)] = [
      ("\(symbol(job, now)) ", Self.colour(ofJob: job.state)), (job.id, .bold), ("  ", nil),
      (job.state, Self.colour(ofJob: job.state)),
    ]
    let from = job.startedAt ?? job.createdAt
    var text = "  \(Self.time(from, job.endedAt, now))"
    let ended = job.steps.count { $0.state.isFinal }
    text += "  \(ended) of \(counted(job.steps.count, "step"))"
    for state in [StepState.failed, .skipped, .cancelled] where job.count(state) > 0 {
      text += ", \(job.count(state)) \(state.rawValue)"
    }
    if job.generation > 1 { text += "  (generation \(job.generation))" }
    parts.append((text, nil))
    return line(parts)
  }

  private func step(_ step: StepProgress, _ idWidth: Int, _ toolWidth: Int, _ job: JobProgress, _ now: Int64) -> String
  {
    let symbol = step.state == .running && !job.isFinal ? Self.spinner(now) : step.state.symbol
    let time = step.startedAt.map { Self.time($0, step.endedAt, now) } ?? ""
    var parts: [(String, Colour?)] = [
      ("  \(symbol) ", step.state.colour), (padded(step.id, idWidth), step.state == .pending ? .dim : nil),
      ("  \(padded(step.tool, toolWidth))", .dim),
    ]
    parts.append((padded(time, 8, isRight: true), nil))
    if step.attempt > 1 { parts.append(("  try \(step.attempt)", .yellow)) }
    if let items = step.items { parts.append(("  " + Self.text(items), nil)) }
    if let words = words(step, now) { parts.append(("  " + words, step.state == .running ? .dim : step.state.colour)) }
    return line(parts)
  }

  /// In tenths of a second while it counts.
  private static func time(_ from: Int64, _ end: Int64?, _ now: Int64) -> String {
    end.map { tookText(milliseconds: $0 - from) } ?? clockText(milliseconds: now - from)
  }

  private static func text(_ items: StepProgress.Items) -> String {
    var text = "\(items.count(.succeeded) + items.count(.failed) + items.count(.skipped)) of \(items.count) items"
    let parts = [StepState.running, .retrying, .waiting, .unknown, .failed].compactMap { state in
      items.count(state) > 0 ? "\(items.count(state)) \(state.rawValue)" : nil
    }
    if !parts.isEmpty { text += " (\(parts.joined(separator: ", ")))" }
    return text
  }

  private func words(_ step: StepProgress, _ now: Int64) -> String? {
    switch step.state {
    case .retrying:
      let wait = step.notBefore.map { "again in \(clockText(milliseconds: $0 - now))" }
      return [wait, step.reason].compactMap { $0 }.joined(separator: ": ")
    case .running: return step.lastWords ?? step.reason
    case .succeeded, .pending: return nil
    case .waiting, .unknown, .failed, .skipped, .cancelled: return step.reason
    }
  }

  /// `… 23 more: 20 pending, 3 succeeded`.
  private func rest(_ job: JobProgress, _ shown: Set<Int>) -> String {
    var counts: [StepState: Int] = [:]
    for (index, step) in job.steps.enumerated() where !shown.contains(index) { counts[step.state, default: 0] += 1 }
    let parts = StepState.allCases.compactMap { state in counts[state].map { "\($0) \(state.rawValue)" } }
    return line([("  … \(job.steps.count - shown.count) more: \(parts.joined(separator: ", "))", .dim)])
  }

  private func symbol(_ job: JobProgress, _ now: Int64) -> String {
    switch job.state {
    case "running", "cancelling": Self.spinner(now)
    case "succeeded": StepState.succeeded.symbol
    case "failed": StepState.failed.symbol
    case "cancelled": StepState.cancelled.symbol
    case "waiting": StepState.waiting.symbol
    default: StepState.pending.symbol
    }
  }

  private static let spinnerFrames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
  private static func spinner(_ now: Int64) -> String { spinnerFrames[Int((now / 100) & 0x7FFF) % spinnerFrames.count] }

  /// The colour of a job's state in every list.
  package static func colour(ofJob state: String) -> Colour? {
    switch state {
    case "running": .blue
    case "succeeded": .green
    case "failed": .red
    case "waiting", "paused", "cancelling", "cancelled": .yellow
    default: nil
    }
  }

  /// The parts, cut where the terminal ends, each in its colour; without blanks at the end.
  private func line(_ parts: [(String, Colour?)]) -> String {
    var parts = parts
    while let last = parts.last {
      let blanks = last.0.reversed().prefix { $0 == " " }.count
      parts[parts.count - 1].0.removeLast(blanks)
      if !parts[parts.count - 1].0.isEmpty { break }
      parts.removeLast()
    }
    var left = width
    var result = ""
    for (text, colour) in parts where left > 0 {
      let shown = cut(printableLine(text), to: left)
      left -= columns(of: shown)
      result += paint(shown, colour)
    }
    return result
  }
}
