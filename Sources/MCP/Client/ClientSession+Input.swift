internal import JSON

extension ClientSession {
  /// What a call was asked for before it can go on (modern).
  struct Input {
    /// Times that it was asked.
    var rounds = 0
    /// Questions of this round that wait for an answer.
    var open: Set<QuestionID> = []
    /// Answers, by the server's keys; nil: nothing was asked.
    var responses: JSONObject?
    /// The server's own, given back as it came.
    var state: String?
  }

  struct OpenQuestion {
    enum Place {
      /// A request of the server's.
      case request(MessageID)
      /// What a call was asked for, by its key.
      case input(String)
    }

    let place: Place
    let question: Question
    let call: CallID?
  }

  /// Bytes of the longest key of an input request.
  private static let longestKey = 1024

  // MARK: Modern

  mutating func inputRequired(_ id: CallID, _ result: JSONObject, now: Int64) -> [ClientEffect] {
    guard var call = calls[id] else { return [] }
    func fail(_ code: ClientFailure.Code, _ text: String) -> Result<ClientReply, ClientFailure> {
      .failure(ClientFailure(code, text))
    }
    let limits = settings.limits
    call.input.rounds += 1
    if call.input.rounds > limits.inputRounds {
      return finish(
        id,
        fail(.tooMuchInput, "the server asked for input more than \(limits.inputRounds) times"),
        now: now
      )
    }
    let requests = result["inputRequests"]?.objectValue ?? [:]
    call.input.state = result["requestState"]?.stringValue
    call.input.responses = requests.isEmpty ? nil : [:]
    if requests.isEmpty, call.input.state == nil {
      return finish(id, fail(.badAnswer, "the server asks for input and says neither which nor why"), now: now)
    }
    if requests.count + questions.count > limits.questions {
      return finish(id, fail(.tooMuchInput, "more than \(limits.questions) questions wait for an answer"), now: now)
    }
    var asked: [(key: String, Question)] = []
    for request in requests.members {
      do throws(ShapeError) {
        asked.append((request.key, try inputRequest(request)))
      } catch {
        return finish(id, fail(.badAnswer, "an input request: \(error.detail)"), now: now)
      }
    }
    for (_, question) in asked where !canAnswer(question) {
      let text = "the server asks for '\(question.method)', which it was told we do not do"
      return finish(id, fail(.inputRefused, text), now: now)
    }
    // The time stands still while the server is not the one who is waited for.
    call.deadline = nil
    var effects: [ClientEffect] = []
    for (key, question) in asked {
      let name = newQuestionID()
      questions[name] = OpenQuestion(place: .input(key), question: question, call: id)
      call.input.open.insert(name)
      effects.append(.ask(name, question, id))
    }
    calls[id] = call
    return effects.isEmpty ? transmit(id, now: now) : effects
  }

  private func inputRequest(_ request: JSONObject.Member) throws(ShapeError) -> Question {
    if request.key.utf8.count > Self.longestKey { throw ShapeError("a key of more than \(Self.longestKey) bytes") }
    let object = try objectOf(request.value, "an input request")
    let method = try object.text("method")
    guard let question = try Question(method: method, params: object.optionalObject("params") ?? [:]) else {
      throw ShapeError("the unknown method \(quoted(method))")
    }
    return question
  }

  func canAnswer(_ question: Question) -> Bool {
    switch question {
    case .elicit(.form): settings.capabilities.elicitation
    case .elicit(.url): settings.capabilities.urlElicitation
    case .sample(let request): settings.capabilities.sampling && !request.hasTools
    case .roots: settings.capabilities.roots
    }
  }

  /// Answers a question of the server's; an answer that nobody waits for any more is left out.
  package mutating func answer(_ question: QuestionID, _ answer: QuestionAnswer, now: Int64) -> [ClientEffect] {
    guard let open = questions.removeValue(forKey: question) else { return [] }
    let result = Self.result(open.question, answer)
    switch open.place {
    case .request(let id):
      let message: MCPMessage
      switch result {
      case .success(let result): message = .result(id, result)
      case .failure(let error): message = .error(id, error)
      }
      resume(open.call, now: now)
      return [.send(outgoing(message))]
    case .input(let key):
      guard let id = open.call, calls[id] != nil else { return [] }
      calls[id]?.input.open.remove(question)
      switch result {
      case .failure(let error):
        return withdraw(questionsOf: id) + finish(id, .failure(ClientFailure(.inputRefused, error.message)), now: now)
      case .success(let result): calls[id]?.input.responses?[key] = .object(result)
      }
      return calls[id]?.input.open.isEmpty == true ? transmit(id, now: now) : []
    }
  }

