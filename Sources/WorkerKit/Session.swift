internal import Glibc
internal import JSON
internal import Posix
internal import Synchronization
internal import Transport
internal import Wire

/// The conversation with the coordinator. Lives on the loop of the main thread; functions run elsewhere and come back
/// through `loop.submit`.
final class Session {
  private let worker: Worker
  let loop: EventLoop
  private let pool: CallExecutor
  private var connection: Connection?
  private var running: [RequestID: Task<Void, Never>] = [:]
  private var drainRequest: RequestID?
  private var isStopping = false
  let gate = ProgressGate()
  private var isWatchingQueue = false
  private var outputBytes = Limit.outputBytes
  private(set) var exitCode: Int32 = 0

  init(_ worker: Worker, loop: EventLoop) {
    self.worker = worker
    self.loop = loop
    pool = CallExecutor(threads: worker.concurrency)
  }

  func open(input: consuming Descriptor, output: consuming Descriptor) throws(PosixError) {
    connection = try Connection(
      loop: loop,
      input: input,
      output: output,
      gate: PhaseGate(.worker, receiver: .peer),
      owner: self
    )
  }

  private func initialize(_ id: RequestID, _ params: JSONObject, _ connection: Connection) throws(WireError) {
    let message = try InitializeWorker.decode(params)
    let version = try ProtocolVersion.current.agreed(with: message.version)
    outputBytes = Int(message.limits.outputBytes)
    if !message.mayExec { try giveUpExec() }
    if !message.secrets.isEmpty { try hideMemory() }
    let link = SessionLink(self)
    let start = Worker.Start(
      kind: message.kind,
      instance: message.instance,
      secrets: message.secrets,
      settings: message.settings,
      grants: message.grants,
      loop: loop,
      link: link
    )
    do {
      try worker.onInitialize?(start)
    } catch {
      throw error as? WireError ?? WireError(.toolFailed, "\(error)")
    }
    let hasGivenUpExec = !message.mayExec
    guard let onStart = worker.onStart else { return answer(id, version, hasGivenUpExec) }
    Task(executorPreference: loop) {
      var failure: WireError?
      do {
        try await onStart(start)
      } catch {
        failure = error as? WireError ?? WireError(.toolFailed, "\(error)")
      }
      link.started(id, version, hasGivenUpExec, failure)
    }
  }

  func started(_ id: RequestID, _ version: ProtocolVersion, _ hasGivenUpExec: Bool, _ failure: WireError?) {
    if let failure { connection?.respond(to: id, failing: failure) } else { answer(id, version, hasGivenUpExec) }
  }

  /// Tools that are offered from now on are news to the coordinator.
  private func answer(_ id: RequestID, _ version: ProtocolVersion, _ hasGivenUpExec: Bool) {
    guard let connection else { return }
    var answer = InitializeWorker.Response(
      worker: worker.peer,
      tools: worker.tools,
      concurrency: Int64(worker.concurrency),
      alwaysAnswersPing: true
    )
    answer.version = version
    answer.hasGivenUpExec = hasGivenUpExec
    connection.respond(to: id, with: answer)
    connection.gate.phase = .ready
  }

  func offer(_ offers: [Worker.Offer]) {
    worker.replaceOffers(offers)
    guard let connection, connection.gate.phase == .ready else { return }
    connection.notify(ToolsChanged(tools: worker.tools))
  }

  /// Before any of the worker's own code runs. The first wall, around it, still lets it execute itself and its loader.
  private func giveUpExec() throws(WireError) {
    do throws(PosixError) {
      try OwnWalls.refuseExec()
    } catch {
      throw WireError(
        .setupFailed,
        "cannot give up exec: \(error)",
        data: ["stage": "exec_wall", "errno": .integer(Int64(error.errno))]
      )
    }
  }

  /// Before the worker's own code sees a secret.
  private func hideMemory() throws(WireError) {
    do throws(PosixError) {
      try OwnWalls.hideMemory()
    } catch {
      throw WireError(
        .setupFailed,
        "cannot hide the memory that holds secrets: \(error)",
        data: ["stage": "dumpable", "errno": .integer(Int64(error.errno))]
      )
    }
  }

  private func invoke(_ id: RequestID, _ params: JSONObject, _ connection: Connection) throws(WireError) {
    let message = try ToolInvoke.decode(params)
    guard let offer = worker.offers[message.tool] else {
      throw WireError(.unknownTool, "tool '\(message.tool)' is not one of this worker's")
    }
    if running.count >= worker.concurrency {
      throw WireError(.overloaded, "\(running.count) invocations run, which is the concurrency that was announced")
    }
    let call = Call(message, id: id, link: SessionLink(self))
    let link = SessionLink(self)
    let body: @Sendable () async -> Void = {
      let result: Result<ToolResult, WireError>
      do {
        let output = try await offer.body(call)
        result = .success(
          ToolResult(output: output, artifacts: call.artifacts, receipt: call.receipt, failure: call.failure)
        )
      } catch let error as WireError {
        result = .failure(error.with(call.receipt))
      } catch is CancellationError {
        result = .failure(WireError(.cancelled, "stopped because it was asked to").with(call.receipt))
      } catch {
        result = .failure(WireError(.toolFailed, "\(error)").with(call.receipt))
      }
      link.finish(id, result)
    }
    // An inline function that does not suspend has ended, and been answered, when this returns.
    running[id] =
      switch offer.execution {
      case .inline: Task(executorPreference: loop, operation: body)
      case .thread: Task(executorPreference: pool, operation: body)
      }
  }

