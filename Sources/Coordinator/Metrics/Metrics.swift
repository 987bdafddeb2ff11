internal import Engine
internal import JSON
internal import Journal
internal import Logging
internal import Policy
internal import Posix
internal import Supervision
internal import Wire

/// Counts what ends, and raises the policy's alerts.
///
/// Theory of operation. Whatever ends is one row of the journal, in the entry of its result, and one addition to the window
/// of each alert that covers it: no query, whatever the rate. The windows are looked at within a second of a change, and
/// every ten seconds while what they look back on moves on; an alert is raised when its value is beyond the bound and over
/// when it no longer is, or too little is left to say. After a start, and for a new alert, its window is filled from the
/// journal.
final class Metrics {
  private let journal: Journal
  private let loop: EventLoop
  private let log: Logger
  private var windows: [Window] = []
  private var timer: LoopTimer?
  /// When the timer is due.
  private var lookAt: BootTime?
  private var lastLook: BootTime?
  /// How many approvals wait now.
  var waitingApprovals: () -> Int = { 0 }
  /// The line of the audit log.
  var audit: (AuditEvent) -> [Change] = { _ in [] }

  private struct Window {
    var window: AlertWindow
    /// What the journal knows is in it.
    var isFilled = false
    var raised: RaisedAlert?
  }

  /// How soon a change is looked at, and how often what changes by time alone.
  private static let lookGap: Int64 = 1_000
  private static let lookInterval: Int64 = 10_000
  /// How long executions and what rules did are kept: 90 days, whatever becomes of their jobs.
  static let keepMS: Int64 = 90 * 86_400_000
  /// What a window is filled with at most.
  private static let refillLimit = 200_000

  init(_ journal: Journal, _ loop: EventLoop, log: Logger) {
    self.journal = journal
    self.loop = loop
    self.log = log
  }

  /// Alerts that no policy needs to name.
  var standing: () -> [RaisedAlert] = { [] }
  /// Raised now, in the policy's order, and the standing ones behind.
  var alerts: [RaisedAlert] { windows.compactMap(\.raised) + standing() }
  var hasRules: Bool { !windows.isEmpty }

  // MARK: What happens

  /// An invocation has ended, `used` is what that used of language models; the changes are to be written with its result.
  func ended(
    _ invocation: Invocation?,
    _ result: Result<ToolResult, WireError>,
    used: [Change]
  ) -> [Change] {
    // One that no worker had tells nothing about tools.
    guard let invocation, invocation.wasSent, let startedAt = invocation.startedAt, let row = invocation.stepRow else {
      return []
    }
    var execution = ExecutionRecord(
      job: StepKey.job(ofRow: row),
      at: WallTime.now,
      tool: invocation.tool,
      outcome: Self.outcome(result),
      tookUS: max(0, (BootTime.now.nanoseconds - startedAt.nanoseconds) / 1_000)
    )
    for case .usage(let usage) in used {
      execution.model = usage.model
      execution.tokens &+= usage.amounts.inputTokens &+ usage.amounts.outputTokens
      execution.costNanoUSD &+= usage.amounts.costNanoUSD
    }
    let sample = AlertWindow.Sample(at: Self.now, execution)
    for index in windows.indices where windows[index].window.covers(execution.tool) {
      windows[index].window.add(sample)
    }
    touch()
    return [.execution(execution)]
  }

  private static func outcome(_ result: Result<ToolResult, WireError>) -> ExecutionRecord.Outcome {
    switch result {
    case .success(let value): value.failure == nil ? .succeeded : .failed
    case .failure(let error): error.name == .cancelled ? .cancelled : .failed
    }
  }

  /// Rules of the policy asked, blocked or warned; to be written with what follows.
  func hits(_ effect: RuleHits.Effect, _ rules: [String]) -> [Change] {
    rules.isEmpty ? [] : [.ruleHits(RuleHits(at: WallTime.now, effect, Set(rules).sorted()))]
  }

  /// Something waits for a person, or no longer does.
  func approvalChanged(_ record: ApprovalRecord) -> [Change] {
    touch()
    guard record.state == .pending, let approval = Approval(record), !approval.wasEscalated else { return [] }
    return hits(.asked, approval.rules.map(\.name))
  }

  // MARK: Rules

