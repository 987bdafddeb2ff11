internal import Models
internal import WorkerKit

/// With which small models are compared: the first of a role's chain, and the price of the first that has one.
struct LargeModel {
  let role: String
  private let first: ModelSettings.Target
  /// Of `price`.
  private(set) var name = ""
  /// nil: no model of the chain has a known price.
  private(set) var price: ModelPrice?

  init?(_ role: String, _ settings: ModelSettings, _ library: Library) {
    guard let chain = settings.roles[role], let first = chain.first else { return nil }
    self.role = role
    self.first = first
    for target in chain {
      guard let model = target.name, let price = library.catalog.facts(of: model).price else { continue }
      (self.price, name) = (price, model)
      break
    }
  }

  /// Whether an answer of `target` for `role` spares this model: it costs less, or, where nobody knows, it is what the call
  /// asked before, or the worker.
  func isSpared(by target: ModelSettings.Target, _ role: String?, _ brief: Brief) -> Bool {
    if role == self.role || target == first { return false }
    let own = brief.facts.price ?? (brief.provider.isLocal ? ModelPrice(rates: .init(input: 0, output: 0)) : nil)
    guard let price, let own else { return role == "worker" }
    return own.rates.input + own.rates.output < price.rates.input + price.rates.output
  }

  /// What so many tokens cost; nil: there is no price. Where the price of cached tokens is not known they are taken as any.
  func cost(_ usage: Models.ModelUsage) -> Cost? {
    guard let price else { return nil }
    return Cost(usage, at: price) ?? Cost(Models.ModelUsage(input: usage.input, output: usage.output), at: price)
  }
}

extension ModelSettings.Target: Equatable {
  /// The model that is asked for; nil: whichever the provider has.
  var name: String? { model ?? provider.model }

  static func == (left: ModelSettings.Target, right: ModelSettings.Target) -> Bool {
    left.provider === right.provider && left.name == right.name
  }
}
