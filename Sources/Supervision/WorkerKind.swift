internal import JSON
internal import Logging
internal import Posix
package import Wire

/// All instances of one manifest, and the queue of invocations that wait for one of them.
package final class WorkerKind {
  unowned let supervisor: Supervisor
  package let manifest: WorkerManifest
  package private(set) var instances: [WorkerInstance] = []
  /// Outlives the kind when a changed manifest puts a successor in its place.
  package let lines: WorkerLog
  /// What its instances offer, by the first one that answered `initialize`.
  package private(set) var tools: [Tool]?
  /// The same with their digests, of a kind whose tools are pinned.
  private(set) var offers: [ToolPin] = []
  /// As it is offered now.
  package func offer(of tool: String) -> ToolPin? { offers.first { $0.tool.name == tool } }
  /// Some of them are in the catalog as soon as that is written down.
  var isBeingPinned = false
  package private(set) var peer: Peer?
  private var queue: InvocationQueue
  private var isStopping = false
  package private(set) var answered = 0
  package private(set) var failed = 0
  var onStopped: (() -> Void)?

  var log: Logger { supervisor.log }

  init(_ manifest: WorkerManifest, _ supervisor: Supervisor, lines: WorkerLog? = nil) {
    self.manifest = manifest
    self.supervisor = supervisor
    self.lines = lines ?? WorkerLog()
    queue = InvocationQueue(limit: supervisor.queueLimit)
    instances = (1...manifest.instances).map { WorkerInstance(self, number: $0) }
  }

  package var queuedCount: Int { queue.count }
  package var runningCount: Int { instances.reduce(0) { $0 + $1.runningCount } }
  /// Calls that its instances take at a time, those included that are not ready yet.
  package var capacity: Int { instances.reduce(0) { $0 + $1.promisedSlots } }
  /// Nobody knows yet what it offers, and that will change by itself.
  package var isStarting: Bool { (tools == nil || isBeingPinned) && !isStopping && canServe }
  package var isReady: Bool { instances.contains { $0.isReady } }

  func start() { for instance in instances { instance.handle(.start) } }

  /// Lets running and queued invocations finish, then ends every process.
  func stop() {
    isStopping = true
    stopIdleInstances()
  }

  private func stopIdleInstances() {
    guard isStopping, queue.isEmpty else { return }
    for instance in instances { instance.handle(.drain) }
    if instances.allSatisfy({ $0.lifecycle.state == .down }) { finishStopping() }
  }

  /// Ends every process without waiting for what runs.
  func stopNow() {
    isStopping = true
    for invocation in queue.removeAll() {
      ended(invocation, .failure(WireError(.draining, "the coordinator is stopping")))
    }
    for instance in instances { instance.handle(.kill) }
  }

  // MARK: From instances

  /// Checks what an instance offers against the manifest and against what other instances said.
  func accept(_ hello: InitializeWorker.Response) throws(WireError) {
    if let tools, tools != hello.tools, instances.contains(where: { $0.isReady && $0.isInAgreement }) {
      throw WireError(.refused, "its tools differ from those of the other instances")
    }
    try accept(hello.tools)
  }

  /// Of a kind whose tools are pinned, one that cannot be used costs itself alone.
  private func accept(_ tools: [Tool]) throws(WireError) {
    guard !manifest.isPinned else { return }
    for tool in tools {
      try check(tool)
      if let other = supervisor.catalog[tool.name]?.kind, other.manifest.name != manifest.name, !other.manifest.isPinned
      {
        throw WireError(.refused, "tool '\(tool.name)' is offered by worker '\(other.manifest.name)' already")
      }
    }
  }

  /// Why a tool cannot be offered, whatever others offer.
  func check(_ tool: Tool) throws(WireError) {
    if let allowed = manifest.tools, !allowed.contains(tool.name) {
      throw WireError(.refused, "tool '\(tool.name)' is not among the tools of its manifest")
    }
    if tool.hasSecretOutput, manifest.callers?.isEmpty != false {
      throw WireError(
        .refused,
        "tool '\(tool.name)' has a secret output, and its manifest names no 'callers' that may have it"
      )
    }
    if manifest.permissions.credentialHelper, !tool.hasSecretOutput {
      throw WireError(
        .refused,
        "tool '\(tool.name)' has no 'secret_output', which every tool of a worker with 'credential_helper' has"
      )
    }
    try CatalogEntry.check(tool)
  }

  func instanceIsReady(_ instance: WorkerInstance) {
    guard let hello = instance.hello else { return }
    peer = hello.worker
    take(hello.tools)
    supervisor.becameReady(self)
    dispatch()
  }

  /// An instance offers something else from here on. Its neighbours take no calls until they say the same.
  func changed(_ tools: [Tool]) throws(WireError) {
    try accept(tools)
    take(tools)
    dispatch()
  }

  private func take(_ tools: [Tool]) {
    if self.tools != tools {
      self.tools = tools
      offers = manifest.isPinned ? tools.map { ToolPin($0) } : []
      for instance in instances { instance.compareOffer(with: tools) }
      supervisor.toolsChanged(self)
    }
  }

  /// Calls that wait here for a tool that is not to be called any more.
  func refuseWithdrawn() {
    for invocation in queue.removeAll(where: { supervisor.catalog[$0.tool]?.kind !== self }) {
      let error =
        supervisor.refusal(ofWithheld: invocation.tool)
        ?? WireError(.unknownTool, "worker '\(manifest.name)' does not offer tool '\(invocation.tool)' any more")
      ended(invocation, .failure(error))
    }
  }

  func instanceIsGone(_ instance: WorkerInstance) {
    if case .waiting(isThrottled: true) = instance.lifecycle.state { refuseWhileThrottled() }
    if instance.lifecycle.state == .down, !isStopping { refuseWhileThrottled() }
    // Those that are left may agree on something else than those that are gone.
    let ready = instances.filter { $0.isReady }
    if let left = ready.first?.hello?.tools, !ready.contains(where: { $0.isInAgreement }) { take(left) }
    // Whoever waits to learn what it offers need not wait any longer.
    if tools == nil, !canServe { supervisor.onCatalog?() }
    dispatch()
  }

  func instanceIsDown(_ instance: WorkerInstance) {
    if isStopping, instances.allSatisfy({ $0.lifecycle.state == .down }) { finishStopping() }
  }

  private func finishStopping() {
    for invocation in queue.removeAll() {
      ended(invocation, .failure(WireError(.unavailable, "worker '\(manifest.name)' has stopped")))
    }
    // Instances and their kind hold each other until here.
    instances = []
    let onStopped = self.onStopped
    self.onStopped = nil
    onStopped?()
  }

  /// Nothing will serve the queue for a while: its callers learn that now.
  private func refuseWhileThrottled() {
    guard !canServe else { return }
    for invocation in queue.removeAll() { ended(invocation, .failure(unavailable)) }
  }

  /// Whether an instance is ready or will be without a penalty.
  private var canServe: Bool {
    instances.contains { instance in
      switch instance.lifecycle.state {
      case .down, .waiting(isThrottled: true), .stopping(_, isWanted: false): false
      case .starting, .initializing, .ready, .draining, .stopping, .waiting: true
      }
    }
  }

  /// What a caller is told while nothing can serve it.
  package var unavailable: WireError {
    let why = instances.compactMap(\.lastError).first.map { ": \($0)" } ?? ""
    var data: JSONObject = ["worker": .string(manifest.name)]
    if let wait = instances.compactMap(\.restartsInMS).min() { data["retry_after_ms"] = .integer(wait) }
    if canServe { data["retry_after_ms"] = .integer(manifest.restart.backoffMS) }
    return WireError(
      .unavailable,
      canServe ? "worker '\(manifest.name)' is not ready yet\(why)" : "worker '\(manifest.name)' is down\(why)",
      data: data
    )
  }

  // MARK: Invocations

  package func submit(_ invocation: Invocation) {
    invocation.kind = self
    guard canServe, !isStopping else {
      ended(invocation, .failure(unavailable))
      return
    }
    if let instance = freeInstance() {
      armDeadline(invocation)
      instance.start(invocation)
      return
    }
    if invocation.depth > 0 {
      if !supervisor.willServe(self) {
        ended(
          invocation,
          .failure(
            WireError(
              .overloaded,
              "every slot of worker '\(manifest.name)' is held by calls that wait for this one; it would never run"
            )
          )
        )
        return
      }
    }
    guard queue.append(invocation) else {
      ended(
        invocation,
        .failure(
          WireError(
            .overloaded,
            "\(queue.count) calls wait for worker '\(manifest.name)', which is the limit",
            data: ["limit": "queue", "value": .integer(Int64(queue.count))]
          )
        )
      )
      return
    }
    armDeadline(invocation)
  }

  private func freeInstance() -> WorkerInstance? {
    var best: WorkerInstance?
    for instance in instances where instance.freeSlots > 0 {
      if instance.runningCount < best?.runningCount ?? Int.max { best = instance }
    }
    return best
  }

  /// Whether a slot is or comes free, given the kinds that are known to have slots that come free.
  func willServe(_ serving: Set<ObjectIdentifier>) -> Bool {
    if instances.contains(where: { !$0.isReady || $0.freeSlots > 0 }) { return true }
    return instances.contains { $0.running.values.contains { $0.canEnd(serving) } }
  }

  func dispatch() {
    while !queue.isEmpty, let instance = freeInstance(), let next = queue.removeFirst() { instance.start(next) }
    stopIdleInstances()
  }

  private func armDeadline(_ invocation: Invocation) {
    let remaining = invocation.deadline.milliseconds(since: .now)
    invocation.timer = supervisor.loop.schedule(after: Milliseconds(remaining)) { [weak invocation] in
      guard let invocation else { return }
      invocation.timer = nil
      invocation.cancel(.deadline)
    }
  }

  func cancel(_ invocation: Invocation, _ reason: Cancel.Reason) {
    guard invocation.cancelReason == nil, invocation.state != .ended else { return }
    invocation.cancelReason = reason
    if invocation.state == .running {
      invocation.instance?.cancel(invocation, reason)
    } else {
      queue.remove(invocation)
      ended(
        invocation,
        .failure(
          reason == .deadline
            ? WireError(.deadlineExceeded, "the deadline passed while the call waited for worker '\(manifest.name)'")
            : WireError(.cancelled, "cancelled before it ran")
        )
      )
    }
  }

  func ended(_ invocation: Invocation, _ result: Result<ToolResult, WireError>) {
    if let timer = invocation.timer { supervisor.loop.cancel(timer) }
    invocation.timer = nil
    guard invocation.state != .ended else { return }
    var result = result
    if case .failure(let error) = result, error.name == .cancelled, invocation.cancelReason == .deadline {
      result = .failure(WireError(.deadlineExceeded, "stopped at its deadline", data: error.data))
    }
    if case .success = result { answered += 1 } else { failed += 1 }
    // Calls it had made have nobody left to answer to.
    for child in invocation.childrenSnapshot { child.cancel(.caller) }
    invocation.end(result)
  }
}

