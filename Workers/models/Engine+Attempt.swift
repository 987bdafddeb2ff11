internal import HTTP
internal import JSON
internal import Models
internal import Posix
internal import WorkerKit

/// One try of one model: the request made to fit it, sent, and its answer understood.
extension Engine {
  func attempt(
    _ request: ModelRequest,
    _ target: ModelSettings.Target,
    _ model: String,
    _ terms: Terms,
    _ call: Call,
    _ tape: Tape
  ) async -> Result<Answer, ModelError> {
    do throws(ModelError) {
      var brief = Brief(request, target.provider, model, library)
      if let strategy = terms.strategy { try await fit(&brief, target, strategy, terms, call, tape) }
      let response = try brief.read(try await send(brief, brief.request, terms, call, tape))
      do throws(ModelError) {
        return .success(Answer(response: try take(response, brief, target, terms), brief: brief, attempts: []))
      } catch {
        return .success(try await repair(response, error, brief, target, terms, call, tape))
      }
    } catch {
      return .failure(error)
    }
  }

  /// Checks an answer, and writes down what it used.
  private func take(
    _ response: ModelResponse,
    _ brief: Brief,
    _ target: ModelSettings.Target,
    _ terms: Terms
  ) throws(ModelError) -> ModelResponse {
    do throws(ModelError) {
      let checked = try terms.check(response)
      terms.ledger.add(response, brief, target, terms, counts: true)
      return checked
    } catch {
      terms.ledger.add(response, brief, target, terms, counts: false)
      throw error
    }
  }

  /// Sends an answer back that does not fit its schema; throws `error` where that is no use.
  private func repair(
    _ response: ModelResponse,
    _ error: ModelError,
    _ brief: Brief,
    _ target: ModelSettings.Target,
    _ terms: Terms,
    _ call: Call,
    _ tape: Tape
  ) async throws(ModelError) -> Answer {
    guard terms.repairs, error.code == .schemaMismatch, !Task.isCancelled,
      let messages = SchemaRepair.messages(response.text, error)
    else { throw error }
    var brief = brief
    brief.add(messages)
    let second: ModelResponse
    do throws(ModelError) {
      second = try brief.read(try await send(brief, brief.request, terms, call, tape))
    } catch let trouble {
      // What the provider does now says nothing of the answer. Without a recording nobody knows what it would have said.
      throw trouble.code == .replayMiss ? trouble : error
    }
    return Answer(response: try take(second, brief, target, terms), brief: brief, attempts: [])
  }

  /// Makes the request fit the model's context.
  private func fit(
    _ brief: inout Brief,
    _ target: ModelSettings.Target,
    _ strategy: String,
    _ terms: Terms,
    _ call: Call,
    _ tape: Tape
  ) async throws(ModelError) {
    guard let budget = brief.budget(terms.budget) else { return }
    let window = ContextWindow(budget: budget, counter: brief.counter)
    guard let strategy = ContextStrategy(rawValue: strategy) else {
      // `fail`: said here, before anything is sent.
      let tokens = brief.counter.count(brief.request)
      if tokens <= budget { return }
      throw ModelError(.contextOverflow, "the request has some \(tokens) tokens where \(budget) fit")
    }
    switch try window.fit(brief.request, strategy) {
    case .fits(let fitted): brief.take(fitted)
    case .needsSummary(let plan):
      var quiet = terms
      quiet.emit = { _ in }
      let question = try plan.question(window)
      let summary = try brief.read(try await send(brief, question, quiet, call, tape))
      terms.ledger.add(summary, brief, target, terms, counts: true)
      brief.take(try plan.applying(summary.text, brief.counter))
    }
  }

  private func send(
    _ brief: Brief,
    _ request: ModelRequest,
    _ terms: Terms,
    _ call: Call,
    _ tape: Tape
  ) async throws(ModelError) -> ModelResponse {
    let provider = brief.provider
    let request = try afford(request, brief, terms.ledger, call.budget)
    let (path, body) = provider.format.write(request, model: brief.model, quirks: brief.quirks)
    let asking = Asking(provider.format, streams: request.streams, isRecorded: terms.isRecorded, terms.emit)
    if tape.isPlaying { return try asking.play(try tape.answer(provider: provider.name, path: path, body: body)).get() }
    let rest = provider.breaker.admit(nowMS: BootTime.now.nanoseconds / 1_000_000)
    if rest > 0 { throw ModelError(.circuitOpen, "it failed too often and is left alone for another \(rest) ms") }
    let result = await ask(asking, provider, provider.url(path, model: brief.model), body, terms, call)
    judge(provider, result)
    if terms.isRecorded, let exchange = asking.recorded(provider: provider.name, path: path, body: body) {
      tape.add(exchange, credentials.redact)
    }
    return try result.get()
  }

  private func ask(
    _ asking: Asking,
    _ provider: Provider,
    _ url: String,
    _ body: JSON,
    _ terms: Terms,
    _ call: Call
  ) async -> Result<ModelResponse, ModelError> {
    do throws(ModelError) {
      var request = HTTPRequest(url: url, headers: [], body: body.serialized())
      try await complete(&request, provider, call)
      let whole = request
      let overdue = Overdue()
      let left = terms.deadline.milliseconds(since: .now)
      // The deadline is kept here rather than by being killed for it, so that the caller learns why.
      let result = await overdue.bounded(left, on: client) { await asking.send(whole, by: self.client) }
      if overdue.hasCome {
        throw ModelError(.deadlineExceeded, "the call's deadline came before the end of the answer")
      }
      if case .failure(let error) = result, error.code == .unauthorized { credentials.forget(provider) }
      return result
    } catch {
      return .failure(error)
    }
  }
}
