internal import MCP
internal import Posix

/// What the owner of a session is told, on the loop.
protocol ServerSessionOwner: AnyObject {
  func opened(_ session: ServerSession, _ introduction: ServerIntroduction)
  func logged(_ log: ServerLog, of call: CallID?)
  func changed(_ kind: ListKind)
  func asked(_ session: ServerSession, _ question: QuestionID, _ what: Question, of call: CallID?)
  func withdrawn(_ question: QuestionID)
  func ignored(_ what: String)
  /// It sends more than anybody can want.
  func flooded(_ session: ServerSession)
  /// Once: nothing more comes of it.
  func ended(_ session: ServerSession, because failure: ClientFailure?)
  /// Once, later: its server has ended too.
  func gone(_ session: ServerSession)
}

/// One session with a server: performs what the protocol's state machine asks for. Lives on the loop.
final class ServerSession {
  typealias Finish = (Result<ClientReply, ClientFailure>) -> Void

  private struct Pending {
    let finish: Finish
    let onProgress: ((ServerProgress) -> Void)?
  }

  private let loop: EventLoop
  private let transport: any MCPTransport
  private var session: ClientSession
  private var pending: [CallID: Pending] = [:]
  private var timer: (due: Int64, timer: LoopTimer)?
  private var isOver = false
  /// Messages that answer nothing.
  private var unasked = MessageAllowance()
  weak var owner: (any ServerSessionOwner)?

  init(_ transport: any MCPTransport, _ settings: ClientSettings, on loop: EventLoop) {
    self.transport = transport
    self.loop = loop
    session = ClientSession(settings)
  }

  deinit { if let timer { loop.cancel(timer.timer) } }

  private var now: Int64 { BootTime.now.nanoseconds / 1_000_000 }

  var remembered: MCPVersion? { session.remembered }
  var server: ServerIntroduction? { session.server }
  var counters: ClientCounters { session.counters }
  var isIdle: Bool { pending.isEmpty }

  func start() { perform(session.start(now: now)) }

  /// The answer comes later, always and once.
  @discardableResult
  func begin(
    _ request: ClientRequest,
    _ options: CallOptions,
    onProgress: ((ServerProgress) -> Void)? = nil,
    finish: @escaping Finish
  ) -> CallID {
    let (id, effects) = session.begin(request, options, now: now)
    pending[id] = Pending(finish: finish, onProgress: onProgress)
    perform(effects)
    return id
  }

  func cancel(_ call: CallID) {
    if pending[call] != nil { perform(session.cancel(call, now: now)) }
  }

  func answer(_ question: QuestionID, _ answer: QuestionAnswer) { perform(session.answer(question, answer, now: now)) }

  /// In good order: what is under way is answered first.
  func close() { perform(session.close(now: now)) }

  private func perform(_ effects: [ClientEffect]) {
    for effect in effects {
      switch effect {
      case .send(let message): transport.send(message)
      case .abandon(let id): transport.abandon(id)
      case .openStream: transport.openStream()
      case .close: transport.close()
      case .ready(let introduction): owner?.opened(self, introduction)
      case .answered(let call, let result): pending.removeValue(forKey: call)?.finish(result)
      case .progress(let call, let progress): pending[call]?.onProgress?(progress)
      case .log(let log): owner?.logged(log, of: log.call)
      case .changed(let kind): owner?.changed(kind)
      case .ask(let question, let what, let call): owner?.asked(self, question, what, of: call)
      case .withdrawn(let question): owner?.withdrawn(question)
      case .failed(let failure): end(failure)
      }
    }
    arm()
  }

  private func end(_ failure: ClientFailure?) {
    guard !isOver else { return }
    isOver = true
    owner?.ended(self, because: failure)
  }

  /// A timer that is due too soon does no harm; most calls end before theirs, and none is set anew for each.
  private func arm() {
    guard let due = session.wakeAt else { return }
    if let timer {
      if timer.due <= due { return }
      loop.cancel(timer.timer)
    }
    let delay = Milliseconds(max(0, due - now))
    timer = (due, loop.schedule(after: delay) { [weak self] in self?.wake() })
  }

  private func wake() {
    timer = nil
    perform(session.tick(now: now))
  }
}

extension ServerSession: MCPTransportReceiver {
  func received(_ bytes: [UInt8], on request: MessageID?) {
    let effects = session.received(bytes, on: request, now: now)
    let isAnswer = effects.contains { if case .answered = $0 { true } else { false } }
    if !isAnswer, !unasked.take() { owner?.flooded(self) }
    perform(effects)
  }

  func failed(_ request: MessageID, _ failure: TransportFailure) {
    perform(session.failed(request, failure, now: now))
  }

  func ignored(_ what: String) { owner?.ignored(what) }

  func closed(_ failure: TransportFailure?) {
    perform(session.closed(failure, now: now))
    end(failure.map { ClientFailure(.transport($0.kind), $0.detail) })
    owner?.gone(self)
  }
}

/// Messages that nobody asked for: so many at once, and so many more each second.
struct MessageAllowance {
  static let burst: Int64 = 20_000
  static let perSecond: Int64 = 2_000

  private var room = burst
  private var filledAt = BootTime.now

  mutating func take() -> Bool {
    room -= 1
    if room > 0 { return true }
    let now = BootTime.now
    room = min(Self.burst, now.milliseconds(since: filledAt) * Self.perSecond / 1000)
    filledAt = now
    return room > 0
  }
}
