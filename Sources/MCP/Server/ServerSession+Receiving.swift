internal import JSON

extension ServerSession {
  /// What a line of the client's means. Bytes that are no message are answered as the protocol says.
  package mutating func received(_ line: [UInt8]) -> [ServerEvent] {
    let messages: [Result<MCPMessage, MCPMessage.Fault>]
    do throws(MCPMessage.Fault) {
      messages = try MCPMessage.read(line, limits, allowsBatch: legacy?.version == .v20250326)
    } catch {
      return [.send(.error(error.id, RPCError(error.code, error.detail)))]
    }
    var events: [ServerEvent] = []
    for message in messages {
      switch message {
      case .failure(let fault): events.append(.send(.error(fault.id, RPCError(fault.code, fault.detail))))
      case .success(let message): events += received(message)
      }
    }
    return events
  }

  package mutating func received(_ message: MCPMessage) -> [ServerEvent] {
    switch message {
    case .request(let id, let method, let params):
      do throws(RPCError) {
        return try requested(id, method, params)
      } catch {
        return [.send(.error(id, error))]
      }
    case .notification(let method, let params): return noticed(method, params)
    case .result(let id, let result): return questions.remove(id) == nil ? [] : [.answered(id, .success(result))]
    case .error(let id?, let error): return questions.remove(id) == nil ? [] : [.answered(id, .failure(error))]
    case .error(nil, _): return []
    }
  }

  private mutating func noticed(_ method: String, _ params: JSONObject) -> [ServerEvent] {
    switch method {
    case "notifications/initialized":
      legacy?.isReady = true
      return []
    case "notifications/cancelled":
      guard let id = MessageID(params["requestId"]) else { return [] }
      if listeners.removeValue(forKey: id) != nil { return [] }
      guard outstanding.removeValue(forKey: id) != nil else { return [] }
      return [.cancelled(id, reason: params["reason"]?.stringValue?.cut(toBytes: RPCError.longestMessage))]
    case "notifications/roots/list_changed": return legacy == nil ? [] : [.rootsChanged]
    default: return []
    }
  }

  private mutating func requested(
    _ id: MessageID,
    _ method: String,
    _ params: JSONObject
  ) throws(RPCError) -> [ServerEvent] {
    if outstanding[id] != nil || listeners[id] != nil {
      throw RPCError(.invalidRequest, "a request with the id \(id) is still under way")
    }
    if method == "initialize", params["_meta"]?[MetaKey.version] == nil { return try open(id, params) }
    let request = try accept(id, method, params)
    if let answer = try answer(request) { return answer }
    if outstanding.count >= limits.outstanding {
      throw RPCError(.internalError, "more than \(limits.outstanding) requests are under way")
    }
    outstanding[id] = request
    return [.request(request)]
  }

  /// What every server answers alike; nil: not such a request.
  private mutating func answer(_ request: ServerRequest) throws(RPCError) -> [ServerEvent]? {
    switch (request.method, request.version.era) {
    case ("server/discover", .modern): return [.send(.result(request.id, discovery))]
    case ("subscriptions/listen", .modern): return try listen(request)
    case ("ping", .legacy): return [.send(.result(request.id, [:]))]
    case ("logging/setLevel", .legacy) where capabilities.logging:
      guard let level = request.params["level"]?.stringValue.flatMap({ LogLevel(rawValue: $0) }) else {
        throw RPCError(.invalidParams, "'level' is no level of a log")
      }
      legacy?.logLevel = level
      return [.send(.result(request.id, [:]))]
    default: return nil
    }
  }

  // MARK: Legacy

  private mutating func open(_ id: MessageID, _ params: JSONObject) throws(RPCError) -> [ServerEvent] {
    let known = versions.filter { $0.era == .legacy }
    guard let newest = known.first else {
      throw RPCError(.unsupportedVersion, "there is no 'initialize' here", data: supported(nil))
    }
    guard let asked = params["protocolVersion"]?.stringValue else {
      throw RPCError(.invalidParams, "'protocolVersion' is no text")
    }
    if legacy != nil { throw RPCError(.invalidRequest, "the session is open already") }
    let version = known.first { $0.rawValue == asked } ?? newest
    let client = Implementation(params["clientInfo"])
    let can = ClientCapabilities(params["capabilities"]?.objectValue ?? [:])
    legacy = Legacy(version: version, client: client, capabilities: can)
    var result: JSONObject = [
      "protocolVersion": .string(version.rawValue),
      "capabilities": .object(capabilities.object),
      "serverInfo": info.json,
    ]
    if let instructions { result["instructions"] = .string(instructions) }
    return [.send(.result(id, result)), .opened(version, client, can)]
  }

  // MARK: What a request says of itself

  private func accept(_ id: MessageID, _ method: String, _ params: JSONObject) throws(RPCError) -> ServerRequest {
    let meta = params["_meta"]?.objectValue ?? [:]
    let token = MessageID(meta["progressToken"])
    guard meta[MetaKey.version] != nil else {
      // Nothing of the modern era stands there: an opened session's request, or one that lacks what it must have.
      guard let legacy, !meta.keys.contains(where: { $0 == MetaKey.capabilities }) else {
        throw RPCError(.invalidParams, "'_meta' lacks '\(MetaKey.version)'")
      }
      return ServerRequest(
        id: id,
        method: method,
        params: params,
        version: legacy.version,
        client: legacy.client,
        capabilities: legacy.capabilities,
        progressToken: token,
        logLevel: legacy.logLevel
      )
    }
    guard let asked = meta[MetaKey.version]?.stringValue else {
      throw RPCError(.invalidParams, "'\(MetaKey.version)' is no text")
    }
    guard let version = versions.first(where: { $0.rawValue == asked && $0.era == .modern }) else {
      throw RPCError(.unsupportedVersion, "unsupported protocol version", data: supported(asked))
    }
    guard let can = meta[MetaKey.capabilities]?.objectValue else {
      throw RPCError(.invalidParams, "'_meta' lacks '\(MetaKey.capabilities)'")
    }
    let level = meta[MetaKey.logLevel]?.stringValue
    let logLevel = level.flatMap { LogLevel(rawValue: $0) }
    if meta[MetaKey.logLevel] != nil, logLevel == nil {
      throw RPCError(.invalidParams, "'\(MetaKey.logLevel)' is no level of a log")
    }
    return ServerRequest(
      id: id,
      method: method,
      params: params,
      version: version,
      client: Implementation(meta[MetaKey.client]),
      capabilities: ClientCapabilities(can),
      progressToken: token,
      logLevel: logLevel,
      inputResponses: params["inputResponses"]?.objectValue,
      requestState: params["requestState"]?.stringValue
    )
  }

  private func supported(_ asked: String?) -> JSON {
    var data: JSONObject = ["supported": .array(versions.map { .string($0.rawValue) })]
    if let asked { data["requested"] = .string(asked.cut(toBytes: 64)) }
    return .object(data)
  }
}
