internal import HTTP
internal import JSON
internal import Models
internal import Posix
internal import WorkerKit

/// The tool `model`.
///
/// Safety: lives on the worker's loop.
final class ModelTool: @unchecked Sendable {
  let engine: Engine
  private var settings: ModelSettings { engine.settings }

  init(_ engine: Engine) { self.engine = engine }

  func callAsFunction(_ call: Call) async throws -> JSON {
    let input = try await ModelInput(call)
    let chain = try self.chain(input)
    let larger = try input.escalate.map { role throws(WireError) in try self.chain(of: role, at: "/escalate") } ?? []
    let tape = try await self.tape(input, call)
    let ttl = input.cacheTTLMS ?? settings.cacheTTLMS
    let isRecorded = (input.isRecorded || settings.records) && !tape.isPlaying
    // What is recorded is asked.
    let key = ttl > 0 && !tape.isPlaying && !isRecorded ? input.cacheKey(chain, larger, input: call.input) : nil
    if let key, var kept = engine.cache.find(key)?.objectValue {
      kept["cached"] = true
      kept["cost"] = nil
      // Of another question it may have been another role.
      if kept["escalated"] == nil { kept["role"] = .string(input.role) }
      return .object(kept)
    }
    let relay = TokenRelay(call, engine.credentials)
    let structure = try input.request.schema.map { schema throws(WireError) in try AnswerSchema(schema) }
    let large = LargeModel(input.escalate ?? "planner", settings, engine.library)
    var terms = Engine.Terms(
      chain: chain,
      role: input.model == nil ? input.role : nil,
      deadline: .now + Milliseconds(max(1, call.remainingMS - Engine.marginMS)),
      isRecorded: isRecorded,
      ledger: Ledger(large)
    )
    terms.strategy = input.strategy
    terms.budget = input.contextTokens
    terms.check = { response throws(ModelError) in try Self.check(response, structure) }
    if input.request.streams { terms.emit = { relay.take($0) } }
    terms.restart = { relay.restart($0) }
    let question = Question(input: input, structure: structure, larger: larger)
    // What is replayed was paid for when it was recorded.
    defer { if !tape.isPlaying, let receipt = terms.ledger.receipt { call.setReceipt(receipt) } }
    let answer: Engine.Answer
    do {
      answer = try await ask(question, terms, call, tape)
    } catch let none as Engine.NoAnswer {
      if isRecorded { try await keep(tape, call) }
      throw Failure.error(none.attempts, role: input.role, notes: settings.notes)
    }
    let isImitated = input.request.streams && !relay.isUsed && !answer.response.text.isEmpty
    if isImitated { relay.imitate(answer.response.text) }
    relay.finish()
    if isRecorded { try await keep(tape, call) }
    let output = self.output(answer, question, terms.ledger, isImitated: isImitated)
    if let key { engine.cache.keep(output, for: key, milliseconds: ttl) }
    return output
  }

  struct Question {
    let input: ModelInput
    let structure: AnswerSchema?
    /// The chain to escalate to; empty: there is none.
    let larger: [ModelSettings.Target]
  }

  /// Asks the small model before the large one where a call says so.
  private func ask(_ question: Question, _ terms: Engine.Terms, _ call: Call, _ tape: Tape) async throws
    -> Engine.Answer
  {
    let request = question.input.request
    guard let role = question.input.escalate,
      let escalation = Escalation(from: terms.chain, to: question.larger, role: role, question.structure)
    else { return try await engine.ask(request, terms, call, tape) }
    var first = terms
    first.chain = escalation.small
    // What remains is the large model's.
    first.deadline = .now + Milliseconds(max(1, terms.deadline.milliseconds(since: .now) / 2))
    first.check = { response throws(ModelError) in try escalation.check(try Self.check(response, nil)) }
    first.ends = { Escalation.isReason($0) }
    (first.repairs, first.isSmall) = (true, true)
    do {
      return try await engine.ask(escalation.question(request), first, call, tape)
    } catch let none as Engine.NoAnswer {
      guard let (chain, reason) = escalation.next(after: none.attempts) else { throw none }
      terms.ledger.escalate(reason.provider, reason.model, role: terms.role)
      terms.restart("\(reason.provider)/\(reason.model): \(reason.error.message); asking the role '\(role)'")
      var second = terms
      (second.chain, second.role) = (chain, role)
      do {
        var answer = try await engine.ask(request, second, call, tape)
        answer.attempts = none.attempts + answer.attempts
        answer.escalated = reason
        return answer
      } catch let more as Engine.NoAnswer {
        throw Engine.NoAnswer(attempts: none.attempts + more.attempts)
      }
    }
  }

  // MARK: Who answers

  private func chain(_ input: ModelInput) throws(WireError) -> [ModelSettings.Target] {
    if let model = input.model { return [try settings.target(model, at: "/model")] }
    return try chain(of: input.role, at: "/role")
  }

  private func chain(of role: String, at path: String) throws(WireError) -> [ModelSettings.Target] {
    if let chain = settings.roles[role], !chain.isEmpty { return chain }
    let known = settings.roles.keys.sorted()
    if settings.providers.isEmpty || known.isEmpty { throw Failure.noProvider(role: role, settings) }
    let hint = nearest(to: role, among: known).map { "did you mean '\($0)'?" } ?? known.joined(separator: ", ")
    throw WireError(
      .invalidInput,
      "there is no role \(quotedName(role)) (\(hint))",
      data: ["reason": "no_provider", "path": .string(path)]
    )
  }

  private func tape(_ input: ModelInput, _ call: Call) async throws -> Tape {
    guard let digest = input.replay ?? settings.replay else { return Tape() }
    let bytes = try await call.readArtifact(digest, limit: 256 << 20)
    do throws(ModelError) {
      return Tape(Player(try Recording(try ReplyReader.parse(bytes, "the recording"))))
    } catch {
      throw WireError(.invalidInput, error.message, data: ["reason": .string(error.code.rawValue), "path": "/replay"])
    }
  }

  private func keep(_ tape: Tape, _ call: Call) async throws {
    guard !tape.isEmpty else { return }
    _ = try await call.addArtifact(name: "recording.json", mediaType: "application/json", tape.bytes)
  }

  // MARK: What counts as an answer

  private static func check(_ response: ModelResponse, _ structure: AnswerSchema?) throws(ModelError)
    -> ModelResponse
  {
    if response.stop == .contentFilter, response.text.isEmpty, response.toolUses.isEmpty {
      throw ModelError(.contentFilter, "the provider's content filter took the answer away")
    }
    if response.text.isEmpty, response.toolUses.isEmpty, response.stop != .length {
      throw ModelError(.emptyReply, "the model answered nothing")
    }
    if let structure, response.toolUses.isEmpty { _ = try structure.value(of: response) }
    return response
  }
}