  /// Keeps to these from here on: those that are as they were keep what they know, and those that are gone are over.
  func take(_ rules: [AlertRule]) {
    let before = windows
    windows = rules.map { rule in before.first { $0.window.rule == rule } ?? Window(window: AlertWindow(rule)) }
    for gone in before where !rules.contains(gone.window.rule) {
      if let alert = gone.raised { tell(alert, isRaised: false) }
    }
    refill()
    touch()
  }

  private func refill() {
    let empty = windows.filter { !$0.isFilled }.map(\.window)
    guard let span = empty.map(\.rule.overMS).max() else { return }
    let (wall, boot) = (WallTime.now, Self.now)
    let since = max(0, wall - min(span, wall))
    journal.auditReader.read { database -> [AlertWindow] in
      var filled = empty
      var found: [ExecutionRecord] = []
      _ = try database.executions(since: since, until: wall, limit: Self.refillLimit) { found.append($0) }
      for execution in found.reversed() {
        let sample = AlertWindow.Sample(at: boot - (wall - execution.at), execution)
        for index in filled.indices where filled[index].covers(execution.tool) { filled[index].add(sample) }
      }
      return filled
    } then: { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let filled): for window in filled { merge(window) }
      case .failure(let error):
        log.error("alerts cannot look back", ["reason": .string(error.message)])
        for window in empty { merge(window) }
      }
      touch()
    }
  }

  private func merge(_ filled: AlertWindow) {
    guard let index = windows.firstIndex(where: { $0.window.rule == filled.rule && !$0.isFilled }) else { return }
    // What ended meanwhile is in the one that waited.
    windows[index].window = filled.merged(with: windows[index].window)
    windows[index].isFilled = true
  }

  // MARK: Looking

  /// Milliseconds on the clock that never steps, with room for what ended before the machine was started.
  private static var now: Int64 { 1 << 42 + BootTime.now.nanoseconds / 1_000_000 }

  /// Something that alerts depend on has changed.
  func touch() {
    guard !windows.isEmpty else { return }
    let since = lastLook.map { BootTime.now.milliseconds(since: $0) } ?? Self.lookGap
    look(inMS: max(0, Self.lookGap - since))
  }

  private func look(inMS delay: Int64) {
    let due = BootTime.now + Milliseconds(delay)
    if timer != nil, let lookAt, lookAt <= due { return }
    if let timer { loop.cancel(timer) }
    lookAt = due
    timer = loop.schedule(after: Milliseconds(delay)) { [weak self] in
      self?.timer = nil
      self?.look()
    }
  }

  private func look() {
    lastLook = .now
    let (now, waiting) = (Self.now, waitingApprovals())
    var mayChange = false
    for index in windows.indices where windows[index].isFilled {
      let window = windows[index].window
      update(index, window.value(at: now, waitingApprovals: waiting))
      mayChange = mayChange || window.rule.of == .waitingApprovals || !window.isEmpty(at: now)
    }
    if mayChange { look(inMS: Self.lookInterval) }
  }

  private func update(_ index: Int, _ value: Double?) {
    let rule = windows[index].window.rule
    let beyond = value.flatMap { windows[index].window.isBeyond($0) ? $0 : nil }
    switch (windows[index].raised, beyond) {
    case (nil, let value?):
      let alert = RaisedAlert(
        name: rule.name,
        measure: rule.of.rawValue,
        tool: rule.tool,
        side: rule.side.rawValue,
        bound: rule.bound,
        value: value,
        since: WallTime.now
      )
      windows[index].raised = alert
      tell(alert, isRaised: true)
    case (_?, let value?): windows[index].raised?.value = value
    case (let alert?, nil):
      windows[index].raised = nil
      var alert = alert
      if let value { alert.value = value }
      tell(alert, isRaised: false)
    case (nil, nil): break
    }
  }

  private func tell(_ alert: RaisedAlert, isRaised: Bool) {
    let (name, bound, value) = (JSON.string(alert.name), JSON(alert.bound) ?? .null, JSON(alert.value) ?? .null)
    let measure = JSON.string("\(alert.measure) \(alert.side)")
    if isRaised {
      log.warn("alert.raised", ["alert": name, "of": measure, "bound": bound, "value": value])
    } else {
      log.info("alert.cleared", ["alert": name, "of": measure, "bound": bound, "value": value])
    }
    journal.commit(audit(.alert(alert, isRaised: isRaised)))
  }
}
