package import JSON

/// The quirks of a model over those of its provider; what is nil stays as it is.
package struct QuirkChanges: Sendable, Equatable {
  package var drops: Set<String>?
  package var temperature: ClosedRange<Double>?
  package var schema: Quirks.SchemaMode?
  package var tools: Quirks.ToolMode?
  package var maxTokensMember: String?
  package var defaultMaxTokens: Int?
  package var asksForStreamUsage: Bool?
  package var nearestModel: Bool?
  package var extra: JSONObject?

  package init() {}

  /// What the provider's model does: members are dropped and added beside those of the provider, the rest replaces.
  package func applied(to quirks: Quirks) -> Quirks {
    var quirks = quirks
    if let drops { quirks.drops.formUnion(drops) }
    if let temperature { quirks.temperature = temperature }
    if let schema { quirks.schema = schema }
    if let tools { quirks.tools = tools }
    if let maxTokensMember { quirks.maxTokensMember = maxTokensMember }
    if let defaultMaxTokens { quirks.defaultMaxTokens = defaultMaxTokens }
    if let asksForStreamUsage { quirks.asksForStreamUsage = asksForStreamUsage }
    if let nearestModel { quirks.nearestModel = nearestModel }
    for member in extra?.members ?? [] { quirks.extra[member.key] = member.value }
    return quirks
  }

  func filled(from other: QuirkChanges) -> QuirkChanges {
    var changes = self
    changes.drops = drops ?? other.drops
    changes.temperature = temperature ?? other.temperature
    changes.schema = schema ?? other.schema
    changes.tools = tools ?? other.tools
    changes.maxTokensMember = maxTokensMember ?? other.maxTokensMember
    changes.defaultMaxTokens = defaultMaxTokens ?? other.defaultMaxTokens
    changes.asksForStreamUsage = asksForStreamUsage ?? other.asksForStreamUsage
    changes.nearestModel = nearestModel ?? other.nearestModel
    changes.extra = extra ?? other.extra
    return changes
  }
}
