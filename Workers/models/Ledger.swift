internal import Models
internal import WorkerKit

/// What one call has used, of all models that answered in it: also those whose answers did not fit, and summaries.
///
/// Safety: lives on the worker's loop.
final class Ledger: @unchecked Sendable {
  private(set) var usage = Models.ModelUsage()
  /// nil: a price is not known.
  private(set) var cost: Cost? = Cost(nanodollars: 0)
  private var calls: Int64 = 0
  private var provider = ""
  private var model = ""

  func add(_ response: ModelResponse, _ brief: Brief) {
    let used = response.usage ?? Models.ModelUsage()
    let isFirst = calls == 0
    usage = isFirst ? used : usage + used
    if let price = brief.cost(used), let sum = cost { cost = sum + price } else { cost = nil }
    calls += 1
    provider = brief.provider.name
    model = response.model ?? brief.model
  }

  func add(embedding usage: Models.ModelUsage, _ brief: Brief) {
    var response = ModelResponse()
    response.usage = usage
    add(response, brief)
  }

  /// What a provider calls itself may be of any length, and a receipt that is too long ends the connection. By bytes,
  /// since one character may have thousands; a last one that is split costs three.
  private static func bounded(_ name: String) -> String {
    name.utf8.count <= Wire.ModelUsage.nameBytes
      ? name : String(decoding: name.utf8.prefix(Wire.ModelUsage.nameBytes - 12), as: UTF8.self)
  }

  /// For the coordinator's sums; nil: nobody answered.
  var receipt: Receipt? {
    guard calls > 0 else { return nil }
    func bounded(_ count: Int) -> Int64 { min(Int64(count), Wire.ModelUsage.tokenLimit) }
    var used = Wire.ModelUsage(
      provider: provider,
      model: model.isEmpty ? "?" : Self.bounded(model),
      inputTokens: bounded(usage.input),
      outputTokens: bounded(usage.output)
    )
    used.cachedTokens = bounded(usage.cached)
    used.reasoningTokens = bounded(usage.reasoning)
    used.costNanoUSD = cost.map { min($0.nanodollars, Wire.ModelUsage.costLimit) }
    used.isEstimated = usage.isEstimated
    used.calls = calls
    var receipt = Receipt()
    receipt.model = used
    return receipt
  }
}
