extension JSONSchema {
  /// Where a path into a value comes to an end.
  package struct DeadEnd: Sendable, Equatable {
    /// The position of the token that leads nowhere.
    package let position: Int
    /// The members that the schema knows there.
    package let known: [String]
  }

  /// Whether no value that fits can hold anything at `pointer`; nil where the schema leaves that open or does not say.
  ///
  /// Looks at types, members, items, references and combinations; what only `if`, `not`, `enum`, `const` or `unevaluated…`
  /// would rule out is left open.
  package func deadEnd(of pointer: JSONPointer) -> DeadEnd? {
    var reach = SchemaReach(program: program, tokens: pointer.tokens)
    return reach.deadEnd(0, at: 0, depth: 0)
  }
}

/// Follows a pointer through a schema.
private struct SchemaReach {
  let program: SchemaProgram
  let tokens: [String]
  /// Schemas that may still be looked at; afterwards everything counts as open.
  var stepsLeft = 10_000

  /// The first token from `position` on that cannot lead anywhere in a value that fits the schema `id`.
  mutating func deadEnd(_ id: NodeID, at position: Int, depth: Int) -> JSONSchema.DeadEnd? {
    stepsLeft -= 1
    guard position < tokens.count, stepsLeft > 0, depth < program.limits.depth else { return nil }
    let node = program.nodes[id]
    if let verdict = node.verdict { return verdict ? nil : JSONSchema.DeadEnd(position: position, known: []) }
    if let end = ownDeadEnd(node, at: position, depth: depth) { return end }
    guard let rules = node.combination else { return nil }
    for part in rules.references + rules.all {
      if let end = deadEnd(part, at: position, depth: depth + 1) { return end }
    }
    for choices in [rules.any, rules.one] where !choices.isEmpty {
      var furthest: JSONSchema.DeadEnd?
      var isOpen = false
      for choice in choices where !isOpen {
        guard let end = deadEnd(choice, at: position, depth: depth + 1) else {
          isOpen = true
          continue
        }
        if end.position > furthest?.position ?? -1 { furthest = end }
      }
      if !isOpen, let furthest { return furthest }
    }
    return nil
  }

  /// By the keywords of one schema alone.
  private mutating func ownDeadEnd(_ node: SchemaNode, at position: Int, depth: Int) -> JSONSchema.DeadEnd? {
    var known: [String] = []
    var furthest = position
    if node.types.contains(.object) {
      guard let rules = node.object else { return nil }
      known = rules.entries.compactMap { $0.node == nil ? nil : $0.name }
      guard let end = memberDeadEnd(rules, at: position, depth: depth) else { return nil }
      furthest = max(furthest, end.position)
      if end.position > position { known = end.known }
    }
    if node.types.contains(.array), let index = tokens[position].arrayIndex {
      guard let rules = node.array else { return nil }
      guard index < rules.maximum else { return JSONSchema.DeadEnd(position: furthest, known: known) }
      guard let item = index < rules.prefix.count ? rules.prefix[index] : rules.items else { return nil }
      guard let end = deadEnd(below: item, position, depth) else { return nil }
      if end.position > furthest { return end }
    }
    return JSONSchema.DeadEnd(position: furthest, known: known)
  }

  private mutating func memberDeadEnd(_ rules: ObjectRules, at position: Int, depth: Int) -> JSONSchema.DeadEnd? {
    let name = tokens[position]
    let entry = rules.position(of: name, from: 0)
    var isKnown = false
    if entry >= 0, let node = rules.entries[entry].node {
      isKnown = true
      if let end = deadEnd(below: node, position, depth) { return end }
    }
    for entry in rules.patterns {
      switch entry.pattern.firstMatch(in: name) {
      case .noMatch: continue
      case .gaveUp: isKnown = true
      case .match:
        isKnown = true
        if let end = deadEnd(below: entry.node, position, depth) { return end }
      }
    }
    guard !isKnown, let additional = rules.additional else { return nil }
    return deadEnd(below: additional, position, depth)
  }

  /// In the value that the token at `position` leads to, which does not exist where nothing fits `id`.
  private mutating func deadEnd(below id: NodeID, _ position: Int, _ depth: Int) -> JSONSchema.DeadEnd? {
    if program.nodes[id].verdict == false { return JSONSchema.DeadEnd(position: position, known: []) }
    return deadEnd(id, at: position + 1, depth: depth + 1)
  }
}

extension String {
  /// As a token of a pointer names a position: digits without a leading zero.
  fileprivate var arrayIndex: Int? {
    guard let first = utf8.first, utf8.allSatisfy({ (48...57).contains($0) }), first != 48 || utf8.count == 1 else {
      return nil
    }
    return Int(self)
  }
}
