/// The keywords for arrays.
extension SchemaEvaluator {
  mutating func check(_ elements: [JSON], _ rules: ArrayRules, _ id: NodeID, _ coverage: CoveragePointer?) -> Bool {
    var fits = true
    if elements.count < rules.minimum {
      guard isCollecting else { return false }
      fits = false
      report(id, "minItems", lengthText(elements.count, "item", "at least", rules.minimum))
    }
    if elements.count > rules.maximum {
      guard isCollecting else { return false }
      fits = false
      report(id, "maxItems", lengthText(elements.count, "item", "at most", rules.maximum))
    }
    guard charge(elements.count / 16, id) else { return false }
    for position in 0..<min(rules.prefix.count, elements.count) where !isStopped {
      coverage?.pointee.positions.insert(position)
      if !evaluateItem(rules.prefix[position], elements[position], position) {
        guard isCollecting else { return false }
        fits = false
      }
    }
    if let items = rules.items {
      coverage?.pointee.isComplete = true
      var position = rules.prefix.count
      while position < elements.count, !isStopped {
        if !evaluateItem(items, elements[position], position) {
          guard isCollecting else { return false }
          fits = false
        }
        position += 1
      }
    }
    if let contains = rules.contains, !checkContains(elements, contains, rules, id, coverage) {
      guard isCollecting else { return false }
      fits = false
    }
    guard rules.isUnique, elements.count > 1 else { return fits }
    for element in elements {
      guard charge(ValueRules.weight(element), id) else { return false }
    }
    var elements = elements
    var places: [Int] = []
    if reading != .exact {
      // Items with holes may yet differ, and may yet be equal.
      places = elements.indices.filter { !elements[$0].holdsHole }
      if places.count < elements.count, reading == .certain { return false }
      elements = places.map { elements[$0] }
      guard elements.count > 1 else { return fits }
    }
    if var (first, second) = repetition(in: elements) {
      if reading != .exact { (first, second) = (places[first], places[second]) }
      guard isCollecting else { return false }
      fits = false
      report(
        id,
        "uniqueItems",
        "items \(first) and \(second) of \(subject) are equal where all must differ"
      )
    }
    return fits
  }

  private mutating func evaluateItem(_ id: NodeID, _ element: JSON, _ position: Int) -> Bool {
    guard isCollecting else { return evaluate(id, element, nil) }
    location.append(.index(position))
    let fits = evaluate(id, element, nil)
    location.removeLast()
    return fits
  }

  private mutating func checkContains(
    _ elements: [JSON],
    _ contains: NodeID,
    _ rules: ArrayRules,
    _ id: NodeID,
    _ coverage: CoveragePointer?
  ) -> Bool {
    // Where there are holes, the fewest that match and the most.
    var least = 0
    var most = 0
    for position in elements.indices {
      if branch(contains, elements[position], nil, .possible) {
        most += 1
        let isCertain = reading == .exact || branch(contains, elements[position], nil, .certain)
        if isCertain { least += 1 }
        if isCertain || reading == .possible { coverage?.pointee.positions.insert(position) }
      }
      if isStopped { return false }
      let count = reading == .certain ? least : most
      let isSettled = count >= rules.minimumContains && rules.maximumContains == Int.max
      if coverage == nil, !isCollecting, isSettled { return true }
    }
    let count = reading == .certain ? least : most
    if count < rules.minimumContains {
      let keyword = rules.minimumContains == 1 ? "contains" : "minContains"
      let due = "at least \(rules.minimumContains) \(rules.minimumContains == 1 ? "is" : "are") due"
      if isCollecting { report(id, keyword, "\(subject) has \(counted(count, "matching item")) where \(due)") }
      return false
    }
    let bounded = reading == .possible ? least : most
    if bounded > rules.maximumContains {
      let due = "at most \(rules.maximumContains) \(rules.maximumContains == 1 ? "is" : "are") due"
      if isCollecting { report(id, "maxContains", "\(subject) has \(counted(bounded, "matching item")) where \(due)") }
      return false
    }
    return true
  }

  /// Two positions with equal items. Pairs are compared in a short array, hashes in a long one.
  private func repetition(in elements: [JSON]) -> (Int, Int)? {
    if elements.count <= 8 {
      for second in 1..<elements.count {
        for first in 0..<second where elements[first] == elements[second] { return (first, second) }
      }
      return nil
    }
    var seen = [JSON: Int](minimumCapacity: elements.count)
    for (position, element) in elements.enumerated() {
      if let first = seen.updateValue(position, forKey: element) { return (first, position) }
    }
    return nil
  }

  mutating func checkUnevaluated(_ elements: [JSON], _ rest: NodeID, _ coverage: inout Coverage) -> Bool {
    guard !coverage.isComplete else { return true }
    var fits = true
    guard charge(elements.count / 16, rest) else { return false }
    for position in elements.indices where !coverage.contains(position) && !isStopped {
      if !evaluateItem(rest, elements[position], position) {
        guard isCollecting else { return false }
        fits = false
      }
    }
    coverage.isComplete = true
    return fits
  }
}
