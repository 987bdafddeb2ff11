internal import Glibc
internal import JSON
internal import MCP
internal import WorkerKit

// What a server asks while it works. Each question that is granted becomes a call of a tool inside the invocation that it
// belongs to, so that policy, budget, journal and audit see it; every other is refused.
extension Bridge {
  func asked(_ session: ServerSession, _ question: QuestionID, _ what: MCP.Question, of id: CallID?) {
    switch what {
    case .roots: session.answer(question, .roots(settings.showsRoots ? roots : []))
    case .elicit(.form(let message, let schema)):
      guard settings.mayElicit else { return refuse(session, question, "a person is not asked for this server") }
      ask(session, question, of: id) { [self] in try await person($0, message, schema) }
    // Nobody is sent to an address by a server.
    case .elicit(.url): session.answer(question, .elicited(.decline))
    case .sample(let request):
      guard let sampling = settings.sampling else {
        return refuse(session, question, "models are not granted to this server")
      }
      ask(session, question, of: id) { [self] in try await model($0, request, sampling) }
    }
  }

  func withdrawn(_ question: QuestionID) { questions.removeValue(forKey: question)?.cancel() }

  private func refuse(_ session: ServerSession, _ question: QuestionID, _ why: String) {
    notes.remark("was refused: \(why)")
    session.answer(question, .refused(why))
  }

  /// The call that a question belongs to; a server that does not say has one at a time.
  private func owner(of id: CallID?) -> Call? {
    let calls = running.values.filter { $0.isSent && $0.call != nil }
    guard let id else { return calls.count == 1 ? calls.first?.call : nil }
    return calls.first { $0.id == id }?.call
  }

  private func ask(
    _ session: ServerSession,
    _ question: QuestionID,
    of id: CallID?,
    _ body: @escaping @Sendable (Call) async throws -> QuestionAnswer
  ) {
    guard let call = owner(of: id) else {
      return refuse(session, question, "a question that belongs to no call is not asked")
    }
    let place = SessionPlace(session)
    questions[question] = Task(executorPreference: loop) { [self] in
      let answer: QuestionAnswer
      do {
        answer = try await body(call)
      } catch {
        answer = .refused(shortened(settings.redact("\(error)"), 512))
      }
      questions[question] = nil
      place.session.answer(question, answer)
    }
  }

  // MARK: A person

  private func person(_ call: Call, _ message: String, _ schema: JSONObject) async throws -> QuestionAnswer {
    let text = "'\(start.kind)' asks: \(shortened(message, 4096))"
    let input: JSON = ["message": .string(text), "schema": .object(schema)]
    do throws(WireError) {
      let output = try await nested(call, "ask_person", input)
      guard let answer = output["answer"]?.objectValue else { return .elicited(.cancel) }
      return .elicited(.accept(answer))
    } catch {
      return .elicited(error.name == .approvalDenied || error.name == .blocked ? .decline : .cancel)
    }
  }

  private func nested(_ call: Call, _ tool: String, _ input: JSON) async throws(WireError) -> JSON {
    do {
      return try await call.call(tool, input, timeoutMS: max(1, call.remainingMS)).output
    } catch {
      throw error as? WireError ?? WireError(.internalError, "\(error)")
    }
  }

  // MARK: A model

  private func model(_ call: Call, _ request: SamplingRequest, _ sampling: BridgeSettings.Sampling) async throws
    -> QuestionAnswer
  {
    if request.hasTools { return .refused("a model with tools is not granted") }
    var messages: [JSON] = []
    for line in request.messages { messages.append(try Self.message(line)) }
    var input: JSONObject = [
      "messages": .array(messages), "max_tokens": .integer(min(request.maxTokens, sampling.maxTokens)),
    ]
    if let name = sampling.model { input[name.contains("/") ? "model" : "role"] = .string(name) }
    if let system = request.systemPrompt { input["system"] = .string(system) }
    if let value = request.temperature, (0...10).contains(value) { input["temperature"] = JSON(value) }
    let stops = request.stopSequences.filter { !$0.isEmpty }
    if !stops.isEmpty { input["stop"] = .array(stops.map { .string($0) }) }
    let output = try await nested(call, "model", .object(input))
    let stop = ["stop": "endTurn", "length": "maxTokens"][output["stop"]?.stringValue ?? ""]
    return .sampled(
      SamplingAnswer(
        content: .text(output["content"]?.stringValue ?? ""),
        model: output["model"]?.stringValue ?? "",
        stopReason: stop
      )
    )
  }

  private static func message(_ line: SamplingRequest.Line) throws -> JSON {
    var texts: [String] = []
    var images: [JSON] = []
    for block in line.content {
      switch block.kind {
      case .text(let text): texts.append(text)
      case .image(let data, let type): images.append(["media_type": .string(type), "data": .string(data)])
      default: throw WireError(.refused, "only texts and images are shown to a model")
      }
    }
    var message: JSONObject = [
      "role": .string(line.role == "assistant" ? "assistant" : "user"),
      "content": .string(texts.joined(separator: "\n")),
    ]
    if !images.isEmpty { message["images"] = .array(images) }
    return .object(message)
  }

  // MARK: Folders

  private var roots: [Root] {
    guard case .stdio(let program) = settings.transport else { return [] }
    var roots: [Root] = []
    for path in program.needs.write + program.needs.read {
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { continue }
      roots.append(Root(uri: Self.fileURI(path), name: path.split(separator: "/").last.map(String.init)))
    }
    return roots
  }

  /// Every byte that means something in an address is written as such (RFC 3986).
  private static func fileURI(_ path: String) -> String {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
    let digits = Array("0123456789ABCDEF")
    var text = "file://"
    for byte in path.utf8 {
      if plain.contains(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
    return text
  }
}

/// Safety: opened on the loop's thread only, where the session lives.
private struct SessionPlace: @unchecked Sendable {
  let session: ServerSession
  init(_ session: ServerSession) { self.session = session }
}
