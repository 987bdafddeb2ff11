internal import JSON
internal import MCP
internal import Posix
internal import WorkerKit

/// One MCP server from its worker's start to its end: starts it, puts it to sleep and wakes it, starts it again when it
/// died, and keeps the catalog true.
///
/// Safety: made and touched on the loop's thread alone, where the tools, which are inline, run too.
final class Bridge: @unchecked Sendable {
  let settings: BridgeSettings
  let start: Worker.Start
  let notes: ServerNotes
  var loop: EventLoop { start.loop }
  private let makeTransport: (Bridge) throws -> any ServerTransport

  /// The one that calls go to; nil: the server sleeps, or is gone.
  private(set) var session: ServerSession?
  private var openedAt: BootTime?
  /// Those whose server has not ended yet. None is started beside them.
  private var ending: [ObjectIdentifier: (session: ServerSession, transport: any ServerTransport)] = [:]
  private var transport: (any ServerTransport)?
  private var remembered: MCPVersion?
  private var backoff = StartBackoff()
  private var startTimer: LoopTimer?
  private var idleTimer: LoopTimer?
  /// Calls that wait for a session.
  private var waiting: [() -> Void] = []
  private var isStopping = false
  private var onGone: (() -> Void)?

  /// Requests that wait for their answers.
  var running: [ObjectIdentifier: RunningRequest] = [:]
  /// Those that wait for another to end, where only one may run.
  var queued: [RunningRequest] = []
  var questions: [QuestionID: Task<Void, Never>] = [:]
  var catalog: ToolCatalog?
  var relisting = Relisting()

  init(
    _ start: Worker.Start,
    _ settings: BridgeSettings,
    _ makeTransport: @escaping (Bridge) throws -> any ServerTransport
  ) {
    self.start = start
    self.settings = settings
    self.makeTransport = makeTransport
    notes = ServerNotes(settings.redact)
    if let version = settings.version { remembered = MCPVersion(rawValue: version) }
  }

  // MARK: Start

  /// Calls `body` with a session, which may still be opening, or with why there is none.
  func withSession(_ remainingMS: Int64?, _ body: @escaping (Result<ServerSession, WireError>) -> Void) {
    if let session { return body(.success(session)) }
    if isStopping { return body(.failure(WireError(.draining, "the worker ends"))) }
    let wait = backoff.waitMS
    if wait > min(StartBackoff.patienceMS, remainingMS ?? .max) {
      return body(.failure(unavailable("it is started again in \(wait) ms", retryMS: wait)))
    }
    waiting.append { [unowned self] in
      if let session { body(.success(session)) } else { body(.failure(unavailable("it could not be started"))) }
    }
    guard ending.isEmpty, startTimer == nil else { return }
    if wait == 0 { return open() }
    startTimer = loop.schedule(after: Milliseconds(wait)) { [unowned self] in
      startTimer = nil
      open()
    }
  }

  func unavailable(_ detail: String, retryMS: Int64? = nil) -> WireError {
    let why = backoff.lastFailure.map { " (\($0))" } ?? ""
    var data: JSONObject = ["server": .string(start.kind)]
    if let retryMS { data["retry_after_ms"] = .integer(retryMS) }
    return WireError(.unavailable, "the server of '\(start.kind)' does not run: \(detail)\(why)", data: data)
  }

  private func open() {
    if session == nil, !isStopping, ending.isEmpty {
      do {
        let transport = try makeTransport(self)
        let session = ServerSession(transport, clientSettings, on: loop)
        session.owner = self
        transport.receiver = session
        (self.session, self.transport) = (session, transport)
        openedAt = .now
        session.start()
      } catch {
        failedToStart("\(error)")
      }
    }
    let waiting = self.waiting
    self.waiting = []
    for body in waiting { body() }
  }

  private var clientSettings: ClientSettings {
    var client = ClientSettings(
      client: Implementation(name: "bulkhead", version: "0.1.0"),
      channel: transportIsHTTP ? .http : .lines
    )
    client.capabilities.elicitation = settings.mayElicit
    client.capabilities.sampling = settings.sampling != nil
    client.capabilities.roots = settings.showsRoots
    client.remembered = remembered
    client.demanded = settings.version.flatMap { MCPVersion(rawValue: $0) }
    client.logLevel = .info
    return client
  }

  private var transportIsHTTP: Bool { if case .http = settings.transport { true } else { false } }

  private func failedToStart(_ why: String) {
    backoff.failed(settings.redact(why))
    notes.remark("the server could not be started: \(why)")
  }

