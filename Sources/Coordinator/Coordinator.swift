internal import Glibc
package import JSON
package import Journal
package import Logging
package import Policy
package import Posix
package import Supervision
package import Transport
package import Wire

/// The process that holds the truth: it accepts calls, has workers run them, and answers.
///
/// Theory of operation. One thread runs one event loop; the supervisor, the client sessions and this object live on it
/// and are never touched elsewhere, so there are no locks and everything that happens has an order. What blocks has a
/// thread of its own and comes back by `EventLoop.submit`: starting processes (`Spawner`) and the blob store's files.
/// Every call, from a client or from inside another call, takes one way: `ToolCalls.call`.
package final class Coordinator {
  package let loop: EventLoop
  package let supervisor: Supervisor
  let log: Logger
  let identity: Peer
  let startedAt = BootTime.now
  let calls: ToolCalls
  let jobs: Jobs
  let judge: Judge
  package let journal: Journal
  let audit: AuditService
  let pinning: ToolPinning
  package let blobs: Blobs
  var sessions: [ObjectIdentifier: ClientSession] = [:]
  let clientLimit: Int
  private let drainTimeout: Milliseconds
  private(set) var isDraining = false
  private var isStopping = false
  private var isFinished = false
  private var onDrained: [() -> Void] = []
  /// Called after the last worker is gone and whoever waits for the drain has been told.
  package var onShutdown: (() -> Void)?
  /// A policy, the file that it is from, and why it is none.
  package typealias PolicyReading = (policy: Policy?, file: String?, mistakes: [String])
  let readPolicy: () -> PolicyReading
  private let reload: () -> (manifests: [String: WorkerManifest], errors: [String])
  /// The operator's own recipes, beside those that workers bring.
  private let recipeFolders: [String]
  /// Where clients reach it; for `status`.
  package var socketPath = ""
  private var nestedCalls: [NestedCall: PendingCall] = [:]

  private struct NestedCall: Hashable {
    let worker: ObjectIdentifier
    let id: RequestID
  }

  /// `reload` reads the manifests again; its errors are for the caller of `workers/reload`.
  package init(
    loop: EventLoop,
    supervisor: Supervisor,
    blobs: Blobs,
    journal: Journal,
    log: Logger,
    identity: Peer,
    jobSettings: JobSettings = JobSettings(),
    drainTimeout: Milliseconds = 30_000,
    clientLimit: Int = 1024,
    recipeFolders: [String] = [],
    policy: Policy = .none,
    policyFile: String? = nil,
    readPolicy: @escaping () -> PolicyReading = { (nil, nil, []) },
    reload: @escaping () -> (manifests: [String: WorkerManifest], errors: [String])
  ) {
    self.loop = loop
    self.supervisor = supervisor
    self.blobs = blobs
    self.log = log
    self.identity = identity
    self.clientLimit = clientLimit
    self.drainTimeout = drainTimeout
    self.recipeFolders = recipeFolders
    self.reload = reload
    judge = Judge(journal, supervisor, log: log, policy: policy)
    judge.policyFile = policyFile
    self.readPolicy = readPolicy
    calls = ToolCalls(supervisor, journal, judge, defaultTimeout: jobSettings.callTimeout)
    jobs = Jobs(journal, supervisor, judge, log: log, settings: jobSettings)
    self.journal = journal
    pinning = ToolPinning(journal, supervisor, judge, log: log)
    audit = AuditService(journal, log: log, settings: AuditSettings(policy.audit))
    supervisor.handler = self
    supervisor.onLine = { [weak self] in self?.follow($0) }
  }

  /// Reads the manifests and starts what they name.
  @discardableResult
  package func reloadWorkers() -> WorkersReload.Response {
    let (manifests, errors) = reload()
    for error in errors { log.error("manifest cannot be used", ["reason": .string(error)]) }
    guard !isDraining else { return WorkersReload.Response() }
    // A manifest that cannot be read any more leaves its worker as it was.
    var report = supervisor.apply(manifests)
    report.errors = errors + reloadRecipes()
    log.info(
      "workers loaded",
      [
        "added": .integer(Int64(report.added.count)), "changed": .integer(Int64(report.changed.count)),
        "removed": .integer(Int64(report.removed.count)),
      ]
    )
    return report
  }

  private func reloadRecipes() -> [String] {
    let folders = supervisor.manifests.values.map(\.folder).sorted().map { "\($0)/recipes" }
    jobs.recipes = RecipeBook(folders: recipeFolders + folders)
    for error in jobs.recipes.errors { log.error("recipe cannot be used", ["reason": .string(error)]) }
    return jobs.recipes.errors
  }

  private func follow(_ line: LogLine) {
    for session in sessions.values { session.follow(line) }
  }

  // MARK: Ending

  /// Accepts no new work, lets what runs end, stops the workers, then calls `then`.
  package func drain(then: @escaping () -> Void) {
    onDrained.append(then)
    guard !isDraining else { return }
    isDraining = true
    calls.isDraining = true
    jobs.isDraining = true
    log.info("draining", ["calls": .integer(Int64(underWay))])
    CrashPoint.hit(.insideDrain)
    // Workers stay until no call runs, since a running call may need another worker to end. Steps that have not begun
    // stay in the journal for the next start.
    guard !isIdle else { return stopWorkers() }
    let stopWhenIdle = { [weak self] in
      if let self, isIdle { stopWorkers() }
    }
    calls.onIdle = stopWhenIdle
    jobs.onIdle = stopWhenIdle
    loop.schedule(after: drainTimeout) { [weak self] in
      guard let self, !isIdle else { return }
      log.warn("calls outlived the drain", ["calls": .integer(Int64(underWay))])
      stopNow()
    }
  }

  private var isIdle: Bool { calls.running == 0 && jobs.isIdle }
  private var underWay: Int { calls.running + jobs.invocationCount }

  private func stopWorkers() {
    guard !isStopping else { return }
    isStopping = true
    supervisor.stop { [weak self] in
      guard let self else { return }
      // What ended with its worker is still on its way to the disk, and to whoever asked; a disk that takes nothing
      // more does not hold up the end.
      if isIdle { return finish() }
      let finishWhenIdle = { [weak self] in
        if let self, isIdle { finish() }
      }
      calls.onIdle = finishWhenIdle
      jobs.onIdle = finishWhenIdle
      loop.schedule(after: 2_000) { [weak self] in self?.finish() }
    }
  }

  private func finish() {
    guard !isFinished else { return }
    isFinished = true
    audit.note(.stopped(version: identity.version))
    let waiting = onDrained
    onDrained = []
    for then in waiting { then() }
    // One more round of the loop, so that the answers leave first.
    loop.schedule(after: 0) { [weak self] in self?.onShutdown?() }
  }

  /// Ends every worker now; the rest is as after a drain, which must have begun.
  package func stopNow() {
    stopWorkers()
    supervisor.stopNow()
  }

  var status: Status.Response {
    let kinds = supervisor.allKinds
    var status = Status.Response(
      state: isDraining ? "draining" : "running",
      pid: Int64(getpid()),
      version: identity.version,
      uptimeMS: BootTime.now.milliseconds(since: startedAt),
      socket: socketPath,
      workers: Int64(kinds.reduce(0) { $0 + $1.instances.count }),
      workersReady: Int64(kinds.reduce(0) { $0 + $1.instances.count { $0.isReady } }),
      tools: Int64(supervisor.catalog.count),
      clients: Int64(sessions.count),
      callsRunning: Int64(kinds.reduce(0) { $0 + $1.runningCount }),
      callsQueued: Int64(kinds.reduce(0) { $0 + $1.queuedCount }),
      callsAnswered: Int64(calls.answered),
      jobs: jobCounts
    )
    status.alerts = alerts
    return status
  }
}

