internal import JSON

/// A client's half of the protocol in both eras, without clock and without I/O: it is told what comes and says what to do.
///
/// `now` is any clock in milliseconds that never goes back. After each call the owner does the effects in their order and
/// sees to it that `tick` comes at `wakeAt`. Requests may be begun at once; they wait until the session is open.
package struct ClientSession: Sendable {
  package let settings: ClientSettings
  /// nil: not open yet.
  package internal(set) var server: ServerIntroduction?
  package internal(set) var counters = ClientCounters()

  package init(_ settings: ClientSettings) { self.settings = settings }

  /// When `tick` is due; nil: nothing waits for time.
  package var wakeAt: Int64? { nil }

  /// What to remember of the server for the next session; nil: nothing was found out.
  package var remembered: MCPVersion? { server?.version }

  /// Tools whose marked arguments HTTP has to repeat in headers, as an earlier session listed them.
  package mutating func remember(_ tools: [ToolDescription]) {}

  /// Opens it. Once.
  package mutating func start(now: Int64) -> [ClientEffect] { [] }

  /// Begins a request; the answer comes as an effect, always.
  package mutating func begin(
    _ request: ClientRequest,
    _ options: CallOptions = CallOptions(),
    now: Int64
  ) -> (CallID, [ClientEffect]) { (CallID(number: 0), []) }

  /// Gives a request up: it is answered with `cancelled`.
  package mutating func cancel(_ call: CallID, reason: String? = nil, now: Int64) -> [ClientEffect] { [] }

  /// Answers a question of the server's; an answer that nobody waits for any more is left out.
  package mutating func answer(_ question: QuestionID, _ answer: QuestionAnswer, now: Int64) -> [ClientEffect] { [] }

  /// The transport received bytes.
  package mutating func received(_ bytes: [UInt8], on request: MessageID?, now: Int64) -> [ClientEffect] { [] }

  /// The transport says that a request gets no answer any more.
  package mutating func failed(_ request: MessageID, _ failure: TransportFailure, now: Int64) -> [ClientEffect] { [] }

  /// The transport has ended.
  package mutating func closed(_ failure: TransportFailure?, now: Int64) -> [ClientEffect] { [] }

  /// Time has passed.
  package mutating func tick(now: Int64) -> [ClientEffect] { [] }

  /// Ends it: what is under way is answered with `closed`.
  package mutating func close(now: Int64) -> [ClientEffect] { [] }
}