  // MARK: Sleep

  /// Called whenever a request begins or ends.
  func watchIdle() {
    if let idleTimer { loop.cancel(idleTimer) }
    idleTimer = nil
    guard let idleMS = settings.idleMS, running.isEmpty, queued.isEmpty, session != nil else { return }
    idleTimer = loop.schedule(after: Milliseconds(idleMS)) { [unowned self] in
      idleTimer = nil
      if running.isEmpty { letGo() }
    }
  }

  /// Ends the server in good order; the next call starts it again.
  private func letGo() {
    guard let session, let transport else { return }
    remembered = session.remembered ?? remembered
    retire(session, transport)
    session.close()
  }

  private func retire(_ session: ServerSession, _ transport: any ServerTransport) {
    ending[ObjectIdentifier(session)] = (session, transport)
    (self.session, self.transport) = (nil, nil)
    relisting.reset(loop)
    for task in questions.values { task.cancel() }
    questions = [:]
  }

  // MARK: End

  /// Ends the server and returns when it is gone.
  func stop() async {
    isStopping = true
    await withCheckedContinuation { continuation in
      if let startTimer { loop.cancel(startTimer) }
      if let idleTimer { loop.cancel(idleTimer) }
      onGone = { continuation.resume() }
      transport?.hurry()
      for item in ending.values { item.transport.hurry() }
      letGo()
      tellGone()
    }
  }

  private func tellGone() {
    guard ending.isEmpty, session == nil, let onGone else { return }
    self.onGone = nil
    onGone()
  }
}

extension Bridge: ServerSessionOwner {
  func opened(_ session: ServerSession, _ introduction: ServerIntroduction) {
    guard session === self.session else { return }
    remembered = introduction.version
    let server = introduction.info.map { "\($0.name) \($0.version)" } ?? "a server without a name"
    notes.remark("opened \(shortened(server, 256)), protocol \(introduction.version.rawValue)")
    // A server that was started again may offer something else than before.
    if catalog != nil { relist() }
    releaseQueued()
  }

  func logged(_ log: ServerLog, of call: CallID?) {
    let text = log.data.stringValue ?? log.data.description
    notes.log("\(log.level.rawValue) \(log.logger.map { "\(shortened($0, 64)): " } ?? "")\(shortened(text, 2048))")
  }

  func ignored(_ what: String) {
    notes.remark("left out: \(what)")
    loseOversized(what)
  }

  func flooded(_ session: ServerSession) {
    guard session === self.session else { return }
    notes.remark("it floods the worker with messages that nobody asked for, and is ended")
    transport?.kill()
  }

  func ended(_ session: ServerSession, because failure: ClientFailure?) {
    guard session === self.session, let transport else { return }
    let why = failure?.message ?? "it ended"
    let lived = openedAt.map { BootTime.now.milliseconds(since: $0) } ?? 0
    remembered = session.remembered ?? remembered
    backoff.failed(settings.redact(why), livedMS: session.server == nil ? 0 : lived)
    notes.remark("the server is gone: \(shortened(why, 1024))")
    retire(session, transport)
    transport.kill()
  }

  func gone(_ session: ServerSession) {
    ended(session, because: nil)
    ending[ObjectIdentifier(session)] = nil
    tellGone()
    if !waiting.isEmpty, startTimer == nil, ending.isEmpty {
      let wait = backoff.waitMS
      startTimer = loop.schedule(after: Milliseconds(wait)) { [unowned self] in
        startTimer = nil
        open()
      }
    }
  }
}

/// When a server that died may be started again.
struct StartBackoff {
  /// A call waits so long for it, not longer.
  static let patienceMS: Int64 = 5_000
  private static let firstMS: Int64 = 100
  private static let mostMS: Int64 = 30_000
  /// One that lived so long begins anew.
  private static let healthyMS: Int64 = 10_000

  private var failures = 0
  private var notBefore = BootTime(nanoseconds: 0)
  private(set) var lastFailure: String?

  mutating func failed(_ why: String, livedMS: Int64 = 0) {
    if livedMS >= Self.healthyMS { failures = 0 }
    let delay = min(Self.mostMS, Self.firstMS << min(failures, 16))
    failures += 1
    notBefore = .now + Milliseconds(delay)
    lastFailure = shortened(why, 512)
  }

  var waitMS: Int64 {
    let now = BootTime.now
    return notBefore > now ? (notBefore.nanoseconds - now.nanoseconds) / 1_000_000 + 1 : 0
  }
}