extension Coordinator {
  /// Takes up the jobs that the journal has open, then calls `then`.
  package func recoverJobs(then: @escaping () -> Void = {}) {
    audit.note(.started(version: identity.version))
    journal.commit([judge.loaded()])
    jobs.recover { [weak self] in
      then()
      if let self { jobs.collectRegularly(blobs) }
    }
    forgetOld()
  }

  /// What no job holds: once at the start and then every hour.
  private func forgetOld() {
    audit.collect()
    journal.commit([.removeMeters(before: judge.meters.now), .removeMetrics(before: WallTime.now - Metrics.keepMS)])
    loop.schedule(after: 3_600_000) { [weak self] in
      if let self, !isDraining { forgetOld() }
    }
  }

  /// What somebody should look at now.
  var alerts: [RaisedAlert] { judge.metrics.alerts + [pinning.alert].compactMap { $0 } }

  private var jobCounts: Status.Jobs {
    Status.Jobs(
      running: Int64(jobs.active.count),
      queued: Int64(jobs.queuedCount),
      ended: Int64(jobs.ended),
      commits: Int64(journal.commits),
      entries: Int64(journal.entries),
      trouble: journal.trouble?.message
    )
  }
}

// MARK: What workers ask

extension Coordinator: WorkerRequestHandler {
  package func worker(
    _ worker: WorkerInstance,
    request id: RequestID,
    _ method: String,
    _ params: JSONObject,
    on connection: Connection
  ) {
    do throws(WireError) {
      switch method {
      case ToolCall.method: try nestedCall(worker, id, try ToolCall.decode(params), connection)
      case BlobRead.method: blobs.read(try BlobRead.decode(params), id, connection)
      case BlobWrite.method: blobs.write(try BlobWrite.decode(params), id, connection)
      case ToolsList.method, RecipesList.method, PlanCheck.method:
        try planning(worker, id, method, params, connection)
      default: connection.respond(to: id, with: Empty())  // ping
      }
    } catch {
      connection.respond(to: id, failing: error)
    }
  }

