internal import JSON
internal import Journal
internal import Logging
internal import Policy
internal import Posix
internal import Supervision
internal import Transport
internal import Wire

/// One client's connection: what it asked, and what still runs for it.
final class ClientSession {
  private unowned let coordinator: Coordinator
  private let peer: PeerIdentity
  private(set) var connection: Connection?
  /// As it is written down with what it asks for.
  private lazy var caller = peer.json(user: coordinator.judge.names.user(peer.uid))
  /// With the role that they have today.
  private var person: Caller { coordinator.judge.caller(uid: peer.uid, gid: peer.gid, groups: peer.groups) }
  private var calls: [RequestID: PendingCall] = [:]
  private var watchers: [RequestID: JobWatcher] = [:]
  /// Asked for and not begun; true: cancelled meanwhile.
  private var startingWatchers: [RequestID: Bool] = [:]
  /// `logs/read` requests that follow, with the worker they are limited to.
  private var followers: [RequestID: String?] = [:]
  private var dropped: [RequestID: Int] = [:]
  private var walks: [RequestID: Journal.AuditWalk] = [:]

  init(_ coordinator: Coordinator, _ socket: consuming Descriptor, _ peer: PeerIdentity) throws(PosixError) {
    self.coordinator = coordinator
    self.peer = peer
    connection = try Connection(
      loop: coordinator.loop,
      input: socket,
      output: nil,
      gate: PhaseGate(.client, receiver: .coordinator),
      owner: self
    )
  }

  /// Sends a line to the requests that follow. A client that does not keep up loses lines, not its connection.
  func follow(_ line: LogLine) {
    guard let connection, connection.queuedBytes < connection.options.highWaterBytes else { return }
    for (id, worker) in followers where worker == nil || worker == line.worker {
      connection.notify(Log(id: id, line: line))
    }
  }

  /// What changes something for others, and is in the audit log as it was asked for; what else is asked for has lines of
  /// its own.
  private static let controls: Set<String> = [
    JobCancel.method, JobPause.method, JobResume.method, JobRetry.method, JobFork.method, JobResolve.method,
    WorkersReload.method, PolicyReload.method, JournalCollect.method, JournalBackup.method, Shutdown.method,
  ]

  private func checkRole(_ method: String, _ params: JSONObject) throws(WireError) {
    guard let due = MethodRule.role(ofClient: method), method != InitializeClient.method else { return }
    let role = coordinator.judge.role(peer)
    if let role, role >= due {
      if Self.controls.contains(method) { coordinator.note(method, params, by: person) }
      return
    }
    coordinator.note(refused: method, to: person, needed: due)
    throw WireError(
      .forbidden,
      "'\(method)' is for the role '\(due.rawValue)', and you are \(role.map { "a '\($0.rawValue)'" } ?? "none of the roles")",
      data: ["role": .string(due.rawValue)]
    )
  }

  private func initialize(_ id: RequestID, _ params: JSONObject, _ connection: Connection) throws(WireError) {
    let message = try InitializeClient.decode(params)
    let version = try ProtocolVersion.current.agreed(with: message.version)
    var response = InitializeClient.Response(coordinator: coordinator.identity, pid: coordinator.status.pid)
    response.version = version
    connection.respond(to: id, with: response)
    connection.gate.phase = .ready
    coordinator.log.debug(
      "client connected",
      ["client.name": .string(message.client.name), "client.pid": .integer(Int64(peer.pid))]
    )
  }

  private func call(_ id: RequestID, _ message: ToolCall, _ connection: Connection) throws(WireError) {
    if message.invocation != nil {
      throw .invalidParams("/invocation", "'/invocation' is for workers; a client calls tools by itself")
    }
    let call = coordinator.calls.call(message, caller: caller) { [weak self, weak connection] result in
      self?.calls[id] = nil
      self?.reportDropped(id)
      switch result {
      case .success(let value): connection?.respond(to: id, with: value)
      case .failure(let error): connection?.respond(to: id, failing: error)
      }
    }
    guard let call, !call.hasEnded else { return }
    calls[id] = call
    guard message.wantsProgress else { return }
    call.onProgress = { [weak self] in self?.progress(id, $0, $1, $2) }
  }

