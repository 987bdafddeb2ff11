internal import JSON
internal import Models
internal import WorkerKit

/// What was reserved for a call: every request in it, a fallback's, a larger model's or a summary's, is held to what is
/// left of that.
extension Engine {
  /// Answers shorter than this are of no use to anybody.
  private static let leastTokens = 16

  /// The request with an answer that can be paid. Throws `over_budget` where not even a short one can.
  func afford(
    _ request: ModelRequest,
    _ brief: Brief,
    _ ledger: Ledger,
    _ budget: Budget?
  ) throws(ModelError) -> ModelRequest {
    guard let budget, budget.costNanoUSD != nil || budget.tokens != nil else { return request }
    let input = brief.counter.count(request)
    let wanted = request.maxTokens ?? brief.facts.maxOutput ?? 4_096
    var most = wanted
    if let tokens = budget.tokens {
      let used = ledger.usage
      most = min(most, Int(clamping: tokens) - used.input - used.output - input)
    }
    if let cost = budget.costNanoUSD { most = min(most, affordable(wanted, after: input, brief, ledger, cost)) }
    guard most < wanted else { return request }
    guard most >= min(Self.leastTokens, wanted) else {
      throw ModelError(
        .overBudget,
        "what is left for this call does not pay for an answer: its request alone has some \(input) tokens",
        hint: "raise the budget or the limit, or name a cheaper model"
      )
    }
    var request = request
    request.maxTokens = most
    return request
  }

  /// Tokens of an answer that what is left pays for, at most `wanted`.
  private func affordable(_ wanted: Int, after input: Int, _ brief: Brief, _ ledger: Ledger, _ budget: Int64) -> Int {
    // Without a price nobody can tell; limits on tokens hold all the same.
    guard let whole = brief.cost(Models.ModelUsage(input: input, output: wanted)),
      let asked = brief.cost(Models.ModelUsage(input: input))
    else { return wanted }
    let left = budget - (ledger.cost?.nanodollars ?? 0)
    guard whole.nanodollars > left else { return wanted }
    let answer = whole.nanodollars - asked.nanodollars
    guard left > asked.nanodollars, answer > 0 else { return 0 }
    return Int(Double(left - asked.nanodollars) / Double(answer) * Double(wanted))
  }
}
