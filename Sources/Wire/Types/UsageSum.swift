package import JSON

/// What several calls used of language models. Cost is that of the calls whose price is known.
public struct UsageSum: Sendable, Hashable {
  /// Requests that providers answered.
  public var calls: Int64 = 0
  /// Those of `cachedTokens` included.
  public var inputTokens: Int64 = 0
  /// Those of `reasoningTokens` included.
  public var outputTokens: Int64 = 0
  public var cachedTokens: Int64 = 0
  public var reasoningTokens: Int64 = 0
  /// In billionths of a US dollar.
  public var costNanoUSD: Int64 = 0
  /// Of `calls`: those whose price nobody knows, so that they are not in the cost.
  public var unpricedCalls: Int64 = 0
  /// Of `calls`: those whose tokens the provider did not tell.
  public var estimatedCalls: Int64 = 0
  /// Of `calls`: those that small models answered.
  public var smallCalls: Int64 = 0
  /// How often a small model was not enough, so that a large one was asked as well.
  public var escalatedCalls: Int64 = 0
  /// What the calls in `costNanoUSD` would have cost had the large model answered all of them.
  public var baselineNanoUSD: Int64 = 0
  package var large = LargeModel.none
  /// The name of the large model; nil: there is none, or there are several.
  public var baselineModel: String? { if case .one(let name) = large { name } else { nil } }

  public init() {}

  /// Sums stay at the largest integer rather than overflow.
  public static func += (sum: inout UsageSum, more: UsageSum) {
    func add(_ member: WritableKeyPath<UsageSum, Int64>) {
      let (value, overflow) = sum[keyPath: member].addingReportingOverflow(more[keyPath: member])
      sum[keyPath: member] = overflow ? .max : value
    }
    for member: WritableKeyPath<UsageSum, Int64> in [
      \.calls, \.inputTokens, \.outputTokens, \.cachedTokens, \.reasoningTokens, \.costNanoUSD, \.unpricedCalls,
      \.estimatedCalls, \.smallCalls, \.escalatedCalls, \.baselineNanoUSD,
    ] {
      add(member)
    }
    sum.large.merge(more.large)
  }
}

extension UsageSum {
  /// With which model a sum's cost is compared.
  package enum LargeModel: Sendable, Hashable {
    case none, several
    case one(String)

    package mutating func merge(_ other: LargeModel) {
      if other == .none || self == other { return }
      self = self == .none ? other : .several
    }
  }
}

extension UsageSum: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    calls = try fields.requireInteger("calls")
    inputTokens = try fields.requireInteger("input_tokens")
    outputTokens = try fields.requireInteger("output_tokens")
    cachedTokens = try fields.requireInteger("cached_tokens")
    reasoningTokens = try fields.requireInteger("reasoning_tokens")
    costNanoUSD = try fields.requireInteger("cost_nano_usd")
    unpricedCalls = try fields.requireInteger("unpriced_calls")
    estimatedCalls = try fields.integer("estimated_calls") ?? 0
    smallCalls = try fields.integer("small_calls") ?? 0
    escalatedCalls = try fields.integer("escalated_calls") ?? 0
    baselineNanoUSD = try fields.integer("baseline_nano_usd") ?? costNanoUSD
    large = try fields.optional("baseline_model").map { .one($0) } ?? .none
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("calls", calls)
    writer.member("input_tokens", inputTokens)
    writer.member("output_tokens", outputTokens)
    writer.member("cached_tokens", cachedTokens)
    writer.member("reasoning_tokens", reasoningTokens)
    writer.member("cost_nano_usd", costNanoUSD)
    writer.member("unpriced_calls", unpricedCalls)
    if estimatedCalls > 0 { writer.member("estimated_calls", estimatedCalls) }
    if smallCalls > 0 { writer.member("small_calls", smallCalls) }
    if escalatedCalls > 0 { writer.member("escalated_calls", escalatedCalls) }
    if baselineNanoUSD != costNanoUSD { writer.member("baseline_nano_usd", baselineNanoUSD) }
    writer.member("baseline_model", baselineModel)
  }
}
