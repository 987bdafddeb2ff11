internal import HTTP
internal import JSON
internal import Models
internal import Posix
internal import WorkerKit

/// The tool `model`.
///
/// Safety: lives on the worker's loop.
final class ModelTool: @unchecked Sendable {
  private let engine: Engine
  private var settings: ModelSettings { engine.settings }

  init(_ engine: Engine) { self.engine = engine }

  func callAsFunction(_ call: Call) async throws -> JSON {
    let input = try await ModelInput(call)
    let chain = try self.chain(input)
    let tape = try await self.tape(input, call)
    let ttl = input.cacheTTLMS ?? settings.cacheTTLMS
    let isRecorded = (input.isRecorded || settings.records) && !tape.isPlaying
    // What is recorded is asked.
    let key = ttl > 0 && !tape.isPlaying && !isRecorded ? input.cacheKey(chain, input: call.input) : nil
    if let key, var kept = engine.cache.find(key)?.objectValue {
      kept["cached"] = true
      kept["role"] = .string(input.role)
      kept["cost"] = nil
      return .object(kept)
    }
    let relay = TokenRelay(call, engine.credentials)
    let structure = try input.request.schema.map { schema throws(WireError) in try AnswerSchema(schema) }
    var terms = Engine.Terms(
      chain: chain,
      deadline: .now + Milliseconds(max(1, call.remainingMS - Engine.marginMS)),
      isRecorded: isRecorded
    )
    terms.strategy = input.strategy
    terms.budget = input.contextTokens
    terms.check = { response throws(ModelError) in try Self.check(response, structure) }
    if input.request.streams { terms.emit = { relay.take($0) } }
    terms.restart = { relay.restart($0) }
    // What is replayed was paid for when it was recorded.
    defer { if !tape.isPlaying, let receipt = terms.ledger.receipt { call.setReceipt(receipt) } }
    let answer: Engine.Answer
    do {
      answer = try await engine.ask(input.request, terms, call, tape)
    } catch let none as Engine.NoAnswer {
      if isRecorded { try await keep(tape, call) }
      throw Failure.error(none.attempts, role: input.role, notes: settings.notes)
    }
    let isImitated = input.request.streams && !relay.isUsed && !answer.response.text.isEmpty
    if isImitated { relay.imitate(answer.response.text) }
    relay.finish()
    if isRecorded { try await keep(tape, call) }
    let output = self.output(answer, input, structure, terms.ledger, isImitated: isImitated)
    if let key { engine.cache.keep(output, for: key, milliseconds: ttl) }
    return output
  }

  // MARK: Who answers

  private func chain(_ input: ModelInput) throws(WireError) -> [ModelSettings.Target] {
    if let model = input.model { return [try settings.target(model, at: "/model")] }
    if let chain = settings.roles[input.role], !chain.isEmpty { return chain }
    let known = settings.roles.keys.sorted()
    if settings.providers.isEmpty || known.isEmpty {
      throw Failure.noProvider(role: input.role, settings)
    }
    let hint = nearest(to: input.role, among: known).map { "did you mean '\($0)'?" } ?? known.joined(separator: ", ")
    throw WireError(
      .invalidInput,
      "there is no role \(quotedName(input.role)) (\(hint))",
      data: ["reason": "no_provider", "path": "/role"]
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

  private static func check(_ response: ModelResponse, _ structure: AnswerSchema?) throws(ModelError) {
    if response.stop == .contentFilter, response.text.isEmpty, response.toolUses.isEmpty {
      throw ModelError(.contentFilter, "the provider's content filter took the answer away")
    }
    if response.text.isEmpty, response.toolUses.isEmpty, response.stop != .length {
      throw ModelError(.emptyReply, "the model answered nothing")
    }
    if let structure, response.toolUses.isEmpty { _ = try structure.value(of: response) }
  }

  private func output(
    _ answer: Engine.Answer,
    _ input: ModelInput,
    _ structure: AnswerSchema?,
    _ ledger: Ledger,
    isImitated: Bool
  ) -> JSON {
    let redact = engine.credentials.redact
    let response = answer.response
    let brief = answer.brief
    var output: JSONObject = [
      "content": .string(redact(response.text)), "stop": .string(response.stop.rawValue),
      "provider": .string(brief.provider.name), "model": .string(response.model ?? brief.model),
      "role": .string(input.role),
    ]
    // Safety: an answer whose value does not fit has not become one.
    if let structure, response.toolUses.isEmpty, let value = try? structure.value(of: response) {
      output["value"] = redact(value)
    }
    if !response.toolUses.isEmpty {
      output["tool_calls"] = .array(
        response.toolUses.map {
          ["id": .string($0.id), "name": .string($0.name), "arguments": redact($0.arguments)]
        }
      )
    }
    if !response.reasoning.isEmpty { output["reasoning"] = .string(redact(response.reasoning)) }
    if !response.opaque.isEmpty {
      output["opaque"] = [
        "format": .string(brief.provider.format.rawValue), "items": .array(response.opaque.map { redact($0) }),
      ]
    }
    output["usage"] = ledger.usage.json
    if let cost = ledger.cost {
      output["cost"] = ["nano_usd": .integer(cost.nanodollars), "text": .string(cost.text)]
    }
    if brief.emulatesTools { output["emulated_tools"] = true }
    if brief.promptsSchema { output["schema_mode"] = .string(brief.quirks.schema.rawValue) }
    if brief.dropped + brief.cut > 0 {
      output["context"] = ["dropped": .integer(Int64(brief.dropped)), "cut": .integer(Int64(brief.cut))]
    }
    if isImitated { output["simulated_stream"] = true }
    if answer.attempts.count > 1 { output["attempts"] = .array(answer.attempts.map(\.json)) }
    return .object(output)
  }
}

extension Models.ModelUsage {
  var json: JSON {
    var object: JSONObject = ["input_tokens": .integer(Int64(input)), "output_tokens": .integer(Int64(output))]
    if cached > 0 { object["cached_tokens"] = .integer(Int64(cached)) }
    if cacheWritten > 0 { object["cache_written_tokens"] = .integer(Int64(cacheWritten)) }
    if reasoning > 0 { object["reasoning_tokens"] = .integer(Int64(reasoning)) }
    if isEstimated { object["estimated"] = true }
    return .object(object)
  }
}

extension Engine.Attempt {
  var json: JSON {
    var object: JSONObject = [
      "provider": .string(provider), "model": .string(model), "milliseconds": .integer(milliseconds),
    ]
    if let error {
      object["error"] = .string(error.code.rawValue)
      object["message"] = .string(error.message)
      if let hint = error.hint { object["hint"] = .string(hint) }
      if let status = error.status { object["status"] = .integer(Int64(status)) }
    }
    return .object(object)
  }
}