  private static func result(_ question: Question, _ answer: QuestionAnswer) -> Result<JSONObject, RPCError> {
    switch (question, answer) {
    case (.elicit(let asked), .elicited(let answer)):
      // Of an address that was visited there is nothing to tell.
      if case (.url, .accept) = (asked, answer) { .success(["action": "accept"]) } else { .success(answer.object) }
    case (.sample, .sampled(let answer)): .success(answer.object)
    case (.roots, .roots(let roots)): .success(Root.result(roots))
    case (.elicit, .refused): .success(Elicitation.Answer.decline.object)
    case (_, .refused(let text)): .failure(RPCError(.userRejected, text))
    default: .failure(RPCError(.internalError, "no answer to '\(question.method)'"))
    }
  }

  // MARK: Legacy

  /// A request of the server's: answered at once, or asked of the owner.
  mutating func requested(
    _ id: MessageID,
    _ method: String,
    _ params: JSONObject,
    on request: MessageID?,
    now: Int64
  ) -> [ClientEffect] {
    // Modern servers make none; what they say is no request that can be answered.
    if server?.version.era == .modern || stage == .probing || stage == .unopened {
      counters.strays += 1
      return []
    }
    if method == "ping" { return [.send(outgoing(.result(id, [:])))] }
    do throws(RPCError) {
      let question = try serverQuestion(id, method, params)
      let name = newQuestionID()
      let call = owner(of: request)
      questions[name] = OpenQuestion(place: .request(id), question: question, call: call)
      if let call { calls[call]?.deadline = nil }
      return [.ask(name, question, call)]
    } catch {
      return [.send(outgoing(.error(id, error)))]
    }
  }

  private func serverQuestion(_ id: MessageID, _ method: String, _ params: JSONObject) throws(RPCError) -> Question {
    let question: Question?
    do throws(ShapeError) {
      question = try Question(method: method, params: params)
    } catch {
      throw RPCError(.invalidParams, error.detail)
    }
    guard stage == .open, let question, canAnswer(question) else {
      throw RPCError(.methodNotFound, "this client does not do \(quoted(method))")
    }
    for open in questions.values {
      if case .request(id) = open.place { throw RPCError(.invalidRequest, "a request with the id \(id) is under way") }
    }
    if questions.count >= settings.limits.questions {
      throw RPCError(.internalError, "more than \(settings.limits.questions) requests are under way")
    }
    return question
  }

  /// The call that a server's message belongs to: the one on whose answer it came, else the only one that may ask.
  func owner(of request: MessageID?) -> CallID? {
    if let request, case .call(let id)? = waiting[request] { return id }
    if settings.channel == .http { return nil }
    let candidates = calls.filter { $0.value.request.mayAsk && $0.value.message != nil }
    return candidates.count == 1 ? candidates.first?.key : nil
  }

  /// The server gave a request of its own up.
  mutating func withdrawn(_ id: MessageID, now: Int64) -> [ClientEffect] {
    for (name, open) in questions {
      guard case .request(id) = open.place else { continue }
      questions[name] = nil
      resume(open.call, now: now)
      return [.withdrawn(name)]
    }
    return []
  }

  /// A call's server is waited for again.
  private mutating func resume(_ call: CallID?, now: Int64) {
    guard let call, let limit = calls[call]?.options.timeoutMS else { return }
    if questions.values.contains(where: { $0.call == call }) { return }
    calls[call]?.deadline = now + limit
  }

  /// Nobody waits for a call's questions any more; a legacy server is told so.
  mutating func withdraw(questionsOf call: CallID) -> [ClientEffect] {
    var effects: [ClientEffect] = []
    for (name, open) in questions.sorted(by: { $0.key.number < $1.key.number }) where open.call == call {
      questions[name] = nil
      effects.append(.withdrawn(name))
      guard case .request(let id) = open.place else { continue }
      if case .elicit = open.question {
        effects.append(.send(outgoing(.result(id, Elicitation.Answer.cancel.object))))
      } else {
        effects.append(.send(outgoing(.error(id, RPCError(.userRejected, "cancelled")))))
      }
    }
    return effects
  }
}
