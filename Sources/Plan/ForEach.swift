package import JSON
package import Wire

/// Runs a step once for each item of a list; its output is the list of their outputs in the same order.
package struct ForEach: Sendable {
  /// Resolves to an array.
  package let items: Template
  /// 1 … `Limit.fanOut`.
  package let maxItems: Int
  /// Items that run at a time; nil: as many as there is room for.
  package let concurrency: Int?

  /// The items. Throws `invalid_input` for a value that is no array, `limit_exceeded` (`fan_out`) for more than `maxItems`.
  /// A list that was never made (its step was skipped) has no items.
  package func elements(_ scope: Scope) throws(WireError) -> [JSON] {
    if case .reference(let use) = items.root, case .step(let step) = items.uses[use].reference.source,
      scope.output(step) == nil
    {
      return []
    }
    let value = try items.resolve(scope)
    guard case .array(let elements) = value else {
      let data: JSONObject = items.uses.first.map { ["path": .string($0.path), "reference": .string($0.text)] } ?? [:]
      throw WireError(.invalidInput, "'for_each' is \(value.typeName) where array is due", data: data)
    }
    guard elements.count <= maxItems else {
      throw .limitExceeded("fan_out", "count of items of 'for_each'", value: elements.count, limit: maxItems)
    }
    return elements
  }
}
