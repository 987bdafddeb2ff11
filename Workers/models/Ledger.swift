internal import Models
internal import WorkerKit

/// What one call has used, of all models that answered in it: also those whose answers did not fit, and summaries.
///
/// Safety: lives on the worker's loop.
final class Ledger: @unchecked Sendable {
  /// Of one model in one role.
  private struct Entry {
    let provider: String
    let model: String
    let role: String?
    let isSmall: Bool
    var usage: Models.ModelUsage
    /// nil: a price is not known.
    var cost: Cost? = Cost(nanodollars: 0)
    /// Of the answers that count, on the large model.
    var baseline = Cost(nanodollars: 0)
    var calls: Int64 = 0
    var isEscalated = false

    func isSame(_ other: Entry) -> Bool {
      (provider, model, role, isSmall) == (other.provider, other.model, other.role, other.isSmall)
    }
  }

  private let large: LargeModel?
  private var entries: [Entry] = []

  /// - Parameter large: with which the others are compared; nil: nobody.
  init(_ large: LargeModel? = nil) { self.large = large }

  /// Of all models.
  var usage: Models.ModelUsage {
    guard let first = entries.first else { return Models.ModelUsage() }
    return entries.dropFirst().reduce(first.usage) { $0 + $1.usage }
  }

  /// nil: a price is not known.
  var cost: Cost? {
    var sum = Cost(nanodollars: 0)
    for entry in entries {
      guard let cost = entry.cost else { return nil }
      sum = sum + cost
    }
    return sum
  }

  /// - Parameter counts: the answer was taken.
  func add(
    _ response: ModelResponse,
    _ brief: Brief,
    _ target: ModelSettings.Target,
    _ terms: Engine.Terms,
    counts: Bool
  ) {
    let isSmall = terms.isSmall || large?.isSpared(by: target, terms.role, brief) ?? false
    add(response, brief, role: terms.role, isSmall: isSmall, counts: counts)
  }

  func add(embedding usage: Models.ModelUsage, _ brief: Brief, role: String?) {
    var response = ModelResponse()
    response.usage = usage
    add(response, brief, role: role, isSmall: false, counts: true)
  }

  private func add(_ response: ModelResponse, _ brief: Brief, role: String?, isSmall: Bool, counts: Bool) {
    let used = response.usage ?? Models.ModelUsage()
    let place = place(
      Entry(
        provider: brief.provider.name,
        model: response.model ?? brief.model,
        role: role,
        isSmall: isSmall,
        usage: used
      )
    )
    if entries[place].calls > 0 { entries[place].usage = entries[place].usage + used }
    if let price = brief.cost(used), let sum = entries[place].cost {
      entries[place].cost = sum + price
    } else {
      entries[place].cost = nil
    }
    if counts, let cost = large?.cost(used) { entries[place].baseline = entries[place].baseline + cost }
    entries[place].calls += 1
  }

  /// Where `entry` is, or was put. Of more than a receipt holds the last ones are put together.
  private func place(_ entry: Entry) -> Int {
    if let known = entries.firstIndex(where: { $0.isSame(entry) }) { return known }
    if entries.count == Receipt.modelLimit { return entries.count - 1 }
    entries.append(entry)
    return entries.count - 1
  }

  /// What the small models have answered was in vain, the last of them `provider`'s `model`.
  func escalate(_ provider: String, _ model: String, role: String?) {
    for place in entries.indices where entries[place].isSmall { entries[place].baseline = Cost(nanodollars: 0) }
    let known = entries.lastIndex { $0.isSmall && $0.provider == provider }
    // Without an answer it is in the receipt all the same.
    let none = Entry(provider: provider, model: model, role: role, isSmall: true, usage: Models.ModelUsage())
    entries[known ?? place(none)].isEscalated = true
  }

  /// For the coordinator's sums; nil: nobody was used.
  var receipt: Receipt? {
    guard !entries.isEmpty else { return nil }
    var receipt = Receipt()
    receipt.models = entries.map(told)
    return receipt
  }

  private func told(_ entry: Entry) -> Wire.ModelUsage {
    func bounded(_ count: Int) -> Int64 { min(Int64(count), Wire.ModelUsage.tokenLimit) }
    func bounded(_ cost: Cost) -> Int64 { min(cost.nanodollars, Wire.ModelUsage.costLimit) }
    var used = Wire.ModelUsage(
      provider: entry.provider,
      model: entry.model.isEmpty ? "?" : Self.bounded(entry.model),
      inputTokens: bounded(entry.usage.input),
      outputTokens: bounded(entry.usage.output),
      calls: entry.calls
    )
    used.cachedTokens = bounded(entry.usage.cached)
    used.reasoningTokens = bounded(entry.usage.reasoning)
    used.costNanoUSD = entry.cost.map { bounded($0) }
    used.isEstimated = entry.usage.isEstimated
    used.role = entry.role.map(Self.bounded)
    used.isSmall = entry.isSmall
    used.isEscalated = entry.isEscalated
    guard let large, large.price != nil else { return used }
    // The large model's own work costs what it costs.
    used.baselineNanoUSD = entry.isSmall ? bounded(entry.baseline) : used.costNanoUSD
    used.baselineModel = entry.isSmall ? Self.bounded(large.name) : nil
    return used
  }

  /// What a provider calls itself may be of any length, and a receipt that is too long ends the connection. By bytes,
  /// since one character may have thousands; a last one that is split costs three.
  private static func bounded(_ name: String) -> String {
    name.utf8.count <= Wire.ModelUsage.nameBytes
      ? name : String(decoding: name.utf8.prefix(Wire.ModelUsage.nameBytes - 12), as: UTF8.self)
  }
}
