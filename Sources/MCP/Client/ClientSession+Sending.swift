internal import JSON

extension ClientSession {
  /// A message with what HTTP says beside it.
  func outgoing(
    _ message: MCPMessage,
    _ version: MCPVersion? = nil,
    rules: [ParameterHeader] = []
  ) -> OutgoingMessage {
    guard settings.channel == .http, let version = version ?? server?.version else { return OutgoingMessage(message) }
    var headers: [OutgoingMessage.Header] = []
    // Before 2025-06-18 there was no such header.
    if version >= .v20250618 { headers.append(.init("MCP-Protocol-Version", version.rawValue)) }
    guard version.era == .modern, case .request(_, let method, let params) = message else {
      return OutgoingMessage(message, headers: headers)
    }
    headers.append(.init("Mcp-Method", HeaderValue.encode(method)))
    switch method {
    case "tools/call", "prompts/get":
      headers.append(.init("Mcp-Name", HeaderValue.encode(params["name"]?.stringValue ?? "")))
    case "resources/read": headers.append(.init("Mcp-Name", HeaderValue.encode(params["uri"]?.stringValue ?? "")))
    default: break
    }
    let arguments = params["arguments"]?.objectValue ?? [:]
    for rule in rules {
      if let value = rule.value(in: arguments) { headers.append(.init("Mcp-Param-\(rule.name)", value)) }
    }
    return OutgoingMessage(message, headers: headers)
  }

  /// What every request of the modern era says of itself.
  func requestMeta(_ version: MCPVersion, _ extra: JSONObject) -> JSONObject {
    var meta = extra
    guard version.era == .modern else { return meta }
    meta[MetaKey.version] = .string(version.rawValue)
    meta[MetaKey.client] = settings.client.json
    meta[MetaKey.capabilities] = .object(settings.capabilities.object)
    if let logLevel, server?.capabilities.logging == true { meta[MetaKey.logLevel] = .string(logLevel.rawValue) }
    return meta
  }

  /// Sends a call, its next page or its next round; or keeps it until the session is open.
  mutating func transmit(_ id: CallID, now: Int64) -> [ClientEffect] {
    guard var call = calls[id] else { return [] }
    guard stage == .open, let server else {
      queue.append(id)
      return []
    }
    if let lacking = lacking(call.request, server) {
      return finish(id, .failure(ClientFailure(.noCapability, "the server does not offer \(lacking)")), now: now)
    }
    guard let method = method(call.request, server.version) else {
      return finish(id, .success(.done), now: now)
    }
    if call.deadline == nil, let limit = call.options.timeoutMS { call.deadline = now + limit }
    let message = newMessageID()
    call.message = message
    call.generation = generation
    call.progress = nil
    var params = parameters(call, server.version)
    var meta = call.options.meta
    if call.options.wantsProgress { meta[MetaKey.progress] = message.json }
    meta = requestMeta(server.version, meta)
    if !meta.isEmpty { params["_meta"] = .object(meta) }
    waiting[message] = .call(id)
    calls[id] = call
    var rules: [ParameterHeader] = []
    if case .callTool(let name, _) = call.request { rules = headerRules[name] ?? [] }
    return [.send(outgoing(.request(message, method: method, params: params), rules: rules))]
  }

  /// What the server lacks for a request, for people; nil: nothing.
  private func lacking(_ request: ClientRequest, _ server: ServerIntroduction) -> String? {
    let can = server.capabilities
    return switch request {
    case .listTools, .callTool: can.tools ? nil : "tools"
    case .listResources, .listResourceTemplates, .readResource: can.resources ? nil : "resources"
    case .listPrompts, .getPrompt: can.prompts ? nil : "prompts"
    // Before 2025-03-26 a server could not say that it completes.
    case .complete: can.completions || server.version == .v20241105 ? nil : "completions"
    case .setLogLevel: can.logging ? nil : "logging"
    case .ping: nil
    }
  }

  /// nil: there is nothing to send in this era.
  private func method(_ request: ClientRequest, _ version: MCPVersion) -> String? {
    switch (request, version.era) {
    case (.setLogLevel, .modern): nil
    case (.ping, .modern): "server/discover"
    default: request.method
    }
  }

  private func parameters(_ call: Call, _ version: MCPVersion) -> JSONObject {
    var params = JSONObject()
    switch call.request {
    case .listTools, .listResources, .listResourceTemplates, .listPrompts:
      params.set("cursor", call.pages.cursor)
    case .callTool(let name, let arguments): params = ["name": .string(name), "arguments": .object(arguments)]
    case .readResource(let uri): params = ["uri": .string(uri)]
    case .getPrompt(let name, let arguments):
      params["name"] = .string(name)
      if !arguments.isEmpty { params["arguments"] = .object(Self.texts(arguments)) }
    case .complete(let query):
      params["ref"] =
        switch query.reference {
        case .prompt(let name): ["type": "ref/prompt", "name": .string(name)]
        case .resource(let uri): ["type": "ref/resource", "uri": .string(uri)]
        }
      params["argument"] = ["name": .string(query.argument), "value": .string(query.value)]
      if version >= .v20250618, !query.known.isEmpty {
        params["context"] = ["arguments": .object(Self.texts(query.known))]
      }
    case .setLogLevel(let level): params = ["level": .string(level.rawValue)]
    case .ping: break
    }
    if let responses = call.input.responses { params["inputResponses"] = .object(responses) }
    params.set("requestState", call.input.state)
    return params
  }

  private static func texts(_ texts: [String: String]) -> JSONObject {
    JSONObject(texts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
  }
}
