internal import JSON
internal import MCP
internal import Posix
internal import WorkerKit

// The catalog: what is offered, and what each tool of it does.
extension Bridge {
  /// Starts the server for the first time and offers its tools.
  func startUp() async throws {
    try await list()
    offer()
  }

  private func list() async throws {
    var listing = Listing<ToolDescription>()
    do throws(WireError) {
      if case .tools(let list) = try await reply(.listTools) { listing = list }
    } catch {
      // A server may have nothing but prompts or resources.
      if error.data["reason"] != "no_capability" { throw error }
    }
    guard let server = session?.server else { throw unavailable("it ended while its tools were listed") }
    catalog = ToolCatalog(
      server: start.kind,
      listing,
      server.capabilities,
      allowed: settings.tools,
      needs: shownNeeds
    )
  }

  private func reply(_ request: ClientRequest) async throws(WireError) -> ClientReply {
    do {
      return try await perform(request, nil)
    } catch {
      throw error as? WireError ?? WireError(.internalError, "\(error)")
    }
  }

  /// Its jail has them for every call. What it is started with is no privilege, and may be nobody's business.
  private var shownNeeds: Needs? {
    guard case .stdio(let program) = settings.transport else { return nil }
    var needs = program.needs
    needs.environment = [:]
    return needs == Needs() ? nil : needs
  }

  private func offer() {
    guard let catalog else { return }
    for note in catalog.notes.prefix(64) { notes.remark(note) }
    start.offer(
      catalog.entries.map { entry in
        Worker.Offer(entry.tool, execution: .inline) { [self] call in try await run(entry.act, call) }
      }
    )
  }

  // MARK: Changes

  func changed(_ kind: ListKind) {
    guard kind == .tools else { return }
    relist()
  }

  /// Soon, and not more often than somebody could look at it.
  func relist() {
    relisting.schedule(loop) { [unowned self] in
      relisting.fired()
      Task(executorPreference: loop) { [self] in await refresh() }
    }
  }

  private func refresh() async {
    let before = catalog?.entries.map(\.tool)
    do {
      try await list()
    } catch {
      return notes.remark("its tools could not be listed again: \(shortened("\(error)", 512))")
    }
    guard catalog?.entries.map(\.tool) != before else { return }
    notes.remark("offers \(catalog?.entries.count ?? 0) tools from now on")
    offer()
  }

  // MARK: Calls

  func run(_ act: ToolCatalog.Act, _ call: Call) async throws -> JSON {
    let input = call.input
    switch act {
    case .tool(let name):
      let reply = try await perform(.callTool(name: name, arguments: input.objectValue ?? [:]), call)
      guard case .tool(let answer) = reply else { throw Self.mismatch }
      return try await ToolOutput.of(answer, call, limit: settings.outputLimit, redact: settings.redact)
    case .readResource:
      let reply = try await perform(.readResource(uri: input["uri"]?.stringValue ?? ""), call)
      guard case .resource(let answer) = reply else { throw Self.mismatch }
      return try await ToolOutput.of(answer, call, limit: settings.outputLimit, redact: settings.redact)
    case .getPrompt:
      let name = input["name"]?.stringValue ?? ""
      let reply = try await perform(.getPrompt(name: name, arguments: Self.texts(input["arguments"])), call)
      guard case .prompt(let answer) = reply else { throw Self.mismatch }
      return try await ToolOutput.of(answer, call, limit: settings.outputLimit, redact: settings.redact)
    case .listResources: return try await listResources(call)
    case .listPrompts:
      guard case .prompts(let list) = try await perform(.listPrompts, call) else { throw Self.mismatch }
      return try output([("prompts", list.items.map(\.json))], cut: list.cut)
    case .complete: return try await complete(call)
    case .status: return try await status(call)
    }
  }

  private static let mismatch = WireError(.internalError, "an answer of another kind than was asked for")

  private static func texts(_ json: JSON?) -> [String: String] {
    var texts: [String: String] = [:]
    for member in json?.objectValue?.members ?? [] { texts[member.key] = member.value.stringValue }
    return texts
  }

