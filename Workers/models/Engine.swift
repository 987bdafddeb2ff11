internal import HTTP
internal import JSON
internal import Models
internal import Posix
internal import WorkerKit

/// Asks the models of a chain, one after the other, until one answers.
///
/// Safety: lives on the worker's loop.
final class Engine: @unchecked Sendable {
  /// Between our own time limit and the call's deadline, so that the answer still gets home.
  static let marginMS: Int64 = 100

  let client: HTTPClient
  let settings: ModelSettings
  let credentials: Credentials
  let library: Library
  let cache = AnswerCache()

  init(_ settings: ModelSettings, _ credentials: Credentials, _ library: Library, _ client: HTTPClient) {
    self.settings = settings
    self.library = library
    self.credentials = credentials
    self.client = client
  }

  /// One try, for the answer's `attempts` and for errors.
  struct Attempt {
    let provider: String
    let model: String
    var milliseconds: Int64
    var error: ModelError?
  }

  struct Answer {
    var response: ModelResponse
    var brief: Brief
    var attempts: [Attempt]
    /// Why a small model's answer was not enough.
    var escalated: Escalation.Reason?
  }

  /// What an asker wants beside the request.
  struct Terms {
    var chain: [ModelSettings.Target]
    /// nil: the model was named itself.
    var role: String?
    var deadline: BootTime
    var isRecorded = false
    /// What is done when the request is longer than the context; nil: the provider says so.
    var strategy: String?
    /// Tokens that the request may have; nil: what the model's context leaves.
    var budget: Int?
    let ledger: Ledger
    /// Each provider's answer is looked at before it counts, and may be changed; what this throws leads to the next one.
    var check: (ModelResponse) throws(ModelError) -> ModelResponse = { response throws(ModelError) in response }
    /// Errors after which nobody else of the chain is asked.
    var ends: (ModelError) -> Bool = { _ in false }
    /// An answer that does not fit its schema is sent back once, with what is wrong.
    var repairs = false
    /// The chain is asked before a larger one.
    var isSmall = false
    var emit: (ModelDelta) -> Void = { _ in }
    /// Told when an attempt has failed and another begins: what was emitted is void.
    var restart: (String) -> Void = { _ in }
  }

  /// What a chain's members said, when none of them answered.
  struct NoAnswer: Error {
    var attempts: [Attempt]
  }

  func ask(_ request: ModelRequest, _ terms: Terms, _ call: Call, _ tape: Tape) async throws -> Answer {
    var attempts: [Attempt] = []
    for target in terms.chain {
      let provider = target.provider
      let model: String
      do throws(ModelError) {
        model = try await self.model(target, call, tape, isRecorded: terms.isRecorded)
      } catch {
        attempts.append(Attempt(provider: provider.name, model: target.model ?? "", milliseconds: 0, error: error))
        continue
      }
      for number in 1... {
        try Task.checkCancellation()
        let began = BootTime.now
        let result = await attempt(request, target, model, terms, call, tape)
        var attempt = Attempt(
          provider: provider.name,
          model: model,
          milliseconds: BootTime.now.milliseconds(since: began),
          error: nil
        )
        switch result {
        case .success(var answer):
          attempts.append(attempt)
          answer.attempts = attempts
          return answer
        case .failure(var error):
          try Task.checkCancellation()
          error.provider = provider.name
          error.model = model
          error.message = credentials.redact(error.message)
          attempt.error = error
          attempts.append(attempt)
          // Whom the provider's own rules refuse is not sent round to the next one.
          if error.code == .contentFilter || terms.ends(error) { throw NoAnswer(attempts: attempts) }
          let left = terms.deadline.milliseconds(since: .now)
          if left <= 0 { throw NoAnswer(attempts: attempts) }
          let wait = provider.retry.wait(after: number, error, leftMS: left, chance: .random(in: 0...1))
          guard let wait else { break }
          terms.restart("\(provider.name)/\(model): \(error.message); trying again")
          try await pause(wait)
          continue
        }
        break
      }
      if target.provider !== terms.chain.last?.provider || target.model != terms.chain.last?.model {
        terms.restart("\(provider.name)/\(model) did not answer; asking the next model")
      }
    }
    throw NoAnswer(attempts: attempts)
  }

  /// The headers, limits and way of any request to `provider`.
  func complete(
    _ request: inout HTTPRequest,
    _ provider: Provider,
    _ call: Call,
    contentType: String = "application/json"
  ) async throws(ModelError) {
    var headers: [(name: String, value: String)] = [("accept", "application/json, text/event-stream")]
    if request.body != nil { headers.append(("content-type", contentType)) }
    for (name, value) in provider.headers { headers.append((name, value)) }
    if let header = try await credentials.header(for: provider, call, client) { headers.append(header) }
    request.headers = headers
    request.timeouts = provider.timeouts
    request.proxy = provider.proxy
    request.caFile = provider.caFile
  }

  func judge<Answer>(_ provider: Provider, _ result: Result<Answer, ModelError>) {
    let now = BootTime.now.nanoseconds / 1_000_000
    switch result {
    case .success: provider.breaker.succeeded()
    case .failure(let error):
      // Whoever asked gave up, or had not the time: that says nothing of the provider.
      if Task.isCancelled || error.code == .deadlineExceeded {
        provider.breaker.abandoned(nowMS: now)
      } else if error.isProvidersFault {
        provider.breaker.failed(nowMS: now)
      } else {
        provider.breaker.succeeded()
      }
    }
  }

  private func pause(_ milliseconds: Int64) async throws {
    await rest(milliseconds)
    try Task.checkCancellation()
  }

  /// Waits, or until the task is cancelled.
  func rest(_ milliseconds: Int64) async {
    let loop = client.loop
    let rest = Rest()
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        rest.begin(continuation)
        loop.schedule(after: Milliseconds(milliseconds)) { rest.end() }
      }
    } onCancel: {
      loop.perform { rest.end() }
    }
  }
}
