/// The keywords for objects.
extension SchemaEvaluator {
  /// `value` is `object` once more, for the schemas that see it whole.
  mutating func check(
    _ object: JSONObject,
    _ rules: ObjectRules,
    _ id: NodeID,
    _ value: JSON,
    _ coverage: CoveragePointer?
  ) -> Bool {
    var fits = true
    let count = object.members.count
    if count < rules.minimum {
      guard isCollecting else { return false }
      fits = false
      report(id, "minProperties", lengthText(count, "member", "at least", rules.minimum))
    }
    if count > rules.maximum {
      guard isCollecting else { return false }
      fits = false
      report(id, "maxProperties", lengthText(count, "member", "at most", rules.maximum))
    }
    var seen: UInt64 = 0
    if rules.visitsMembers {
      guard charge(count / 4, id) else { return false }
      var hint = 0
      for position in 0..<count {
        let entry = rules.position(of: object.members[position].key, from: hint)
        if entry >= 0 {
          hint = entry + 1
          seen |= 1 << UInt64(entry & 63)
        }
        if !check(object.members[position], position, entry, object, rules, id, coverage) {
          guard isCollecting else { return false }
          fits = false
        }
        if isStopped { return false }
      }
    }
    if rules.requiredMask == nil {
      guard charge(rules.required.count / 8, id) else { return false }
    }
    let hasRequired = rules.requiredMask.map { seen & $0 == $0 } ?? rules.required.allSatisfy { object[$0] != nil }
    if !hasRequired {
      guard isCollecting else { return false }
      fits = false
      for name in rules.required where object[name] == nil {
        report(id, "required", "missing member \(quoted(name))\(inSubject)")
      }
    }
    guard !rules.dependentRequired.isEmpty || !rules.dependentSchemas.isEmpty else { return fits }
    return checkDependents(object, rules, id, value, coverage) && fits
  }

  /// One member; `entry` is its place in the rules' table or −1.
  @inline(__always)
  private mutating func check(
    _ member: JSONObject.Member,
    _ position: Int,
    _ entry: Int,
    _ object: JSONObject,
    _ rules: ObjectRules,
    _ id: NodeID,
    _ coverage: CoveragePointer?
  ) -> Bool {
    var fits = true
    var isMatched = false
    if entry >= 0, let node = rules.entries[entry].node {
      isMatched = true
      if !evaluateMember(node, member) {
        guard isCollecting else { return false }
        fits = false
      }
    }
    if !rules.patterns.isEmpty || rules.names != nil {
      guard checkName(member, rules, id, &isMatched) || isCollecting else { return false }
    }
    if !isMatched, let additional = rules.additional {
      isMatched = true
      if rules.refusesAdditional {
        guard isCollecting else { return false }
        fits = false
        reportUnknown(member.key, id, "additionalProperties", object)
      } else if !evaluateMember(additional, member) {
        guard isCollecting else { return false }
        fits = false
      }
    }
    if isMatched { coverage?.pointee.positions.insert(position) }
    return fits
  }

  /// `patternProperties` and `propertyNames`.
  private mutating func checkName(
    _ member: JSONObject.Member,
    _ rules: ObjectRules,
    _ id: NodeID,
    _ isMatched: inout Bool
  ) -> Bool {
    var fits = true
    for entry in rules.patterns {
      if isCollecting { location.append(.member(member.key)) }
      if matches(entry.pattern, member.key, id, "patternProperties") {
        isMatched = true
        fits = evaluate(entry.node, member.value, nil) && fits
      }
      if isCollecting { location.removeLast() }
      guard !isStopped, fits || isCollecting else { return false }
    }
    if let names = rules.names {
      if isCollecting { location.append(.name(member.key)) }
      fits = evaluate(names, .string(member.key), nil) && fits
      if isCollecting { location.removeLast() }
    }
    return fits
  }

  private mutating func evaluateMember(_ id: NodeID, _ member: JSONObject.Member) -> Bool {
    guard isCollecting else { return evaluate(id, member.value, nil) }
    location.append(.member(member.key))
    let fits = evaluate(id, member.value, nil)
    location.removeLast()
    return fits
  }

  private mutating func checkDependents(
    _ object: JSONObject,
    _ rules: ObjectRules,
    _ id: NodeID,
    _ value: JSON,
    _ coverage: CoveragePointer?
  ) -> Bool {
    guard charge((rules.dependentRequired.count + rules.dependentSchemas.count) / 4, id) else { return false }
    var fits = true
    for (name, needs) in rules.dependentRequired where object[name] != nil {
      guard charge(1 + needs.count / 4, id) else { return false }
      for need in needs where object[need] == nil {
        guard isCollecting else { return false }
        fits = false
        report(
          id,
          "dependentRequired",
          "missing member \(quoted(need))\(inSubject), due because \(quoted(name)) is present"
        )
      }
    }
    for (name, node) in rules.dependentSchemas where object[name] != nil {
      if !evaluate(node, value, coverage) {
        guard isCollecting else { return false }
        fits = false
      }
    }
    return fits
  }

  mutating func checkUnevaluated(_ object: JSONObject, _ rest: NodeID, _ coverage: inout Coverage, _ id: NodeID) -> Bool
  {
    guard !coverage.isComplete else { return true }
    var fits = true
    guard charge(object.count / 16, id) else { return false }
    for position in object.members.indices where !coverage.contains(position) && !isStopped {
      let member = object.members[position]
      if nodes[rest].verdict == false {
        guard isCollecting else { return false }
        fits = false
        reportUnknown(member.key, id, "unevaluatedProperties", object)
      } else if !evaluateMember(rest, member) {
        guard isCollecting else { return false }
        fits = false
      }
    }
    coverage.isComplete = true
    return fits
  }
}