  func finish(_ id: RequestID, _ result: Result<ToolResult, WireError>) {
    guard running.removeValue(forKey: id) != nil, let connection else { return }
    switch result {
    case .success(let value): connection.respond(to: id, with: value)
    case .failure(let error): connection.respond(to: id, failing: error)
    }
    if running.isEmpty, let drainRequest {
      self.drainRequest = nil
      connection.respond(to: drainRequest, with: Empty())
    }
  }

  func report(_ progress: Progress) {
    let bytes = progress.text.utf8.count
    if running[progress.id] != nil { connection?.notify(progress) }
    gate.leave(bytes, queued: connection?.queuedBytes ?? 0)
    watchQueue()
  }

  /// Tells the gate when the coordinator has caught up.
  private func watchQueue() {
    guard !isWatchingQueue, let connection, connection.queuedBytes > 0 else { return }
    isWatchingQueue = true
    loop.schedule(after: 2) {
      self.isWatchingQueue = false
      self.gate.leave(0, queued: self.connection?.queuedBytes ?? 0)
      self.watchQueue()
    }
  }

  func send<M: WireRequest>(
    _ message: M,
    _ completion: @escaping (Result<M.Response, WireError>) -> Void
  ) -> RequestID? {
    guard let connection else {
      completion(.failure(WireError(.connectionClosed, "connection is closed")))
      return nil
    }
    return connection.request(message, completion: completion)
  }

  func cancel(_ id: RequestID) { connection?.cancel(id, reason: .caller) }
}

extension Session: ConnectionOwner {
  func received(request id: RequestID, _ method: String, _ params: JSONObject, on connection: Connection) {
    do throws(WireError) {
      switch method {
      case InitializeWorker.method: try initialize(id, params, connection)
      case ToolInvoke.method: try invoke(id, params, connection)
      case Drain.method:
        connection.gate.phase = .draining
        if running.isEmpty { connection.respond(to: id, with: Empty()) } else { drainRequest = id }
      default: connection.respond(to: id, with: Empty())  // ping
      }
    } catch {
      connection.respond(to: id, failing: error)
    }
  }

  func received(notification method: String, _ params: JSONObject, on connection: Connection) {
    do throws(WireError) {
      switch method {
      case Cancel.method: running[try Cancel.decode(params).id]?.cancel()
      case Shutdown.method: stop()
      default: break
      }
    } catch {
      connection.reportAndClose(error)
    }
  }

  func closed(_ connection: Connection, because error: WireError?) {
    if let error {
      let message = "\(worker.peer.name): \(error.message)\n"
      _ = write(STDERR_FILENO, message, message.utf8.count)
      exitCode = 70
    }
    stop()
  }

  private func stop() {
    guard !isStopping else { return }
    isStopping = true
    guard let onStop = worker.onStop else { return loop.stop() }
    let loop = loop
    Task(executorPreference: loop) {
      await onStop()
      loop.stop()
    }
  }
}

/// How functions on other threads reach the session.
///
/// Safety: the session is touched only inside closures that run on its loop's thread.
struct SessionLink: @unchecked Sendable {
  private let session: Session
  private let loop: EventLoop

  init(_ session: Session) {
    self.session = session
    loop = session.loop
  }

  func finish(_ id: RequestID, _ result: Result<ToolResult, WireError>) {
    loop.perform { session.finish(id, result) }
  }

  func started(_ id: RequestID, _ version: ProtocolVersion, _ hasGivenUpExec: Bool, _ failure: WireError?) {
    loop.perform { session.started(id, version, hasGivenUpExec, failure) }
  }

  func offer(_ offers: [Worker.Offer]) { loop.perform { session.offer(offers) } }

  /// Whether a report of `bytes` would be sent rather than waited for or dropped.
  func mayReport(_ bytes: Int) -> Bool { session.gate.isOpen(bytes) }

  func report(_ progress: Progress) {
    guard session.gate.enter(progress.text.utf8.count, mayWait: !loop.isCurrent) else { return }
    loop.perform { session.report(progress) }
  }

  /// Sends a request and waits for its reply; cancelling the task asks the coordinator to stop it.
  func request<M: WireRequest>(_ message: M) async throws -> M.Response {
    let sent = Mutex<(id: RequestID?, isCancelled: Bool)>((nil, false))
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        loop.perform {
          let id = session.send(message) { continuation.resume(with: $0.mapError { $0 as any Error }) }
          let isCancelled = sent.withLock { state in
            state.id = id
            return state.isCancelled
          }
          if isCancelled, let id { session.cancel(id) }
        }
      }
    } onCancel: {
      loop.perform {
        let id = sent.withLock { state in
          state.isCancelled = true
          return state.id
        }
        if let id { session.cancel(id) }
      }
    }
  }
}
