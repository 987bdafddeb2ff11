internal import JSON

extension ClientSession {
  /// A request of the owner's, until it is answered.
  struct Call {
    let request: ClientRequest
    let options: CallOptions
    /// The message that is out; nil: it waits to be sent, or for answers of ours.
    var message: MessageID?
    /// When it has timed out; nil: the server is not waited for.
    var deadline: Int64?
    /// What the last notice said; nil: there was none.
    var progress: Double?
    var pages = Pages()
    var input = Input()
    /// Which opening of the session it was sent in.
    var generation = 0
    /// It was sent again, for the session or for its headers: once each.
    var wasRequeued = false
    var wasRefreshed = false
    /// A list that is fetched for the headers of another call.
    var refreshes: CallID?
  }

  /// Tools whose marked arguments HTTP has to repeat in headers, as an earlier session listed them.
  package mutating func remember(_ tools: [ToolDescription]) {
    guard settings.channel == .http else { return }
    for tool in tools {
      if let rules = try? ParameterHeader.rules(of: tool.inputSchema) { headerRules[tool.name] = rules }
    }
  }

  /// Begins a request; the answer comes as an effect, always.
  package mutating func begin(
    _ request: ClientRequest,
    _ options: CallOptions = CallOptions(),
    now: Int64
  ) -> (CallID, [ClientEffect]) {
    let id = newCallID()
    if stage == .ended { return (id, [.answered(id, .failure(ClientFailure(.closed, "the session has ended")))]) }
    if calls.count >= settings.limits.outstanding {
      let failure = ClientFailure(.tooManyCalls, "more than \(settings.limits.outstanding) requests are under way")
      return (id, [.answered(id, .failure(failure))])
    }
    if case .setLogLevel(let level) = request { logLevel = level }
    calls[id] = Call(request: request, options: options)
    return (id, transmit(id, now: now))
  }

  /// Gives a request up: it is answered with `cancelled`.
  package mutating func cancel(_ call: CallID, reason: String? = nil, now: Int64) -> [ClientEffect] {
    give(up: call, ClientFailure(.cancelled, reason ?? "cancelled"), reason: reason ?? "cancelled", now: now)
  }

  /// Ends a call before the server does, and tells it so.
  mutating func give(up id: CallID, _ failure: ClientFailure, reason: String, now: Int64) -> [ClientEffect] {
    guard let call = calls[id] else { return [] }
    var effects = withdraw(questionsOf: id)
    for (list, other) in calls where other.refreshes == id {
      calls[list] = nil
      if let message = other.message {
        waiting[message] = nil
        effects += stop(message, reason)
      }
    }
    if let message = call.message {
      waiting[message] = nil
      effects += stop(message, reason)
    }
    return effects + finish(id, .failure(failure), now: now)
  }

  /// Tells the server that nobody waits for an answer.
  func stop(_ message: MessageID, _ reason: String) -> [ClientEffect] {
    var effects: [ClientEffect] = []
    // A modern server takes the end of the answer's stream for it; a legacy one wants to be told.
    if settings.channel == .lines || server?.version.era == .legacy {
      let params: JSONObject = ["requestId": message.json, "reason": .string(reason)]
      effects.append(.send(outgoing(.notification(method: "notifications/cancelled", params: params))))
    }
    if settings.channel == .http { effects.append(.abandon(message)) }
    return effects
  }

  /// Answers a call, and lets go on what waited for it.
  mutating func finish(
    _ id: CallID,
    _ result: Result<ClientReply, ClientFailure>,
    now: Int64
  ) -> [ClientEffect] {
    guard let call = calls.removeValue(forKey: id) else { return [] }
    if let message = call.message { waiting[message] = nil }
    queue.removeAll { $0 == id }
    guard let other = call.refreshes else { return withdraw(questionsOf: id) + [.answered(id, result)] }
    // The tools' schemas are known anew, or cannot be had: the call is sent once more in either case.
    return transmit(other, now: now)
  }

  // MARK: Answers

  mutating func succeeded(_ id: CallID, _ result: JSONObject, bytes: Int, now: Int64) -> [ClientEffect] {
    guard let call = calls[id] else { return [] }
    calls[id]?.message = nil
    if server?.version.era == .modern {
      switch result["resultType"] {
      case nil, .string("complete")?: break
      case .string("input_required")? where call.request.mayAsk: return inputRequired(id, result, now: now)
      case let type?:
        let shown = type.stringValue.map { quoted($0) } ?? type.typeName
        return finish(id, .failure(ClientFailure(.badAnswer, "a result of the unknown type \(shown)")), now: now)
      }
    }
    do throws(ShapeError) {
      if call.request.isList { return try page(id, result, bytes: bytes, now: now) }
      return finish(id, .success(try reply(call.request, result)), now: now)
    } catch {
      return finish(
        id,
        .failure(ClientFailure(.badAnswer, "the answer to '\(call.request.method)': \(error.detail)")),
        now: now
      )
    }
  }

  private func reply(_ request: ClientRequest, _ result: JSONObject) throws(ShapeError) -> ClientReply {
    switch request {
    case .callTool: .tool(try ToolAnswer(result, settings.limits))
    case .readResource: .resource(try ResourceAnswer(result, settings.limits))
    case .getPrompt: .prompt(try PromptAnswer(result, settings.limits))
    case .complete: .completion(try Completion(result))
    default: .done
    }
  }

  mutating func refused(_ id: CallID, _ error: RPCError, now: Int64) -> [ClientEffect] {
    guard let call = calls[id] else { return [] }
    calls[id]?.message = nil
    if error.code == .headerMismatch, case .callTool = call.request, !call.wasRefreshed {
      return refresh(for: id, now: now)
    }
    if error.code == .unsupportedVersion, server?.version.era == .modern, !call.wasRequeued {
      return reopen(for: id, now: now)
    }
    return finish(id, .failure(ClientFailure(.server(error.code), error.message, data: error.data)), now: now)
  }

  /// The server wants headers that we do not know of: its list of tools says which.
  private mutating func refresh(for id: CallID, now: Int64) -> [ClientEffect] {
    calls[id]?.wasRefreshed = true
    let timeout = calls[id]?.options.timeoutMS
    let list = newCallID()
    calls[list] = Call(request: .listTools, options: CallOptions(timeoutMS: timeout), refreshes: id)
    return transmit(list, now: now)
  }

  /// What was agreed with the server holds no more: opens anew, and sends the call again.
  mutating func reopen(for id: CallID, now: Int64) -> [ClientEffect] {
    calls[id]?.wasRequeued = true
    calls[id]?.message = nil
    // Another call may have had it opened meanwhile.
    if stage == .open, calls[id]?.generation != generation { return transmit(id, now: now) }
    queue.append(id)
    return stage == .open ? open(now: now) : []
  }
}
