/// The keywords that apply other schemas to the same value.
extension SchemaEvaluator {
  mutating func check(_ value: JSON, _ rules: CombinationRules, _ id: NodeID, _ coverage: CoveragePointer?) -> Bool {
    var fits = true
    for reference in rules.references where fits || isCollecting { fits = evaluate(reference, value, coverage) && fits }
    if case .anchor(let name, let fallback) = rules.dynamic, fits || isCollecting {
      fits = evaluate(dynamicTarget(name, fallback: fallback, id), value, coverage) && fits
    }
    for part in rules.all where fits || isCollecting { fits = evaluate(part, value, coverage) && fits }
    guard fits || isCollecting else { return false }
    if !rules.any.isEmpty, !checkAny(value, rules.any, id, coverage) {
      guard isCollecting else { return false }
      fits = false
    }
    if !rules.one.isEmpty, !checkOne(value, rules.one, id, coverage) {
      guard isCollecting else { return false }
      fits = false
    }
    if let not = rules.not, branch(not, value, nil, reading.opposite) {
      guard isCollecting else { return false }
      fits = false
      report(id, "not", "\(subject) matches the schema that 'not' refuses")
    }
    if let condition = rules.condition {
      let isPossible = branch(condition, value, reading == .certain ? nil : coverage, .possible)
      let isCertain =
        reading == .exact
        ? isPossible : branch(condition, value, reading == .certain ? coverage : nil, .certain)
      if isPossible != isCertain {
        fits = checkUndecided(value, rules, coverage) && fits
      } else if let next = isCertain ? rules.then : rules.otherwise {
        fits = evaluate(next, value, coverage) && fits
      }
    }
    return fits
  }

  private mutating func checkAny(
    _ value: JSON,
    _ branches: [NodeID],
    _ id: NodeID,
    _ coverage: CoveragePointer?
  ) -> Bool {
    var fits = false
    for branch in branches {
      fits = self.branch(branch, value, coverage) || fits
      // With coverage to collect, every branch that fits counts.
      if fits, coverage == nil { return true }
    }
    if !fits, isCollecting { reportNone(value, branches, id, "anyOf") }
    return fits
  }

  private mutating func checkOne(
    _ value: JSON,
    _ branches: [NodeID],
    _ id: NodeID,
    _ coverage: CoveragePointer?
  ) -> Bool {
    if reading != .exact { return checkOnePartial(value, branches, id, coverage) }
    var first: Int?
    for (position, branch) in branches.enumerated() where self.branch(branch, value, coverage) {
      guard let other = first else {
        first = position
        continue
      }
      if isCollecting { reportSeveral(other, position, id) }
      return false
    }
    if first == nil, isCollecting { reportNone(value, branches, id, "oneOf") }
    return first != nil
  }

  mutating func reportSeveral(_ first: Int, _ second: Int, _ id: NodeID) {
    report(id, "oneOf", "\(subject) matches branches \(first) and \(second) where exactly one is due")
  }

  mutating func reportNone(_ value: JSON, _ branches: [NodeID], _ id: NodeID, _ keyword: String) {
    guard !isStopped else { return }
    var text = "\(subject) matches none of \(counted(branches.count, "branch", plural: "branches"))"
    if !isExplaining {
      var reasons: [String] = []
      for (position, branch) in branches.prefix(5).enumerated() {
        if let reason = explanation(branch, value) { reasons.append("\(position): \(reason)") }
      }
      if branches.count > 5 { reasons.append("…") }
      if !reasons.isEmpty { text += " (" + reasons.joined(separator: "; ") + ")" }
    }
    report(id, keyword, text)
  }
}