  /// What only those learn who make plans.
  private func planning(
    _ worker: WorkerInstance,
    _ id: RequestID,
    _ method: String,
    _ params: JSONObject,
    _ connection: Connection
  ) throws(WireError) {
    guard worker.mayPlan else {
      throw WireError(.refused, "'\(method)' is for workers whose manifest has the permission 'planning'")
    }
    switch method {
    case ToolsList.method:
      let wanted = try ToolsList.decode(params).name
      let tools = jobs.plannable.filter { wanted == nil || $0.tool.name == wanted }
      connection.respond(to: id, with: ToolsList.Response(tools: tools))
    case RecipesList.method: connection.respond(to: id, with: try jobs.list(try RecipesList.decode(params)))
    default:
      let mistakes = jobs.check(try PlanCheck.decode(params).plan, isPlanned: true).mistakes
      connection.respond(to: id, with: PlanCheck.Response(mistakes: mistakes))
    }
  }

  private func nestedCall(
    _ worker: WorkerInstance,
    _ id: RequestID,
    _ message: ToolCall,
    _ connection: Connection
  ) throws(WireError) {
    guard let outer = message.invocation else {
      throw .invalidParams("/invocation", "missing member 'invocation': a worker calls tools from inside an invocation")
    }
    guard let parent = worker.invocation(outer) else {
      throw .invalidParams("/invocation", "no invocation with id \(outer) is running")
    }
    let key = NestedCall(worker: ObjectIdentifier(worker), id: id)
    let call = calls.call(message, in: parent) { [weak self, weak connection] result in
      self?.nestedCalls[key] = nil
      switch result {
      case .success(let value): connection?.respond(to: id, with: value)
      case .failure(let error): connection?.respond(to: id, failing: error.counted)
      }
    }
    guard let call, !call.hasEnded else { return }
    nestedCalls[key] = call
    if message.wantsProgress {
      call.onProgress = { [weak connection] kind, text, fraction in
        guard let connection, connection.queuedBytes < connection.options.highWaterBytes else { return }
        connection.notify(Progress(id: id, kind: kind, text: text, fraction: fraction))
      }
    }
  }

  package func worker(_ worker: WorkerInstance, cancels id: RequestID) {
    nestedCalls[NestedCall(worker: ObjectIdentifier(worker), id: id)]?.cancel(.caller)
  }

  package func workerClosed(_ worker: WorkerInstance, _ connection: Connection) {
    let lost = nestedCalls.filter { $0.key.worker == ObjectIdentifier(worker) }
    for (key, call) in lost {
      nestedCalls[key] = nil
      call.cancel(.caller)
    }
    blobs.abandon(connection)
  }
}
