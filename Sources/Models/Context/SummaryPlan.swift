internal import JSON

/// What a model is to summarise so that a conversation fits, and how its summary takes the place of that.
package struct SummaryPlan: Sendable, Equatable {
  /// The oldest messages: what the summary stands for.
  package let summarised: [ModelMessage]
  /// Tokens that the summary may have.
  package let room: Int
  private let request: ModelRequest
  private let isSummarised: [Bool]
  private let budget: Int

  init(_ request: ModelRequest, summarising isSummarised: [Bool], room: Int, budget: Int) {
    self.request = request
    self.isSummarised = isSummarised
    self.room = room
    self.budget = budget
    summarised = request.messages.indices.filter { isSummarised[$0] }.map { request.messages[$0] }
  }

  /// What the model is asked. A conversation that its own context does not hold is cut in the middle of its longest texts.
  /// - Parameter window: of the model that summarises.
  package func question(_ window: ContextWindow) throws(ModelError) -> ModelRequest {
    var question = ModelRequest(messages: [ModelMessage(.system, Self.instruction(room))])
    question.messages += summarised.map { ModelMessage(.assistant, Self.transcript($0)) }
    question.messages.append(ModelMessage(.user, "Write the summary now."))
    question.maxTokens = room
    let tokens = window.counter.count(question)
    var fitted = ContextWindow.Fitted(request: question, tokens: tokens)
    if tokens > window.budget { fitted = try window.truncate(question) }
    // One message, since the turns are only told of here.
    let told = fitted.request.messages.dropFirst().dropLast().map(\.text).joined(separator: "\n\n")
    question.messages = [fitted.request.messages[0], ModelMessage(.user, told + "\n\nWrite the summary now.")]
    return question
  }

  /// The request with `summary` in place of what it stands for; a summary that is too long is cut.
  package func applying(_ summary: String, _ counter: TokenCounter) throws(ModelError) -> ContextWindow.Fitted {
    let window = ContextWindow(budget: budget, counter: counter)
    var fitted = ContextWindow.Fitted(request: request, tokens: 0, dropped: summarised.count)
    func fill(_ text: String) {
      var messages = request.messages.indices.filter { !isSummarised[$0] }.map { request.messages[$0] }
      let place = messages.firstIndex { $0.role != .system } ?? messages.count
      messages.insert(ModelMessage(.user, "Summary of the conversation so far:\n" + text), at: place)
      fitted.request.messages = messages
      fitted.tokens = counter.count(fitted.request)
    }
    fill(summary)
    var limit = summary.utf8.count
    while fitted.tokens > budget, limit > ContextWindow.leastText {
      limit = max(limit * 3 / 4, ContextWindow.leastText)
      fill(ContextWindow.shortened(summary, limit))
      fitted.cut = 1
    }
    if fitted.tokens > budget { throw window.overflow(fitted.tokens, "the request with its summary") }
    return fitted
  }

  private static func instruction(_ room: Int) -> String {
    """
    Summarise the conversation that follows, so that it can go on from your summary alone. Keep what was asked and \
    decided, names, numbers, identifiers, results of tools that still matter, and what is left to do. Leave out \
    courtesies and detours. Take at most \(room * 2 / 3) words, in the conversation's language, and no preamble.
    """
  }

  private static func transcript(_ message: ModelMessage) -> String {
    let lines = message.parts.compactMap { part -> String? in
      switch part {
      case .text(let text): "\(message.role.rawValue): \(text)"
      case .image, .imageURL: "\(message.role.rawValue): [an image]"
      case .toolUse(let use): "\(message.role.rawValue) calls \(use.name) with \(use.arguments.description)"
      case .toolResult(let outcome): "\(outcome.name) \(outcome.isError ? "failed" : "returned"): \(outcome.text)"
      case .opaque: nil
      }
    }
    return lines.joined(separator: "\n")
  }
}

extension ContextWindow {
  /// The least that a summary is given, in tokens.
  static let leastSummary = 64

  /// Keeps the newest messages in up to half of what the kept ones leave, and a quarter for the summary of the others.
  func planSummary(_ request: ModelRequest) throws(ModelError) -> SummaryPlan {
    let messages = request.messages
    let plan = ConversationGroups(messages)
    let costs = messages.map { counter.count($0) }
    func cost(_ group: Int) -> Int {
      plan.groups[group].reduce(0) { $0 + (messages[$1].role == .system ? 0 : costs[$1]) }
    }
    var fixed = counter.overhead(request)
    for place in messages.indices where messages[place].role == .system { fixed += costs[place] }
    for group in plan.kept { fixed += cost(group) }
    let free = budget - fixed
    let room = min(max(free / 4, Self.leastSummary), 2_000)
    let frame = TokenCounter.perMessage + counter.count("Summary of the conversation so far:\n")
    if free < room + frame { throw overflow(fixed + room + frame, "what cannot be summarised, with a summary,") }
    var left = min(free / 2, free - room - frame)
    var isSummarised = [Bool](repeating: false, count: messages.count)
    var isFull = false
    for group in plan.groups.indices.reversed() where !plan.kept.contains(group) {
      isFull = isFull || cost(group) > left
      if isFull {
        for place in plan.groups[group] where messages[place].role != .system { isSummarised[place] = true }
      } else {
        left -= cost(group)
      }
    }
    return SummaryPlan(request, summarising: isSummarised, room: room, budget: budget)
  }
}
