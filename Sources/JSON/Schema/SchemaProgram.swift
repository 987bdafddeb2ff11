/// A compiled schema: its subschemas by number, the whole schema first.
final class SchemaProgram: Sendable {
  let nodes: ContiguousArray<SchemaNode>
  /// Dynamic anchor → resource → the schema that it offers.
  let dynamicAnchors: [String: [NodeID: NodeID]]
  /// Whether evaluation must remember the resources that it passed through.
  let tracksScopes: Bool
  let limits: JSONSchema.Limits

  init(
    nodes: [SchemaNode],
    dynamicAnchors: [String: [NodeID: NodeID]],
    tracksScopes: Bool,
    limits: JSONSchema.Limits
  ) {
    self.nodes = ContiguousArray(nodes)
    self.dynamicAnchors = dynamicAnchors
    self.tracksScopes = tracksScopes
    self.limits = limits
  }

  func isValid(_ value: JSON) -> Bool {
    nodes.withUnsafeBufferPointer { nodes in
      guard let first = nodes.baseAddress else { return true }
      var evaluator = SchemaEvaluator(self, nodes: first, violations: 0)
      return evaluator.evaluate(0, value, nil) && !evaluator.isStopped
    }
  }

  func violations(
    in value: JSON,
    limit: Int,
    reading: SchemaReading = .exact
  ) -> [JSONSchema.Violation] {
    nodes.withUnsafeBufferPointer { nodes in
      guard let first = nodes.baseAddress else { return [] }
      var evaluator = SchemaEvaluator(self, nodes: first, violations: limit)
      evaluator.reading = reading
      _ = evaluator.evaluate(0, value, nil)
      return evaluator.finish()
    }
  }
}
