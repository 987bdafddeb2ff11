internal import Glibc
package import JSON
internal import Logging
internal import Posix
package import Transport
package import Wire

/// One worker process: performs the effects of its lifecycle and turns what happens into its events.
package final class WorkerInstance {
  let kind: WorkerKind
  package let number: Int
  package private(set) var generation: Int64 = 0
  private(set) var lifecycle: WorkerLifecycle
  private var loop: EventLoop { kind.supervisor.loop }

  package private(set) var pid: Int32?
  private var exitWatch: ExitWatch?
  private var errorReader: ErrorReader?
  private(set) var connection: Connection?
  private var timer: LoopTimer?
  private var heartbeat: LoopTimer?
  private(set) var startedAt = BootTime.now
  package private(set) var restarts = 0
  package private(set) var answered = 0
  /// RFC 3339, UTC.
  package private(set) var started = ""

  private(set) var hello: InitializeWorker.Response?
  private(set) var running: [RequestID: Invocation] = [:]
  /// An invocation ran past its grace: nothing new is given to this instance, and it is ended when the rest is done.
  private(set) var isCondemned = false
  private var isBeingPinged = false
  /// Why the latest process that failed did.
  package private(set) var lastError: String?
  /// When the next start is due, while one is waited for.
  private(set) var restartsAt: BootTime?

  init(_ kind: WorkerKind, number: Int) {
    self.kind = kind
    self.number = number
    lifecycle = WorkerLifecycle(kind.manifest.restart)
  }

  var name: String { "\(kind.manifest.name)-\(number)" }

  /// Whether it may read the catalog and have plans checked.
  package var mayPlan: Bool { kind.manifest.permissions.planning }
  package var isReady: Bool { lifecycle.state == .ready && !isCondemned && connection?.isClosed == false }
  var concurrency: Int { Int(min(hello?.concurrency ?? 1, kind.manifest.concurrency ?? Int64.max)) }
  /// What it takes at a time once it is ready.
  var promisedSlots: Int {
    Int(max(1, min(kind.manifest.concurrency ?? .max, hello?.concurrency ?? kind.manifest.concurrency ?? 1)))
  }

  /// Whether it offers what its kind does.
  private(set) var isInAgreement = true

  func compareOffer(with tools: [Tool]) { isInAgreement = hello.map { $0.tools == tools } ?? true }

  var freeSlots: Int { isReady && isInAgreement ? max(0, concurrency - running.count) : 0 }
  package var runningCount: Int { running.count }

  func handle(_ event: WorkerLifecycle.Event) {
    let before = lifecycle.state
    let effects = lifecycle.handle(
      event,
      livedMS: BootTime.now.milliseconds(since: startedAt),
      jitter: .random(in: -1...1)
    )
    if lifecycle.state != before {
      kind.log.debug("worker changed state", ["worker": .string(name), "state": .string("\(lifecycle.state)")])
    }
    for effect in effects { perform(effect) }
    if lifecycle.state == .down { kind.instanceIsDown(self) }
  }

  private func perform(_ effect: WorkerLifecycle.Effect) {
    switch effect {
    case .spawn: spawn()
    case .sendInitialize: initialize()
    case .announceReady: announceReady()
    case .sendDrain: drain()
    case .ask:
      connection?.notify(Shutdown())
      stopHeartbeat()
    case .terminate: exitWatch?.process.terminate()
    case .kill: exitWatch?.process.kill()
    case .arm(let timer): arm(timer)
    case .disarm:
      if let timer { loop.cancel(timer) }
      timer = nil
    case .announceGone(let reason): announceGone(reason)
    }
  }

  private func arm(_ wanted: WorkerLifecycle.Timer) {
    if let timer { loop.cancel(timer) }
    let manifest = kind.manifest
    let delay: Int64 =
      switch wanted {
      case .start: manifest.startMS
      case .drain: manifest.drainMS
      case .grace: manifest.graceMS
      case .restart(let milliseconds): milliseconds
      }
    if case .restart = wanted { restartsAt = .now + Milliseconds(delay) }
    timer = loop.schedule(after: Milliseconds(delay)) { [weak self] in
      self?.timer = nil
      self?.handle(.timer)
    }
  }

  // MARK: Start

  private func spawn() {
    generation += 1
    if generation > 1 { restarts += 1 }
    laterOffer = nil
    isCondemned = false
    isBeingPinged = false
    startedAt = .now
    started = timestamp()
    let generation = self.generation
    let manifest = kind.manifest
    let launcher = kind.supervisor.launcher
    // Safety: the box is opened on the loop's thread only, where the instance lives.
    let home = LoopBox(self)
    let tunnel = kind.supervisor.tunnel(of: manifest)
    kind.supervisor.spawner.start(on: loop, tunnel: tunnel, { try launcher.launch(manifest) }) { result in
      home.value.spawned(generation, result)
    }
  }

  private func spawned(_ generation: Int64, _ result: consuming Result<Spawner.Started, SpawnFailure>) {
    switch consume result {
    case .failure(let failure):
      kind.log.error("worker did not start", ["worker": .string(name), "reason": .string(failure.reason)])
      handle(.spawnFailed(failure.reason))
    case .success(var started):
      pid = started.process.pid
      do throws(PosixError) {
        exitWatch = try ExitWatch(started.process, on: loop) { [weak self] in self?.exited($0) }
        errorReader = try ErrorReader(started.errors.take()!, on: loop) { [weak self] in self?.logLine($0) }
        connection = try Connection(
          loop: loop,
          input: started.output.take()!,
          output: started.input.take()!,
          gate: PhaseGate(.worker, receiver: .coordinator),
          owner: self
        )
        handle(.spawned)
      } catch {
        handle(.spawned)
        handle(.fault(WireError(.internalError, error.description)))
      }
    }
  }

  private func initialize() {
    var message = InitializeWorker(
      coordinator: kind.supervisor.identity,
      kind: kind.manifest.name,
      instance: Int64(number),
      generation: generation
    )
    message.settings = kind.manifest.settings
    message.mayExec = kind.manifest.permissions.mayExec
    message.grants.read = kind.manifest.permissions.read
    message.grants.write = kind.manifest.permissions.write
    message.grants.programs = kind.manifest.permissions.helperPrograms
    do {
      message.secrets = try kind.supervisor.secrets(kind.manifest)
    } catch {
      handle(.fault(WireError(.setupFailed, "\(error)")))
      return
    }
    connection?.request(message) { [weak self] result in self?.initialized(result) }
  }

  private func initialized(_ result: Result<InitializeWorker.Response, WireError>) {
    do {
      let hello = try result.get()
      let ours = ProtocolVersion.current
      guard ours.major == hello.version.major, hello.version <= ours else {
        throw WireError(
          .versionMismatch,
          "worker speaks protocol \(hello.version), this side \(ours)",
          data: ["theirs": .string(hello.version.description), "ours": .string(ours.description)]
        )
      }
      try kind.accept(hello)
      self.hello = hello
      isInAgreement = true
      connection?.gate.phase = .ready
      handle(.initialized)
    } catch let error as WireError where error.name == .connectionClosed && connection?.isClosed != false {
      // The exit or the violation that closed it is reported by its own event.
    } catch {
      fault(error as? WireError ?? WireError(.internalError, "\(error)"))
    }
  }

  private func announceReady() {
    lastError = nil
    let tools = Int64(hello?.tools.count ?? 0)
    kind.log.info(
      "worker is ready",
      ["worker": .string(name), "pid": .integer(Int64(pid ?? 0)), "tools": .integer(tools)]
    )
    kind.instanceIsReady(self)
    scheduleHeartbeat()
  }

  // MARK: Tools

  /// Offers within this time of one that was taken are taken together at its end, the last one of them.
  private static let offerPause: Milliseconds = 200
  private var offerTimer: LoopTimer?
  private var laterOffer: [Tool]?

  private func change(_ tools: [Tool]) throws(WireError) {
    guard offerTimer == nil else { return laterOffer = tools }
    hello?.tools = tools
    isInAgreement = true
    try kind.changed(tools)
    let generation = self.generation
    offerTimer = loop.schedule(after: Self.offerPause) { [weak self] in
      guard let self else { return }
      offerTimer = nil
      guard let next = laterOffer else { return }
      laterOffer = nil
      guard generation == self.generation, hello != nil else { return }
      do throws(WireError) { try change(next) } catch { connection?.reportAndClose(error) }
    }
  }

  // MARK: Invocations

  func start(_ invocation: Invocation) {
    guard let connection else { return }
    invocation.state = .running
    invocation.instance = self
    let id = connection.request(invocation.message) { [weak self, weak invocation] result in
      guard let invocation else { return }
      self?.answered(invocation, result)
    }
    guard let id else { return }
    invocation.requestID = id
    invocation.startedAt = .now
    running[id] = invocation
  }

  private func answered(_ invocation: Invocation, _ result: Result<ToolResult, WireError>) {
    if let id = invocation.requestID { running[id] = nil }
    if case .failure = result, connection?.isClosed != false {
      // Ended by `announceGone`, which knows what became of the process.
      orphaned.append(invocation)
      return
    }
    if case .success(let value) = result, value.job != nil {
      // Ids of jobs are the coordinator's to give.
      orphaned.append(invocation)
      connection?.reportAndClose(.invalidParams("/job", "unknown member 'job' in the result of a worker"))
      return
    }
    if invocation.requestID != nil {
      answered += 1
      handle(.answered)
    }
    kind.ended(invocation, result.mapError { $0.name == .connectionClosed ? WireError(.toolFailed, $0.message) : $0 })
    endIfCondemned()
    kind.dispatch()
  }

  /// Invocations whose connection ended before their answer; failed once the exit is known.
  private var orphaned: [Invocation] = []

  /// Asks the worker to stop; ends the instance when it has not answered after the grace period.
  func cancel(_ invocation: Invocation, _ reason: Cancel.Reason) {
    guard let id = invocation.requestID, running[id] === invocation else { return }
    connection?.cancel(id, reason: reason)
    if let timer = invocation.timer { loop.cancel(timer) }
    invocation.timer = loop.schedule(after: Milliseconds(kind.manifest.graceMS)) { [weak self, weak invocation] in
      guard let self, let invocation else { return }
      overdue(invocation)
    }
  }

  private func overdue(_ invocation: Invocation) {
    guard let id = invocation.requestID, running.removeValue(forKey: id) === invocation else { return }
    isCondemned = true
    let why = invocation.cancelReason == .deadline ? "its deadline" : "being cancelled"
    kind.log.warn("invocation outlived its grace", ["worker": .string(name), "tool": .string(invocation.tool)])
    kind.ended(
      invocation,
      .failure(
        WireError(
          invocation.cancelReason == .deadline ? .deadlineExceeded : .cancelled,
          "worker '\(name)' did not stop within \(kind.manifest.graceMS) ms of \(why) and is ended"
        )
      )
    )
    endIfCondemned()
  }

  /// Neighbours of a hung invocation are awaited up to their own deadlines.
  private func endIfCondemned() {
    guard isCondemned, running.isEmpty else { return }
    fault(WireError(.deadlineExceeded, "an invocation did not stop in time"))
  }

  // MARK: Drain, heartbeat, end

  private func drain() {
    stopHeartbeat()
    connection?.gate.phase = .draining
    connection?.request(Drain()) { [weak self] result in
      guard case .success = result else { return }
      self?.handle(.drained)
    }
  }

  private func scheduleHeartbeat() {
    guard kind.manifest.heartbeatMS > 0 else { return }
    stopHeartbeat()
    heartbeat = loop.schedule(after: Milliseconds(kind.manifest.heartbeatMS)) { [weak self] in self?.beat() }
  }

  private func stopHeartbeat() {
    if let heartbeat { loop.cancel(heartbeat) }
    heartbeat = nil
  }

  private func beat() {
    heartbeat = nil
    guard lifecycle.state == .ready else { return }
    let mayAsk = running.isEmpty || hello?.alwaysAnswersPing == true
    if mayAsk, !isBeingPinged {
      isBeingPinged = true
      let generation = self.generation
      let timeout = kind.manifest.heartbeatTimeoutMS ?? kind.manifest.heartbeatMS
      connection?.request(Ping(), timeout: Milliseconds(timeout)) { [weak self] result in
        guard let self, generation == self.generation else { return }
        isBeingPinged = false
        // A worker that answers only when idle may have been given work since the question.
        guard case .failure(let error) = result, error.name == .deadlineExceeded else { return }
        if running.isEmpty || hello?.alwaysAnswersPing == true {
          fault(WireError(.deadlineExceeded, "no answer to 'ping' within \(timeout) ms"))
        }
      }
    }
    scheduleHeartbeat()
  }

  private func fault(_ error: WireError) {
    kind.log.error(
      "worker is at fault",
      ["worker": .string(name), "error": .string(error.name.rawValue), "reason": .string(error.message)]
    )
    handle(.fault(error))
  }

  private func exited(_ exit: ProcessExit) {
    stopHeartbeat()
    // What it had written is delivered before its exit is reported.
    errorReader?.drain()
    errorReader = nil
    endCause = exitWatch?.process.cause
    exitWatch = nil
    connection?.deliverRest()
    connection?.close(because: nil)
    connection = nil
    exitDescription = exit.description
    endWasWanted = lifecycle.isEndWanted
    handle(.exited(exit == .code(0) ? .clean : .failed))
  }

  /// What is known of its end beyond the exit.
  private var endCause: String?
  private var exitDescription: String?
  private var endWasWanted = false

  private func announceGone(_ reason: String) {
    let reason = endCause ?? reason
    endCause = nil
    let detail = exitDescription.map { " (process \($0))" } ?? ""
    if endWasWanted {
      kind.log.info("worker stopped", ["worker": .string(name), "reason": .string(reason + detail)])
    } else {
      lastError = reason + detail
      let words = kind.lines.last(1).first { $0.pid == Int64(pid ?? 0) }?.text ?? ""
      kind.log.error(
        "worker ended",
        ["worker": .string(name), "reason": .string(reason + detail), "stderr": .string(words)]
      )
    }
    pid = nil
    hello = nil
    let lost = orphaned + running.values.sorted { $0.job < $1.job }
    orphaned = []
    running = [:]
    exitDescription = nil
    endWasWanted = false
    for invocation in lost {
      let error =
        switch invocation.cancelReason {
        case .deadline?:
          WireError(.deadlineExceeded, "worker '\(name)' was ended after the deadline: \(reason)\(detail)")
        case .caller?, .shutdown?:
          WireError(.cancelled, "worker '\(name)' was ended after being asked to stop: \(reason)\(detail)")
        case nil:
          WireError(
            .workerLost,
            "worker '\(name)' was lost: \(reason)\(detail)",
            data: ["worker": .string(kind.manifest.name)]
          )
        }
      kind.ended(invocation, .failure(error))
    }
    kind.instanceIsGone(self)
  }

  private func logLine(_ text: String) {
    kind.lines.append(
      LogLine(
        time: timestamp(),
        worker: kind.manifest.name,
        instance: Int64(number),
        pid: Int64(pid ?? 0),
        text: text
      )
    )
  }
}

