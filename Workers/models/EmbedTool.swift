internal import HTTP
internal import JSON
internal import Models
internal import Posix
internal import WorkerKit

/// The tool `embed`: texts as vectors.
///
/// Safety: lives on the worker's loop.
final class EmbedTool: @unchecked Sendable {
  /// Texts of one request; the smallest that any provider takes.
  private static let batch = 100

  private let engine: Engine

  init(_ engine: Engine) { self.engine = engine }

  func callAsFunction(_ call: Call) async throws -> JSON {
    let texts =
      call.input["input"]?.stringValue.map { [$0] }
      ?? (call.input["input"]?.arrayValue ?? []).compactMap(\.stringValue)
    let role = call.input["role"]?.stringValue ?? "embedder"
    let chain: [ModelSettings.Target]
    if let model = call.input["model"]?.stringValue {
      chain = [try engine.settings.target(model, at: "/model")]
    } else if let known = engine.settings.roles[role] {
      chain = known
    } else {
      throw Failure.noProvider(role: role, engine.settings)
    }
    var attempts: [Engine.Attempt] = []
    for target in chain {
      let began = BootTime.now
      let model = target.model ?? target.provider.embedder ?? target.provider.model ?? ""
      var attempt = Engine.Attempt(provider: target.provider.name, model: model, milliseconds: 0, error: nil)
      do throws(ModelError) {
        return try await embed(texts, target.provider, model, call.input["model"] == nil ? role : nil, call)
      } catch {
        try Task.checkCancellation()
        attempt.milliseconds = BootTime.now.milliseconds(since: began)
        attempt.error = error
        attempt.error?.message = engine.credentials.redact(error.message)
        attempts.append(attempt)
      }
    }
    throw Failure.error(attempts, role: role, notes: engine.settings.notes)
  }

  private func embed(
    _ texts: [String],
    _ provider: Provider,
    _ model: String,
    _ role: String?,
    _ call: Call
  ) async throws(ModelError) -> JSON {
    var vectors: [JSON] = []
    var usage = Models.ModelUsage()
    var rest = texts[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(Self.batch))
      rest = rest.dropFirst(part.count)
      let (path, body) = try EmbeddingFormat.write(part, provider.format, model: model)
      var number = 1
      while true {
        do throws(ModelError) {
          let (batch, used) = try await ask(path, body, part.count, provider, model, call)
          vectors += batch
          usage = usage + used
          break
        } catch {
          let wait = provider.retry.wait(
            after: number,
            error,
            leftMS: call.remainingMS - Engine.marginMS,
            chance: .random(in: 0...1)
          )
          guard let wait, !Task.isCancelled else { throw error }
          number += 1
          await engine.rest(wait)
        }
      }
    }
    let dimensions = vectors.first?.arrayValue?.count ?? 0
    guard vectors.allSatisfy({ $0.arrayValue?.count == dimensions }) else {
      throw ModelError(.malformedReply, "the vectors have different lengths")
    }
    let ledger = Ledger()
    ledger.add(embedding: usage, Brief(ModelRequest(messages: []), provider, model, engine.library), role: role)
    if let receipt = ledger.receipt { call.setReceipt(receipt) }
    return [
      "embeddings": .array(vectors), "dimensions": .integer(Int64(dimensions)), "provider": .string(provider.name),
      "model": .string(model), "usage": usage.json,
    ]
  }

  private func ask(
    _ path: String,
    _ body: JSON,
    _ count: Int,
    _ provider: Provider,
    _ model: String,
    _ call: Call
  ) async throws(ModelError) -> ([JSON], Models.ModelUsage) {
    var request = HTTPRequest(url: provider.url(path, model: model), headers: [], body: body.serialized())
    try await engine.complete(&request, provider, call)
    let fetching = Fetching(limit: 64 << 20)
    switch await fetching.send(request, by: engine.client) {
    case .failure(let error): throw Asking.modelError(error, isAnswering: false)
    case .success(let (status, bytes)):
      guard status == 200 else {
        throw ProviderFailure.of(status: status, body: bytes) { fetching.head.first($0) }
      }
      return try EmbeddingFormat.read(try ReplyReader.parse(bytes, "the answer"), count: count)
    }
  }
}