  /// A client that reads slower than its call talks loses parts of the talk, and is told how many.
  private func progress(_ id: RequestID, _ kind: Progress.Kind, _ text: String, _ fraction: Double?) {
    guard let connection else { return }
    guard connection.queuedBytes < connection.options.highWaterBytes else {
      dropped[id, default: 0] += 1
      return
    }
    connection.notify(Progress(id: id, kind: kind, text: text, fraction: fraction))
  }

  private func reportDropped(_ id: RequestID) {
    guard let count = dropped.removeValue(forKey: id) else { return }
    connection?.notify(
      Progress(
        id: id,
        kind: .status,
        text: "\(count) progress messages were dropped because they were not read in time"
      )
    )
  }

  private func readLogs(_ id: RequestID, _ message: LogsRead, _ connection: Connection) throws(WireError) {
    let kinds = coordinator.supervisor.kinds
    if let worker = message.worker, kinds[worker] == nil {
      let hint = nearest(to: worker, among: Array(kinds.keys)).map { " (did you mean '\($0)'?)" } ?? ""
      throw WireError(.notFound, "no worker \(quoted(worker))\(hint)", data: ["worker": .string(worker)])
    }
    let wanted = message.worker.map { [kinds[$0]].compactMap { $0 } } ?? Array(kinds.values)
    let lines = wanted.flatMap { $0.lines.last(Int(message.lines)) }.sorted { $0.time < $1.time }
    let last = Self.newest(lines, count: Int(message.lines))
    if message.follow {
      for line in last { connection.notify(Log(id: id, line: line)) }
      followers[id] = .some(message.worker)
    } else {
      connection.respond(to: id, with: LogsRead.Response(lines: last))
    }
  }

  /// The newest `count` lines, fewer when they would not fit one frame whatever they contain.
  private static func newest(_ lines: [LogLine], count: Int) -> [LogLine] {
    // A byte takes at most six in JSON, and a line some two hundred beside its text.
    var room = Limit.frameBytes / 8
    let kept = lines.suffix(count).reversed().prefix { line in
      room -= line.text.utf8.count + 64
      return room > 0
    }
    return kept.reversed()
  }

  private func listTools(_ id: RequestID, _ message: ToolsList, _ connection: Connection) throws(WireError) {
    let catalog = coordinator.supervisor.catalog
    let withheld = coordinator.withheld(message.name)
    if let name = message.name, catalog[name] == nil, withheld.isEmpty {
      let hint = nearest(to: name, among: Array(catalog.keys)).map { " (did you mean '\($0)'?)" } ?? ""
      throw WireError(.unknownTool, "no worker offers tool \(quoted(name))\(hint)")
    }
    let entries =
      message.name.map { [catalog[$0]].compactMap { $0 } } ?? catalog.values.sorted { $0.tool.name < $1.tool.name }
    connection.respond(
      to: id,
      with: ToolsList.Response(
        tools: entries.map { ToolsList.Entry(tool: $0.tool, worker: $0.kind.manifest.name) },
        withheld: withheld
      )
    )
  }

