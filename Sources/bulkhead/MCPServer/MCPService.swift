internal import ClientKit
internal import JSON
internal import MCP
internal import Posix

/// `bulkhead mcp`: a client of the coordinator's socket that MCP clients speak to.
///
/// Theory of operation. A thread reads lines, one task takes them in their order, and `ServerSession` says what they mean; what
/// every server answers alike it answers itself. Each other request has a task of its own (`ToolRequest`), which begins work
/// and attends to it. Work that waits for a person may outlive its request; it never outlives the input. Nothing here
/// decides: the coordinator does, by the role of the user whose process this is.
final class MCPService: Sendable {
  private struct State {
    var session: ServerSession
    var tasks: [MessageID: Task<Void, Never>] = [:]
    /// Questions to a legacy client that wait for its answer.
    var questions: [MessageID: CheckedContinuation<Result<JSONObject, RPCError>?, Never>] = [:]
    var batches: [Batch] = []
  }

  let options: MCPOptions
  let tools: ToolDesk
  private let lines = StandardLines()
  private let state: Guarded<State>

  init(socket: String?, _ options: MCPOptions) {
    self.options = options
    let link = CoordinatorLink(socket: socket)
    tools = ToolDesk(desk: ApprovalDesk(link), outputLimit: options.outputLimit)
    var capabilities = ServerCapabilities()
    capabilities.tools = true
    let modern = capabilities
    capabilities.logging = true
    state = Guarded(
      State(
        session: ServerSession(
          info: Implementation(name: "bulkhead", version: programVersion, title: "Bulkhead"),
          capabilities: capabilities,
          modern: modern,
          instructions: Self.instructions
        )
      )
    )
  }

  private static let instructions =
    "Bulkhead runs commands, code and plans in compartments. run_bash and run_code run in a jail without network and without this machine's files; what a call needs beyond that stands in 'needs', and is granted only where the operator permits it. list_tools and call_tool reach every other tool; run_plan and submit_job run several steps as a job that survives crashes. When an answer's state is 'waiting', a person has to approve first: say so, tell how the answer says that it is done, and look with get_job afterwards."

  // MARK: Running

  /// Serves until the input ends.
  func run() async throws(PosixError) {
    ignoreBrokenPipes()
    try lines.start()
    await withTaskCancellationHandler {
      for await input in lines.lines {
        lines.taken()
        switch input {
        case .line(let line): take(line)
        case .oversized:
          send(.error(nil, RPCError(.invalidRequest, "a message exceeds \(MCPLimits().messageBytes) bytes")))
        }
      }
    } onCancel: {
      lines.endInput()
    }
    await end()
  }

  /// What only this client waited for is cancelled.
  private func end() async {
    let (tasks, questions) = state.withLock { state in
      defer { state.questions = [:] }
      return (Array(state.tasks.values), Array(state.questions.values))
    }
    for task in tasks { task.cancel() }
    for question in questions { question.resume(returning: nil) }
    await tools.desk.close(within: .seconds(5))
    for message in state.withLock({ $0.session.farewell() }) { send(message) }
    await lines.finish(within: .seconds(2))
    tools.link.close()
  }

  // MARK: Receiving

  private func take(_ line: [UInt8]) {
    let takesBatches = state.withLock { $0.session.legacy?.version == .v20250326 }
    let isBatch = takesBatches && line.first { $0 > 0x20 } == UInt8(ascii: "[")
    let messages: [Result<MCPMessage, MCPMessage.Fault>]
    do throws(MCPMessage.Fault) {
      messages = try MCPMessage.read(line, allowsBatch: takesBatches)
    } catch {
      return send(.error(error.id, RPCError(error.code, error.detail)))
    }
    guard isBatch else { return messages.forEach { take($0, nil) } }
    let batch = Batch()
    state.withLock { $0.batches.append(batch) }
    for message in messages { take(message, batch) }
    finish(batch) { $0.isRead = true }
  }

