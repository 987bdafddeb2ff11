package import JSON

/// A model's answer, whoever served it.
package struct ModelResponse: Sendable, Equatable {
  package enum Stop: String, Sendable {
    case stop, length, refusal
    case toolCalls = "tool_calls"
    case contentFilter = "content_filter"
    /// The provider said something else, or nothing.
    case other
  }

  package var text = ""
  /// What it told of its reasoning; never part of `text`.
  package var reasoning = ""
  package var toolUses: [ToolUse] = []
  /// To be sent back untouched with this answer when the conversation goes on: the answer in the provider's own words,
  /// where these hold more than the members here do. At most one.
  package var opaque: [JSON] = []
  package var stop = Stop.other
  package var usage: ModelUsage?
  /// As the provider names itself and the answer; nil: it did not.
  package var model: String?
  package var id: String?

  package init() {}

  /// Calls of tools are what an answer stops for, whatever the provider calls it; without any, it stops for nothing more.
  mutating func settleStop() {
    switch stop {
    case .toolCalls: if toolUses.isEmpty { stop = .stop }
    case .stop, .other: if !toolUses.isEmpty { stop = .toolCalls }
    default: break
    }
  }
}

/// Tokens of one call. `input` holds the cached ones, `output` those of reasoning.
package struct ModelUsage: Sendable, Equatable {
  package var input = 0
  package var output = 0
  /// Of the input: read from the provider's cache, and written to it.
  package var cached = 0
  package var cacheWritten = 0
  package var reasoning = 0
  /// Counted here, since the provider did not say.
  package var isEstimated = false

  package init(input: Int = 0, output: Int = 0, cached: Int = 0, cacheWritten: Int = 0, reasoning: Int = 0) {
    self.input = input
    self.output = output
    self.cached = cached
    self.cacheWritten = cacheWritten
    self.reasoning = reasoning
  }

  package static func + (left: ModelUsage, right: ModelUsage) -> ModelUsage {
    var sum = ModelUsage(
      input: left.input + right.input,
      output: left.output + right.output,
      cached: left.cached + right.cached,
      cacheWritten: left.cacheWritten + right.cacheWritten,
      reasoning: left.reasoning + right.reasoning
    )
    sum.isEstimated = left.isEstimated || right.isEstimated
    return sum
  }
}

/// A part of an answer, as it comes.
package enum ModelDelta: Sendable, Equatable {
  case text(String)
  case reasoning(String)
}