  private func job(
    _ id: RequestID,
    _ method: String,
    _ params: JSONObject,
    _ connection: Connection
  ) throws(WireError) {
    let jobs = coordinator.jobs
    switch method {
    case JobSubmit.method: jobs.submit(try JobSubmit.decode(params), caller: caller, answer: answer(id, connection))
    case RecipesList.method: connection.respond(to: id, with: try jobs.list(try RecipesList.decode(params)))
    case PlanCheck.method:
      let mistakes = jobs.check(try PlanCheck.decode(params).plan).mistakes
      connection.respond(to: id, with: PlanCheck.Response(mistakes: mistakes))
    case JobList.method: jobs.list(try JobList.decode(params), answer: answer(id, connection))
    case JobShow.method: jobs.show(try JobShow.decode(params), answer: answer(id, connection))
    case JobEvents.method: events(id, try JobEvents.decode(params), connection)
    case JobCancel.method: jobs.cancel(try JobCancel.decode(params), by: person, answer: answer(id, connection))
    case JobPause.method: jobs.pause(try JobPause.decode(params), by: person, answer: answer(id, connection))
    case JobResume.method: jobs.resume(try JobResume.decode(params), by: person, answer: answer(id, connection))
    case JobRetry.method: jobs.retry(try JobRetry.decode(params), by: person, answer: answer(id, connection))
    case JobFork.method: jobs.fork(try JobFork.decode(params), caller: caller, answer: answer(id, connection))
    case JobResolve.method: jobs.resolve(try JobResolve.decode(params), by: person, answer: answer(id, connection))
    case PlanPrivileges.method:
      connection.respond(to: id, with: jobs.privileges(try PlanPrivileges.decode(params)))
    case ApprovalsList.method: jobs.list(try ApprovalsList.decode(params), answer: answer(id, connection))
    case ApprovalsDecide.method:
      jobs.decide(try ApprovalsDecide.decode(params), by: person, as: caller, answer: answer(id, connection))
    case ToolsAccept.method:
      coordinator.pinning.accept(try ToolsAccept.decode(params), by: person, answer: answer(id, connection))
    case AuditQuery.method:
      coordinator.audit.query(try AuditQuery.decode(params), answer: answer(id, connection))
    case AuditHeads.method:
      coordinator.audit.heads(try AuditHeads.decode(params), answer: answer(id, connection))
    case AuditVerify.method: try verifyAudit(id, try AuditVerify.decode(params), connection)
    case PolicyShow.method:
      _ = try PolicyShow.decode(params)
      connection.respond(to: id, with: coordinator.shownPolicy)
    case PolicyReload.method:
      _ = try PolicyReload.decode(params)
      connection.respond(to: id, with: coordinator.rereadPolicy())
    case PolicyTest.method: jobs.rehearse(try PolicyTest.decode(params), answer: answer(id, connection))
    case MetricsReport.method: jobs.metrics(try MetricsReport.decode(params), answer: answer(id, connection))
    case HealthCheck.method:
      coordinator.check(
        try HealthCheck.decode(params),
        by: coordinator.judge.role(peer),
        caller: caller,
        answer: answer(id, connection)
      )
    case UsageReport.method: jobs.usage(try UsageReport.decode(params), answer: answer(id, connection))
    case JournalCollect.method:
      let message = try JournalCollect.decode(params)
      jobs.collect(message, coordinator.blobs, answer: answer(id, connection))
      if !message.isDryRun { coordinator.audit.collect() }
    case JournalBackup.method:
      _ = try JournalBackup.decode(params)
      jobs.backup(answer: answer(id, connection))
    default: throw WireError(.methodNotFound, "unknown method \(quoted(method))")
    }
  }

  private func answer<T: WireBody>(_ id: RequestID, _ connection: Connection) -> (Result<T, WireError>) -> Void {
    { [weak connection] result in
      switch result {
      case .success(let value): connection?.respond(to: id, with: value)
      case .failure(let error): connection?.respond(to: id, failing: error)
      }
    }
  }

  private func events(_ id: RequestID, _ message: JobEvents, _ connection: Connection) {
    guard message.follow else { return coordinator.jobs.events(message, answer: answer(id, connection)) }
    startingWatchers[id] = false
    coordinator.jobs.follow(message, id, connection) { [weak self] in
      self?.watchers[id] = nil
    } answer: { [weak self, weak connection] result in
      let isCancelled = self?.startingWatchers.removeValue(forKey: id) != false
      switch result {
      case .success(let watcher) where isCancelled: watcher.cancel()
      case .success(let watcher): self?.watchers[id] = watcher
      case .failure(let error): connection?.respond(to: id, failing: error)
      }
    }
  }