  private func take(_ message: Result<MCPMessage, MCPMessage.Fault>, _ batch: Batch?) {
    switch message {
    case .failure(let fault): answer(.error(fault.id, RPCError(fault.code, fault.detail)), batch)
    case .success(.request(let id, "initialize", _)) where batch != nil:
      answer(.error(id, RPCError(.invalidRequest, "'initialize' is no part of a batch")), batch)
    case .success(let message):
      for event in state.withLock({ $0.session.received(message) }) { act(on: event, batch) }
    }
  }

  private func act(on event: ServerEvent, _ batch: Batch?) {
    switch event {
    case .send(let message): answer(message, batch)
    case .request(let request):
      if let batch { state.withLock { _ in batch.open(request.id) } }
      begin(request)
    case .cancelled(let id, _):
      state.withLock { $0.tasks[id] }?.cancel()
      for batch in state.withLock({ $0.batches }) { finish(batch) { $0.drop(id) } }
    case .answered(let id, let result):
      state.withLock { $0.questions.removeValue(forKey: id) }?.resume(returning: result)
    case .opened, .rootsChanged: break
    }
  }

  private func begin(_ request: ServerRequest) {
    // Kept before it begins, so that no cancellation comes too early for it.
    state.withLock { state in
      state.tasks[request.id] = Task.detached { [self] in
        await ToolRequest(request, self).serve()
        self.state.withLock { $0.tasks[request.id] = nil }
      }
    }
  }

  // MARK: Sending

  private func send(_ message: MCPMessage) { lines.write(message.serialized()) }

  /// An answer to a message that was part of a batch goes with the others of it.
  private func answer(_ message: MCPMessage, _ batch: Batch?) {
    guard let batch else { return send(message) }
    finish(batch) { $0.add(message) }
  }

  private func finish(_ batch: Batch, _ change: (Batch) -> Void) {
    let whole = state.withLock { state in
      change(batch)
      guard let whole = batch.whole else { return nil as [JSON]? }
      state.batches.removeAll { $0 === batch }
      return whole
    }
    if let whole, !whole.isEmpty { lines.write(JSON.array(whole).serialized()) }
  }

  /// The last word on a request, which `make` gives; nothing is said to who waits no more.
  func reply(_ request: ServerRequest, _ make: (inout ServerSession) -> MCPMessage?) {
    guard let message = state.withLock({ make(&$0.session) }) else { return }
    answer(message, state.withLock { state in state.batches.first { $0.awaits(request.id) } })
  }

  /// What is said beside answers; a client that does not keep up is told less.
  func notify(_ make: (ServerSession) -> MCPMessage?) {
    if lines.isCongested { return }
    if let message = state.withLock({ make($0.session) }) { send(message) }
  }

  // MARK: Asking

  /// Asks a legacy client; nil: it cannot be asked, or nobody needs the answer any more.
  func ask(_ question: Question) async -> Result<JSONObject, RPCError>? {
    guard let (id, message) = state.withLock({ $0.session.ask(question) }) else { return nil }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isLate = state.withLock { state in
          if Task.isCancelled { return true }
          state.questions[id] = continuation
          return false
        }
        if isLate { return continuation.resume(returning: nil) }
        send(message)
      }
    } onCancel: {
      let (continuation, message) = state.withLock { state in
        (state.questions.removeValue(forKey: id), state.session.withdraw(id, reason: "nobody needs it any more"))
      }
      if continuation != nil, let message { send(message) }
      continuation?.resume(returning: nil)
    }
  }
}

/// Messages that came together, whose answers go together (2025-03-26). Touched under the server's lock alone.
///
/// Safety: reached through `MCPService.state` and by the task that reads lines, which holds that lock too.
private final class Batch: @unchecked Sendable {
  private var waiting: Set<MessageID> = []
  private var answers: [JSON] = []
  /// All of its messages have been looked at.
  var isRead = false

  func open(_ id: MessageID) { waiting.insert(id) }
  func awaits(_ id: MessageID) -> Bool { waiting.contains(id) }
  func drop(_ id: MessageID) { waiting.remove(id) }

  func add(_ message: MCPMessage) {
    switch message {
    case .result(let id, _), .error(let id?, _): waiting.remove(id)
    default: break
    }
    answers.append(message.json)
  }

  /// The answers once all are there.
  var whole: [JSON]? { isRead && waiting.isEmpty ? answers : nil }
}