extension WorkerInstance: ConnectionOwner {
  package func received(
    request id: RequestID,
    _ method: String,
    _ params: JSONObject,
    on connection: Connection
  ) {
    kind.supervisor.handler?.worker(self, request: id, method, params, on: connection)
  }

  package func received(notification method: String, _ params: JSONObject, on connection: Connection) {
    do throws(WireError) {
      switch method {
      case Progress.method:
        let progress = try Progress.decode(params)
        guard let invocation = running[progress.id] else {
          if isCondemned { return }
          throw WireError(.outOfPhase, "progress for id \(progress.id), which is no running invocation")
        }
        invocation.onProgress?(progress.kind, progress.text, progress.fraction)
      case Cancel.method:
        kind.supervisor.handler?.worker(self, cancels: try Cancel.decode(params).id)
      case ToolsChanged.method: try change(try ToolsChanged.decode(params).tools)
      default: break
      }
    } catch {
      connection.reportAndClose(error)
    }
  }

  package func closed(_ connection: Connection, because error: WireError?) {
    kind.supervisor.handler?.workerClosed(self, connection)
    guard self.connection === connection else { return }
    if let error {
      fault(error)
    } else if case .stopping = lifecycle.state {
      // Expected.
    } else {
      // Usually the process is ending, and its exit says more; otherwise closing its output is a fault.
      let generation = self.generation
      loop.schedule(after: Milliseconds(kind.manifest.graceMS)) { [weak self] in
        guard let self, generation == self.generation, pid != nil else { return }
        fault(WireError(.connectionClosed, "it closed its output but did not end"))
      }
    }
  }
}

/// Lets a loop-confined object pass through a `@Sendable` closure that runs on its own loop.
///
/// Safety: made and opened only on the loop's thread; between the two only the reference is carried.
struct LoopBox<Value: AnyObject>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