  private func verifyAudit(_ id: RequestID, _ message: AuditVerify, _ connection: Connection) throws(WireError) {
    let reply: Jobs.Answer<AuditVerify.Response> = answer(id, connection)
    walks[id] = try coordinator.audit.verify(message) { [weak self] walked, total in
      guard self?.walks[id] != nil else { return }
      let fraction = total > 0 ? min(1, Double(walked) / Double(total)) : nil
      self?.progress(id, .status, "\(walked) records verified", fraction)
    } answer: { [weak self] result in
      self?.walks[id] = nil
      self?.dropped[id] = nil
      reply(result)
    }
  }

  private func cancel(_ id: RequestID) {
    walks[id]?.cancel()
    if followers.removeValue(forKey: id) != nil {
      connection?.respond(to: id, failing: WireError(.cancelled, "stopped because the caller asked"))
    }
    calls[id]?.cancel(.caller)
    watchers.removeValue(forKey: id)?.cancel()
    if startingWatchers[id] != nil { startingWatchers[id] = true }
  }
}

extension ClientSession: ConnectionOwner {
  func received(request id: RequestID, _ method: String, _ params: JSONObject, on connection: Connection) {
    do throws(WireError) {
      try checkRole(method, params)
      switch method {
      case InitializeClient.method: try initialize(id, params, connection)
      case ToolCall.method: try call(id, try ToolCall.decode(params), connection)
      case BlobRead.method: coordinator.blobs.read(try BlobRead.decode(params), id, connection)
      case BlobWrite.method: coordinator.blobs.write(try BlobWrite.decode(params), id, connection)
      case Status.method:
        _ = try Status.decode(params)
        connection.respond(to: id, with: coordinator.status)
      case ToolsList.method: try listTools(id, try ToolsList.decode(params), connection)
      case WorkersList.method:
        _ = try WorkersList.decode(params)
        connection.respond(to: id, with: WorkersList.Response(workers: coordinator.workerReports))
      case WorkersReload.method:
        _ = try WorkersReload.decode(params)
        connection.respond(to: id, with: coordinator.reloadWorkers())
      case LogsRead.method: try readLogs(id, try LogsRead.decode(params), connection)
      case Shutdown.method:
        _ = try Shutdown.decode(params)
        coordinator.log.info("asked to shut down", ["client.pid": .integer(Int64(peer.pid))])
        coordinator.drain { [weak connection] in connection?.respond(to: id, with: Empty()) }
      case Ping.method: connection.respond(to: id, with: Empty())
      default: try job(id, method, params, connection)
      }
    } catch {
      connection.respond(to: id, failing: error)
      if method == InitializeClient.method { connection.close(because: error) }
    }
  }

  func received(notification method: String, _ params: JSONObject, on connection: Connection) {
    do throws(WireError) {
      cancel(try Cancel.decode(params).id)
    } catch {
      connection.reportAndClose(error)
    }
  }

  /// Whoever asked is gone: what still runs for it is stopped.
  func closed(_ connection: Connection, because error: WireError?) {
    if let error {
      coordinator.log.warn(
        "client connection ended",
        [
          "client.pid": .integer(Int64(peer.pid)), "error": .string(error.name.rawValue),
          "reason": .string(error.message),
        ]
      )
    }
    for (_, call) in calls { call.cancel(.caller) }
    for (_, watcher) in watchers { watcher.abandon() }
    for (_, walk) in walks { walk.cancel() }
    walks = [:]
    watchers = [:]
    startingWatchers = [:]
    calls = [:]
    followers = [:]
    coordinator.blobs.abandon(connection)
    coordinator.sessions[ObjectIdentifier(self)] = nil
  }
}
