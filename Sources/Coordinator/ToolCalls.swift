internal import Glibc
internal import JSON
internal import Posix
internal import Supervision
internal import Wire

/// The one way from a request for a tool to its invocation: checks, then the queue of the worker that offers it.
final class ToolCalls {
  private let supervisor: Supervisor
  private let defaultTimeout: Milliseconds
  /// Distinguishes this run of the coordinator in the ids it gives.
  private let epoch = String(UInt32.random(in: 0...UInt32.max), radix: 36)
  private var count = 0
  private(set) var running = 0
  private(set) var answered = 0
  var isDraining = false

  init(_ supervisor: Supervisor, defaultTimeout: Milliseconds) {
    self.supervisor = supervisor
    self.defaultTimeout = defaultTimeout
  }

  /// Starts a call; `completion` is called exactly once, possibly before this returns (then the result is nil).
  func call(
    _ message: ToolCall,
    from parent: Invocation? = nil,
    completion: @escaping (Result<ToolResult, WireError>) -> Void
  ) -> Invocation? {
    let entry: CatalogEntry
    do throws(WireError) {
      entry = try admit(message, parent)
    } catch {
      completion(.failure(error))
      return nil
    }
    count += 1
    let job = parent?.job ?? "call-\(epoch)-\(count)"
    var timeout = message.timeoutMS.map { Milliseconds($0) } ?? defaultTimeout
    if let parent { timeout = min(timeout, Milliseconds(parent.deadline.milliseconds(since: .now))) }
    running += 1
    let invocation = Invocation(
      tool: message.tool,
      input: message.input,
      job: job,
      step: parent.map { "\($0.step)/\(count)" } ?? "call",
      idempotencyKey: "\(epoch)-\(count)",
      deadline: .now + timeout,
      needs: message.needs,
      limits: message.limits,
      parent: parent
    ) { [weak self] result in
      self?.running -= 1
      self?.answered += 1
      completion(Self.checked(result, entry, job))
    }
    entry.kind.submit(invocation)
    return invocation
  }

  private func admit(_ message: ToolCall, _ parent: Invocation?) throws(WireError) -> CatalogEntry {
    // A call that runs may still make the calls it needs to end.
    if isDraining, parent == nil { throw WireError(.draining, "the coordinator accepts no new work") }
    if let parent, parent.depth + 1 >= Limit.nesting {
      throw WireError(
        .nestingExceeded,
        "call of tool \(quoted(message.tool)) is nested deeper than the limit of \(Limit.nesting)",
        data: ["limit": "nesting", "value": .integer(Int64(parent.depth + 1))]
      )
    }
    guard let entry = supervisor.catalog[message.tool] else { throw unknown(message.tool) }
    if let refusal = entry.refusal(ofInput: message.input) { throw refusal }
    return entry
  }

  private func unknown(_ tool: String) -> WireError {
    if let kind = supervisor.kindPromising(tool) {
      return WireError(
        .unavailable,
        "worker '\(kind.manifest.name)', which offers tool '\(tool)', is not ready",
        data: ["worker": .string(kind.manifest.name), "retry_after_ms": 1000]
      )
    }
    let nearest = nearest(to: tool, among: Array(supervisor.catalog.keys))
    return WireError(
      .unknownTool,
      "no worker offers tool \(quoted(tool))" + (nearest.map { " (did you mean '\($0)'?)" } ?? ""),
      data: nearest.map { ["nearest": .string($0)] } ?? JSONObject()
    )
  }

  /// A result leaves only when it keeps the tool's promise.
  private static func checked(
    _ result: Result<ToolResult, WireError>,
    _ entry: CatalogEntry,
    _ job: String
  ) -> Result<ToolResult, WireError> {
    guard case .success(var value) = result else { return result }
    if let refusal = entry.refusal(ofOutput: value.output) { return .failure(refusal) }
    value.job = job
    return .success(value)
  }
}
