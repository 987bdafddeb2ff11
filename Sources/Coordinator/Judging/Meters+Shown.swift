internal import JSON
internal import Policy
internal import Wire

extension Meters.Overrun {
  func error(tool: String?) -> WireError {
    let what = tool.map { "tool '\($0)' is over the limit '\(rule.name)'" } ?? "over the limit '\(rule.name)'"
    var data: JSONObject = ["limit": .string(rule.name), "value": .integer(used), "at_most": .integer(rule.atMost)]
    var message = "\(what): \(rule.shown(used)) of \(rule.shown(rule.atMost))"
    if let freeInMS {
      data["retry_after_ms"] = .integer(freeInMS)
      message += "; free again in \(freeInMS < 120_000 ? "\((freeInMS + 999) / 1_000) s" : "\(freeInMS / 60_000) min")"
    }
    return WireError(.limitExceeded, message, data: data)
  }
}

extension LimitRule {
  fileprivate func shown(_ amount: Int64) -> String {
    switch of {
    case .usd: "$\(Double(amount / 10_000) / 100_000)"
    case .cpu, .wall: "\(amount) ms"
    case .tokens: "\(amount) tokens"
    default: "\(amount)"
    }
  }
}

extension Meters.Amounts {
  init(_ result: Result<ToolResult, WireError>) {
    self.init()
    let receipt =
      switch result {
      case .success(let value): value.receipt
      case .failure(let error): error.receipt
      }
    // A worker says what it likes: each number is bounded before it is added.
    func bounded(_ amount: Int64?) -> Int64 { min(max(amount ?? 0, 0), Meter.most >> 8) }
    for model in receipt?.models ?? [] {
      costNanoUSD += bounded(model.costNanoUSD)
      tokens += bounded(model.inputTokens) + bounded(model.outputTokens)
    }
    cpuMS = bounded(receipt?.cpuMS)
    wallMS = bounded(receipt?.wallMS)
  }
}
