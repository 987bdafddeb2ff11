internal import Engine
internal import JSON
internal import Journal
internal import Supervision
internal import Wire

/// What calls used of language models: from their answers into the journal, and from there to whoever asks.
extension Change {
  /// To be written with the answer of a call; empty when it used nothing. An error may carry a receipt, for what failed was
  /// paid all the same.
  static func usage(_ result: Result<ToolResult, WireError>, of invocation: Invocation?) -> [Change] {
    guard let invocation, let row = invocation.stepRow else { return [] }
    let receipt: Receipt?
    switch result {
    case .success(let value): receipt = value.receipt
    case .failure(let error): receipt = error.receipt
    }
    return (receipt?.models ?? []).map { model in
      .usage(
        UsageRecord(
          job: StepKey.job(ofRow: row),
          step: StepKey(row: row),
          at: WallTime.now,
          tool: invocation.tool,
          provider: model.provider,
          model: model.model,
          amounts: UsageAmounts(model)
        )
      )
    }
  }
}

extension WireError {
  /// With what remains of the time of the invocation in which a call was made; nil: its worker knows.
  func telling(remainingMS: Int64?) -> WireError {
    guard remainingMS != nil || self.data["remaining_ms"] != nil else { return self }
    var data = self.data
    data["remaining_ms"] = remainingMS.map { .integer($0) }
    return WireError(name, message, data: data)
  }

  /// For the caller within another call, which may hand the error on as its own: what this call used is counted, and
  /// is not to be counted as the caller's again.
  var counted: WireError {
    guard let receipt = data["receipt"] else { return self }
    var data = data
    data["receipt"] = nil
    data["used"] = receipt
    return WireError(name, message, data: data)
  }

  /// What a call used that failed; nil when its worker said nothing, or nothing well-formed.
  var receipt: Receipt? {
    guard case .object(let object)? = data["receipt"] else { return nil }
    do throws(WireError) { return try Receipt.decode(object) } catch { return nil }
  }
}

extension UsageAmounts {
  fileprivate init(_ model: ModelUsage) {
    self.init()
    calls = model.calls
    inputTokens = model.inputTokens
    outputTokens = model.outputTokens
    cachedTokens = model.cachedTokens ?? 0
    reasoningTokens = model.reasoningTokens ?? 0
    costNanoUSD = model.costNanoUSD ?? 0
    unpricedCalls = model.costNanoUSD == nil ? model.calls : 0
    estimatedCalls = model.isEstimated ? model.calls : 0
    smallCalls = model.isSmall ? model.calls : 0
    escalatedCalls = model.isEscalated ? 1 : 0
    // Of the same calls as the cost, so that their difference is what was saved.
    baselineNanoUSD = model.costNanoUSD == nil ? 0 : model.baselineNanoUSD ?? costNanoUSD
    baselineModel = model.baselineModel ?? ""
  }

  var sum: UsageSum {
    var sum = UsageSum()
    sum.calls = calls
    sum.inputTokens = inputTokens
    sum.outputTokens = outputTokens
    sum.cachedTokens = cachedTokens
    sum.reasoningTokens = reasoningTokens
    sum.costNanoUSD = costNanoUSD
    sum.unpricedCalls = unpricedCalls
    sum.estimatedCalls = estimatedCalls
    sum.smallCalls = smallCalls
    sum.escalatedCalls = escalatedCalls
    sum.baselineNanoUSD = baselineNanoUSD
    sum.large = baselineModel.isEmpty ? .none : baselineModel == UsageAmounts.several ? .several : .one(baselineModel)
    return sum
  }
}

extension Database.UsageKey {
  fileprivate init(_ key: UsageReport.Key) {
    self =
      switch key {
      case .day: .day
      case .job: .job
      case .model: .model
      case .provider: .provider
      case .tool: .tool
      }
  }
}

extension Jobs {
  func usage(_ message: UsageReport, answer: @escaping Answer<UsageReport.Response>) {
    let (since, until) = (message.since ?? 0, message.until ?? .max)
    let (key, limit) = (Database.UsageKey(message.by), UsageReport.rowLimit)
    journal.reader.read { database -> UsageReport.Response in
      let found = try database.usage(by: key, since: since, until: until, limit: limit + 1)
      let rows = found.prefix(limit).map { UsageReport.Row(key: $0.key, sum: $0.amounts.sum) }
      var total = UsageSum()
      if found.count > limit {
        total = try database.usage(since: since, until: until).sum
      } else {
        for row in rows { total += row.sum }
      }
      return UsageReport.Response(rows: rows, total: total, isAbridged: found.count > limit)
    } then: { result in
      answer(result.mapError(Self.storage))
    }
  }
}