extension Invocation {
  var childrenSnapshot: [Invocation] { children }
}

/// A bounded first-in, first-out queue with removal from the middle.
struct InvocationQueue {
  private var items: [Invocation?] = []
  private var head = 0
  private(set) var count = 0
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  var isEmpty: Bool { count == 0 }

  /// false when the queue is full.
  mutating func append(_ invocation: Invocation) -> Bool {
    guard count < limit else { return false }
    items.append(invocation)
    count += 1
    return true
  }

  mutating func removeFirst() -> Invocation? {
    while head < items.count {
      let item = items[head]
      items[head] = nil
      head += 1
      if head > 64, head * 2 > items.count {
        items.removeSubrange(..<head)
        head = 0
      }
      if let item {
        count -= 1
        return item
      }
    }
    return nil
  }

  mutating func remove(_ invocation: Invocation) {
    guard let position = items.indices.dropFirst(head).first(where: { items[$0] === invocation }) else { return }
    items[position] = nil
    count -= 1
    // Gaps are closed when they are the greater part, so that a queue that nobody serves does not grow by cancellations.
    if items.count - head > 2 * count + 64 {
      items = items[head...].filter { $0 != nil }
      head = 0
    }
  }

  mutating func removeAll(where condition: (Invocation) -> Bool) -> [Invocation] {
    let removed = items[head...].compactMap { $0 }.filter(condition)
    for invocation in removed { remove(invocation) }
    return removed
  }

  mutating func removeAll() -> [Invocation] {
    defer { self = InvocationQueue(limit: limit) }
    return items.compactMap { $0 }
  }
}
