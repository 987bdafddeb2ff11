package import JSON

/// What one call used of one language model. Bounded, so that sums of many stay exact.
public struct ModelUsage: Sendable, Hashable {
  /// Most tokens, most cost in billionths of a US dollar (a million dollars), and most requests of one call.
  public static let tokenLimit: Int64 = 1_000_000_000_000
  public static let costLimit: Int64 = 1_000_000_000_000_000
  public static let callLimit: Int64 = 1_000_000
  /// Of each name.
  public static let nameBytes = 256

  /// As the configuration names it.
  public var provider: String
  public var model: String
  /// Those of `cachedTokens` included.
  public var inputTokens: Int64
  /// Those of `reasoningTokens` included.
  public var outputTokens: Int64
  /// Read from the provider's cache.
  public var cachedTokens: Int64?
  public var reasoningTokens: Int64?
  /// In billionths of a US dollar; nil: nobody knows the price.
  public var costNanoUSD: Int64?
  /// The provider did not say how many tokens, so they were counted here.
  public var isEstimated: Bool
  /// Requests that the provider answered.
  public var calls: Int64
  /// For which the model answered; nil: it was named itself.
  public var role: String?
  /// The model spares a larger one.
  public var isSmall: Bool
  /// It was not enough: another role was asked in its place. Of one usage of a call at most.
  public var isEscalated: Bool
  /// What those of its answers that count would have cost on `baselineModel`, in billionths of a US dollar; nil: what
  /// they did cost.
  public var baselineNanoUSD: Int64?
  /// The large model.
  public var baselineModel: String?

  public init(
    provider: String,
    model: String,
    inputTokens: Int64,
    outputTokens: Int64,
    cachedTokens: Int64? = nil,
    reasoningTokens: Int64? = nil,
    costNanoUSD: Int64? = nil,
    isEstimated: Bool = false,
    calls: Int64 = 1,
    role: String? = nil,
    isSmall: Bool = false,
    isEscalated: Bool = false,
    baselineNanoUSD: Int64? = nil,
    baselineModel: String? = nil
  ) {
    self.provider = provider
    self.model = model
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.cachedTokens = cachedTokens
    self.reasoningTokens = reasoningTokens
    self.costNanoUSD = costNanoUSD
    self.isEstimated = isEstimated
    self.calls = calls
    self.role = role
    self.isSmall = isSmall
    self.isEscalated = isEscalated
    self.baselineNanoUSD = baselineNanoUSD
    self.baselineModel = baselineModel
  }
}

extension ModelUsage: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(
      provider: try Self.name("provider", try fields.require("provider"), fields),
      model: try Self.name("model", try fields.require("model"), fields),
      inputTokens: try fields.requireInteger("input_tokens", in: 0...Self.tokenLimit),
      outputTokens: try fields.requireInteger("output_tokens", in: 0...Self.tokenLimit),
      cachedTokens: try fields.integer("cached_tokens", in: 0...Self.tokenLimit),
      reasoningTokens: try fields.integer("reasoning_tokens", in: 0...Self.tokenLimit),
      costNanoUSD: try fields.integer("cost_nano_usd", in: 0...Self.costLimit),
      isEstimated: try fields.optional("estimated") ?? false,
      calls: try fields.requireInteger("calls", in: 0...Self.callLimit)
    )
    role = try fields.optional("role", String.self).map { role throws(WireError) in try Self.name("role", role, fields)
    }
    isSmall = try fields.optional("small") ?? false
    isEscalated = try fields.optional("escalated") ?? false
    baselineNanoUSD = try fields.integer("baseline_nano_usd", in: 0...Self.costLimit)
    baselineModel = try fields.optional("baseline_model", String.self).map { model throws(WireError) in
      try Self.name("baseline_model", model, fields)
    }
  }

  private static func name(_ member: StaticString, _ name: String, _ fields: Fields) throws(WireError) -> String {
    guard (1...nameBytes).contains(name.utf8.count) else {
      throw .invalidParams(
        fields.path(member),
        "'\(fields.path(member))' has \(name.utf8.count) bytes where 1 to \(nameBytes) are due"
      )
    }
    return name
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("provider", provider)
    writer.member("model", model)
    writer.member("input_tokens", inputTokens)
    writer.member("output_tokens", outputTokens)
    writer.member("cached_tokens", cachedTokens)
    writer.member("reasoning_tokens", reasoningTokens)
    writer.member("cost_nano_usd", costNanoUSD)
    if isEstimated { writer.member("estimated", true) }
    writer.member("calls", calls)
    writer.member("role", role)
    if isSmall { writer.member("small", true) }
    if isEscalated { writer.member("escalated", true) }
    writer.member("baseline_nano_usd", baselineNanoUSD)
    writer.member("baseline_model", baselineModel)
  }
}
