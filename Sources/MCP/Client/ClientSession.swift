/// A client's half of the protocol in both eras, without clock and without I/O: it is told what comes and says what to do.
///
/// `now` is any clock in milliseconds that never goes back. After each call the owner does the effects in their order and
/// sees to it that `tick` comes at `wakeAt`. Requests may be begun at once; they wait until the session is open.
package struct ClientSession: Sendable {
  package let settings: ClientSettings
  /// nil: not open yet.
  package internal(set) var server: ServerIntroduction?
  package internal(set) var counters = ClientCounters()
  /// The server went away when it was asked for its version, as some old ones do: started anew with what is `remembered`,
  /// it may serve.
  package internal(set) var endedAtProbe = false

  var stage = Stage.unopened
  var opening = Opening()
  /// Times that the session was opened.
  var generation = 0
  var listening = Listening()
  var logLevel: LogLevel?
  /// By the tools' names.
  var headerRules: [String: [ParameterHeader]] = [:]

  var calls: [CallID: Call] = [:]
  /// Calls that wait until the session is open, in their order.
  var queue: [CallID] = []
  /// Our requests that have no answer yet.
  var waiting: [MessageID: Purpose] = [:]
  var questions: [QuestionID: OpenQuestion] = [:]

  private var lastMessage: Int64 = 0
  private var lastCall: Int64 = 0
  private var lastQuestion: Int64 = 0

  package init(_ settings: ClientSettings) {
    self.settings = settings
    logLevel = settings.logLevel
  }

  enum Stage: Equatable {
    case unopened
    /// A modern request is to show which era the server speaks.
    case probing
    case initializing
    case open
    case ended
  }

  /// What a request of ours was sent for.
  enum Purpose: Equatable {
    case probe
    case initialize(MCPVersion)
    case call(CallID)
    case listen
    case logLevel
  }

  /// What to remember of the server for the next session; nil: nothing was found out.
  package var remembered: MCPVersion? { server?.version ?? (endedAtProbe ? .latestLegacy : nil) }

  /// When `tick` is due; nil: nothing waits for time.
  package var wakeAt: Int64? {
    var soonest: Int64?
    func consider(_ time: Int64?) {
      if let time { soonest = min(soonest ?? time, time) }
    }
    if stage == .ended { return nil }
    if stage != .open {
      consider(opening.probeEnds)
      consider(opening.ends)
    }
    consider(listening.againAt)
    for call in calls.values { consider(call.deadline) }
    return soonest
  }

  mutating func newMessageID() -> MessageID {
    lastMessage += 1
    return .integer(lastMessage)
  }

  mutating func newCallID() -> CallID {
    lastCall += 1
    return CallID(number: lastCall)
  }

  mutating func newQuestionID() -> QuestionID {
    lastQuestion += 1
    return QuestionID(number: lastQuestion)
  }

  /// Whether an id was one of ours at any time.
  func wasUsed(_ id: MessageID) -> Bool {
    if case .integer(let number) = id { number > 0 && number <= lastMessage } else { false }
  }

  /// Time has passed.
  package mutating func tick(now: Int64) -> [ClientEffect] {
    guard stage != .ended else { return [] }
    var effects: [ClientEffect] = []
    if stage != .open {
      if let ends = opening.ends, ends <= now {
        return end(ClientFailure(.timedOut, "the server did not open a session within \(settings.openMS) ms"))
      }
      if stage == .probing, let ends = opening.probeEnds, ends <= now { effects += initialize(now: now) }
    }
    for (id, call) in calls.sorted(by: { $0.key.number < $1.key.number }) {
      guard let deadline = call.deadline, deadline <= now else { continue }
      let limit = call.options.timeoutMS ?? 0
      effects += give(up: id, ClientFailure(.timedOut, "no answer within \(limit) ms"), reason: "timed out", now: now)
    }
    if let again = listening.againAt, again <= now, stage == .open { effects += listen() }
    return effects
  }

  /// The transport has ended.
  package mutating func closed(_ failure: TransportFailure?, now: Int64) -> [ClientEffect] {
    guard stage != .ended else { return [] }
    endedAtProbe = stage == .probing && settings.channel == .lines && settings.demanded == nil
    guard let failure else { return end(nil) }
    return end(ClientFailure(.transport(failure.kind), failure.detail))
  }

  /// Ends it: what is under way is answered with `closed`.
  package mutating func close(now: Int64) -> [ClientEffect] {
    guard stage != .ended else { return [] }
    return end(nil) + [.close]
  }

  /// Answers whoever waits. nil: the owner wanted it.
  mutating func end(_ failure: ClientFailure?) -> [ClientEffect] {
    stage = .ended
    var effects: [ClientEffect] = questions.keys.sorted { $0.number < $1.number }.map { .withdrawn($0) }
    let reason = failure ?? ClientFailure(.closed, "the session was closed")
    for id in calls.keys.sorted(by: { $0.number < $1.number }) { effects.append(.answered(id, .failure(reason))) }
    calls = [:]
    queue = []
    waiting = [:]
    questions = [:]
    listening = Listening()
    if let failure { effects += [.close, .failed(failure)] }
    return effects
  }
}
