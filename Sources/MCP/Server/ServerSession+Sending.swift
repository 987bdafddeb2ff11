package import JSON

extension ServerSession {
  /// How long a client may take a result as it is, and who else may.
  package struct Freshness: Sendable {
    package var milliseconds: Int64
    package var isPublic: Bool

    package init(milliseconds: Int64, isPublic: Bool = false) {
      self.milliseconds = milliseconds
      self.isPublic = isPublic
    }
  }

  /// The last word on a request; nil: nobody waits for it any more.
  ///
  /// - Parameter freshness: of lists and resources, whose results must have it (modern).
  package mutating func result(
    _ request: ServerRequest,
    _ result: JSONObject,
    _ freshness: Freshness? = nil
  ) -> MCPMessage? {
    guard outstanding.removeValue(forKey: request.id) != nil else { return nil }
    guard request.version.era == .modern else { return .result(request.id, result) }
    var result = result
    if let freshness {
      result["ttlMs"] = .integer(max(0, freshness.milliseconds))
      result["cacheScope"] = freshness.isPublic ? "public" : "private"
    }
    return .result(request.id, complete(result))
  }

  package mutating func error(_ request: ServerRequest, _ error: RPCError) -> MCPMessage? {
    guard outstanding.removeValue(forKey: request.id) != nil else { return nil }
    return .error(request.id, error)
  }

  /// Ends this round of a modern request: the client repeats it with what is asked for. At least one of both is given.
  ///
  /// Only for `tools/call`, `resources/read` and `prompts/get`, and only what the client can do.
  package mutating func inputRequired(
    _ request: ServerRequest,
    _ questions: [String: Question],
    state: String?
  ) -> MCPMessage? {
    precondition(request.version.era == .modern, "a legacy client is asked with 'ask'")
    precondition(!questions.isEmpty || state != nil, "a round without a question and without a state")
    guard outstanding.removeValue(forKey: request.id) != nil else { return nil }
    var result: JSONObject = ["resultType": "input_required"]
    if !questions.isEmpty {
      var asked = JSONObject()
      for (key, question) in questions.sorted(by: { $0.key < $1.key }) {
        asked[key] = ["method": .string(question.method), "params": .object(question.params)]
      }
      result["inputRequests"] = .object(asked)
    }
    if let state { result["requestState"] = .string(state) }
    result["_meta"] = [MetaKey.server: info.json]
    return .result(request.id, result)
  }

  /// Asks a legacy client; the answer comes as `answered` with the id. nil: it cannot be asked this.
  package mutating func ask(_ question: Question) -> (MessageID, MCPMessage)? {
    guard let legacy, self.questions.count < limits.questions else { return nil }
    let can = legacy.capabilities
    var params = question.params
    switch question {
    case .roots where can.roots, .sample where can.sampling: break
    case .elicit(.form) where can.elicitation:
      // Forms were all there was before modes came.
      if legacy.version < .v20251125 { params["mode"] = nil }
    case .elicit(.url) where can.urlElicitation && legacy.version >= .v20251125: break
    default: return nil
    }
    let id = MessageID.integer(nextQuestion)
    nextQuestion += 1
    questions.insert(id)
    return (id, .request(id, method: question.method, params: params))
  }

  /// Gives a question of ours up; what is said to it is left out.
  package mutating func withdraw(_ question: MessageID, reason: String) -> MCPMessage? {
    guard questions.remove(question) != nil else { return nil }
    return .notification(
      method: "notifications/cancelled",
      params: ["requestId": question.json, "reason": .string(reason)]
    )
  }

  /// How far a request is; nil: the client does not want to know, or waits no more. `progress` rises from one to the next.
  package func progress(
    _ request: ServerRequest,
    _ progress: Double,
    total: Double? = nil,
    message: String? = nil
  ) -> MCPMessage? {
    guard let token = request.progressToken, outstanding[request.id] != nil else { return nil }
    guard let value = JSON(progress) else { return nil }
    var params: JSONObject = ["progressToken": token.json, "progress": value]
    if let total, let value = JSON(total) { params["total"] = value }
    // Before 2025-03-26 there was no message.
    if request.version > .v20241105 { params.set("message", message) }
    return .notification(method: "notifications/progress", params: params)
  }

  /// A line of the log that belongs to a request; nil: the client does not want it.
  package func log(_ request: ServerRequest, _ level: LogLevel, logger: String? = nil, _ data: JSON) -> MCPMessage? {
    guard outstanding[request.id] != nil else { return nil }
    let isModern = request.version.era == .modern
    let wanted = isModern ? request.logLevel : legacy?.logLevel
    guard (isModern ? modernCapabilities : capabilities).logging, let wanted, level >= wanted else { return nil }
    var params: JSONObject = ["level": .string(level.rawValue)]
    params.set("logger", logger)
    params["data"] = data
    return .notification(method: "notifications/message", params: params)
  }

  /// Tells everybody who wants to know that a list has changed.
  package func changed(_ list: ListKind) -> [MCPMessage] {
    let method = "notifications/\(list.rawValue)/list_changed"
    var messages: [MCPMessage] = []
    if legacy?.isReady == true { messages.append(.notification(method: method, params: [:])) }
    for (id, lists) in listeners where lists.contains(list) {
      messages.append(.notification(method: method, params: ["_meta": [MetaKey.subscription: id.json]]))
    }
    return messages
  }

  /// The last words before the connection is closed: subscriptions end in good order.
  package mutating func farewell() -> [MCPMessage] {
    defer { listeners = [:] }
    return listeners.keys.map { id in
      .result(id, ["resultType": "complete", "_meta": [MetaKey.subscription: id.json]])
    }
  }

  // MARK: What every server answers alike

  private func complete(_ result: JSONObject) -> JSONObject {
    var result = result
    result["resultType"] = "complete"
    var meta = result["_meta"]?.objectValue ?? [:]
    meta[MetaKey.server] = info.json
    result["_meta"] = .object(meta)
    return result
  }

  var discovery: JSONObject {
    var result: JSONObject = [
      "supportedVersions": .array(versions.map { .string($0.rawValue) }),
      "capabilities": .object(modernCapabilities.object),
    ]
    if let instructions { result["instructions"] = .string(instructions) }
    result["ttlMs"] = 0
    result["cacheScope"] = "private"
    return complete(result)
  }

  mutating func listen(_ request: ServerRequest) throws(RPCError) -> [ServerEvent] {
    guard let filter = request.params["notifications"]?.objectValue else {
      throw RPCError(.invalidParams, "'notifications' is no object")
    }
    guard listeners.count < limits.questions else {
      throw RPCError(.internalError, "more than \(limits.questions) subscriptions")
    }
    var lists: Set<ListKind> = []
    var honoured = JSONObject()
    for (kind, can) in [
      (ListKind.tools, modernCapabilities.toolsListChanged), (.resources, modernCapabilities.resourcesListChanged),
      (.prompts, modernCapabilities.promptsListChanged),
    ] where can && filter["\(kind.rawValue)ListChanged"]?.boolValue == true {
      lists.insert(kind)
      honoured["\(kind.rawValue)ListChanged"] = true
    }
    listeners[request.id] = lists
    return [
      .send(
        .notification(
          method: "notifications/subscriptions/acknowledged",
          params: [
            "_meta": [MetaKey.subscription: request.id.json],
            "notifications": .object(honoured),
          ]
        )
      )
    ]
  }
}
