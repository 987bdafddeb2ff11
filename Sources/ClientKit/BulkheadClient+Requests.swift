internal import Posix

extension BulkheadClient {
  /// Calls a tool and returns what it produced.
  ///
  /// - Parameters:
  ///   - timeout: after which the coordinator stops the call; nil: its default.
  ///   - needs: privileges of this call; they never come from the input.
  ///   - limits: the most it may use.
  ///   - onProgress: called in order on the client's own thread, which it must not block.
  public func call(
    tool: String,
    input: JSON,
    timeout: Duration? = nil,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil,
    onProgress: (@Sendable (Progress) -> Void)? = nil
  ) async throws(ClientError) -> ToolResult {
    let message = ToolCall(
      tool: tool,
      input: input,
      timeoutMS: timeout.map { max(1, Milliseconds($0).count) },
      needs: needs,
      limits: limits,
      wantsProgress: onProgress != nil
    )
    // The coordinator keeps the time: it answers a late call after the worker's grace.
    return try await request(message, timeout: nil, onProgress: onProgress)
  }

  public func status() async throws(ClientError) -> CoordinatorStatus {
    CoordinatorStatus(try await request(Status()))
  }

  /// The catalog, or the one tool called `name`.
  public func tools(name: String? = nil) async throws(ClientError) -> [CatalogTool] {
    try await request(ToolsList(name: name)).tools.map { CatalogTool(tool: $0.tool, worker: $0.worker) }
  }

  /// One object per kind of worker, with its `instances`. Members may be added by later coordinators.
  public func workers() async throws(ClientError) -> [JSON] {
    try await request(WorkersList()).workers
  }

  /// Has the coordinator read its manifests again. Running calls are not dropped.
  public func reload() async throws(ClientError) -> ReloadReport {
    let response = try await request(WorkersReload())
    return ReloadReport(
      added: response.added,
      changed: response.changed,
      removed: response.removed,
      errors: response.errors
    )
  }

  /// Has the coordinator take no new work, finish what runs, and end. Returns once it has drained.
  public func shutdown(timeout: Duration? = nil) async throws(ClientError) {
    _ = try await request(Shutdown(), timeout: timeout)
  }
}

/// A tool and the kind of worker that offers it.
public struct CatalogTool: Sendable, Equatable {
  public let tool: Tool
  public let worker: String
}

/// What a reload changed: names of kinds, and one text for each manifest that could not be used.
public struct ReloadReport: Sendable, Equatable {
  public let added: [String]
  public let changed: [String]
  public let removed: [String]
  public let errors: [String]
}

/// The coordinator at a glance.
public struct CoordinatorStatus: Sendable, Equatable {
  /// `running` or `draining`.
  public let state: String
  public let pid: Int64
  public let version: String
  public let uptimeMS: Int64
  public let socket: String
  public let workers: Int64
  public let workersReady: Int64
  public let tools: Int64
  public let clients: Int64
  public let callsRunning: Int64
  public let callsQueued: Int64
  public let callsAnswered: Int64
  /// Of the policy, raised now.
  public let alerts: [RaisedAlert]

  init(_ status: Status.Response) {
    state = status.state
    pid = status.pid
    version = status.version
    uptimeMS = status.uptimeMS
    socket = status.socket
    workers = status.workers
    workersReady = status.workersReady
    tools = status.tools
    clients = status.clients
    callsRunning = status.callsRunning
    callsQueued = status.callsQueued
    callsAnswered = status.callsAnswered
    alerts = status.alerts
  }
}

/// All that workers offer.
public struct ToolOffers: Sendable, Equatable {
  public let tools: [CatalogTool]
  /// What nobody is given, and why.
  public let withheld: [WithheldTool]
}

extension BulkheadClient {
  /// The catalog and what is withheld from it, or what there is of the name `name`.
  public func offers(name: String? = nil) async throws(ClientError) -> ToolOffers {
    let response = try await request(ToolsList(name: name))
    return ToolOffers(
      tools: response.tools.map { CatalogTool(tool: $0.tool, worker: $0.worker) },
      withheld: response.withheld
    )
  }

  /// Takes a withheld tool as it is offered now. Returns when that is on disk. `conflict` says that it has changed again.
  public func accept(_ tool: WithheldTool) async throws(ClientError) {
    _ = try await request(ToolsAccept(worker: tool.worker, tool: tool.name, digest: tool.digest))
  }
}