  private func output(_ lists: [(String, [JSON])], cut: String?) throws(WireError) -> JSON {
    var object = JSONObject()
    for (name, items) in lists { object[name] = settings.redact(.array(items)) }
    if let cut { object["cut"] = .string(cut) }
    return try ToolOutput.bounded(.object(object), settings.outputLimit)
  }

  private func listResources(_ call: Call) async throws -> JSON {
    guard case .resources(let list) = try await perform(.listResources, call) else { throw Self.mismatch }
    var templates: [JSON] = []
    do throws(WireError) {
      if case .resourceTemplates(let list) = try await reply(.listResourceTemplates) {
        templates = list.items.map(\.json)
      }
    } catch {
      // Many servers that have resources have no such list.
      if error.name != .toolFailed { throw error }
    }
    return try output([("resources", list.items.map(\.json)), ("templates", templates)], cut: list.cut)
  }

  private func status(_ call: Call) async throws -> JSON {
    // A server that sleeps is woken first, which is not what is measured.
    if session?.server == nil { _ = try await perform(.ping, call) }
    let start = BootTime.now
    _ = try await perform(.ping, call)
    let microseconds = (BootTime.now.nanoseconds - start.nanoseconds) / 1000
    var object: JSONObject = ["transport": "stdio"]
    if case .http = settings.transport { object["transport"] = "http" }
    object["ping_ms"] = JSON(Double(microseconds) / 1000)
    let tools = catalog?.entries.filter { if case .tool = $0.act { true } else { false } }
    object["tools"] = .integer(Int64(tools?.count ?? 0))
    guard let server = session?.server else { return .object(object) }
    object["protocol"] = .string(server.version.rawValue)
    object["era"] = server.version.era == .modern ? "modern" : "legacy"
    if let info = server.info {
      object["server"] = [
        "name": .string(settings.redact(info.name)), "version": .string(settings.redact(info.version)),
      ]
    }
    object["capabilities"] = .array(server.capabilities.object.members.map { .string($0.key) })
    return .object(object)
  }

  private func complete(_ call: Call) async throws -> JSON {
    let input = call.input
    let reference: CompletionQuery.Reference =
      if let name = input["ref"]?["prompt"]?.stringValue { .prompt(name: name) } else {
        .resource(uri: input["ref"]?["uri"]?.stringValue ?? "")
      }
    let query = CompletionQuery(
      reference,
      argument: input["argument"]?["name"]?.stringValue ?? "",
      value: input["argument"]?["value"]?.stringValue ?? "",
      known: Self.texts(input["context"])
    )
    guard case .completion(let completion) = try await perform(.complete(query), call) else { throw Self.mismatch }
    var object: JSONObject = ["values": settings.redact(.array(completion.values.map { .string($0) }))]
    if let total = completion.total { object["total"] = .integer(total) }
    if let hasMore = completion.hasMore { object["has_more"] = .bool(hasMore) }
    return try ToolOutput.bounded(.object(object), settings.outputLimit)
  }
}

/// When a list that changed is asked for again: after the server has said all it has to say, and seldom.
struct Relisting {
  private static let quietMS: Int64 = 200
  private static let leastMS: Int64 = 2_000

  private var timer: LoopTimer?
  private var lastAt = BootTime(nanoseconds: 0)

  /// Further news before it is due change nothing.
  mutating func schedule(_ loop: EventLoop, _ body: @escaping () -> Void) {
    guard timer == nil else { return }
    let passed = BootTime.now.milliseconds(since: lastAt)
    let delay = max(Self.quietMS, Self.leastMS - passed)
    lastAt = .now + Milliseconds(delay)
    timer = loop.schedule(after: Milliseconds(delay), body)
  }

  mutating func fired() { timer = nil }

  mutating func reset(_ loop: EventLoop) {
    if let timer { loop.cancel(timer) }
    timer = nil
  }
}
