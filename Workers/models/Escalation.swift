internal import JSON
internal import Models
internal import WorkerKit

/// A question that a small model is asked before a large one.
struct Escalation {
  /// Of the large model.
  let role: String
  /// Who is asked first: of the other role's chain those before the large model itself.
  let small: [ModelSettings.Target]
  private let large: [ModelSettings.Target]
  private let structure: AnswerSchema?
  /// nil: it is not asked whether it is sure.
  private let sure: SureSchema?

  /// Why and from whom a question was taken away.
  struct Reason {
    let error: ModelError
    let provider: String
    let model: String

    var json: JSON { ["because": .string(error.code.rawValue), "from": .string("\(provider)/\(model)")] }
  }

  /// nil: the first of `chain` is the large model, so that there is nobody else to ask.
  init?(
    from chain: [ModelSettings.Target],
    to large: [ModelSettings.Target],
    role: String,
    _ structure: AnswerSchema?
  ) {
    guard let first = large.first else { return nil }
    small = Array(chain.prefix { $0 != first })
    if small.isEmpty { return nil }
    self.large = large
    self.role = role
    self.structure = structure
    sure = structure.flatMap { $0.asked }
  }

  /// What the small model is asked. Nothing of its answer is shown before it is known to be the answer.
  func question(_ request: ModelRequest) -> ModelRequest {
    var question = request
    question.streams = false
    guard let sure else { return question }
    question.schema = sure.source
    question.tell(SureSchema.instruction)
    return question
  }

  /// An answer that need not be asked for again, as the caller is to see it.
  func check(_ response: ModelResponse) throws(ModelError) -> ModelResponse {
    if response.stop == .refusal {
      throw ModelError(.refusal, "the model refuses\(response.text.isEmpty ? "" : ": \(response.text.prefix(200))")")
    }
    guard response.toolUses.isEmpty else { return response }
    guard let structure else {
      if response.stop == .length { throw Self.cut }
      return response
    }
    guard let sure else {
      do throws(ModelError) { _ = try structure.value(of: response) } catch {
        throw response.stop == .length ? Self.cut : error
      }
      return response
    }
    let answer: SureSchema.Answer
    do throws(ModelError) { answer = try sure.read(response.text) } catch {
      throw response.stop == .length ? Self.cut : error
    }
    if !answer.isSure { throw ModelError(.unsure, "the model is not sure of its answer") }
    var response = response
    response.text = answer.value.description
    // The provider's own words hold what is around it.
    response.opaque = []
    return response
  }

  private static let cut = ModelError(.cut, "the answer was cut at the limit of tokens")

  /// Whether a large model rather than another small one is to be asked.
  static func isReason(_ error: ModelError) -> Bool {
    switch error.code {
    case .schemaMismatch, .unsure, .refusal, .cut, .contextOverflow, .emptyReply, .malformedToolCall: true
    default: false
    }
  }

  /// Who is asked now, and why; nil: nobody, since what a provider's own rules refuse is not taken to another.
  func next(after attempts: [Engine.Attempt]) -> (chain: [ModelSettings.Target], reason: Reason)? {
    guard let last = attempts.last, let error = last.error, error.code != .contentFilter else { return nil }
    return (large.filter { !small.contains($0) }, Reason(error: error, provider: last.provider, model: last.model))
  }
}
