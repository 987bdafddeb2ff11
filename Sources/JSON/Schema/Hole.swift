/// A value that is not known yet, in a value that is checked all the same.
package enum Hole: String, Sendable {
  case anything
  /// Some text.
  case text
  /// Some integer from 0.
  case index

  /// A value of the type that is known.
  fileprivate var sample: JSON? {
    switch self {
    case .anything: nil
    case .text: ""
    case .index: 0
    }
  }
}

extension JSON {
  /// Stands for an unknown value in `JSONSchema.violations(inPartial:)` and is of no use elsewhere. It is a number without
  /// digits, which no parser makes.
  package static func hole(_ hole: Hole) -> JSON { .number(JSONNumber(validated: hole.rawValue)) }

  @inline(__always)
  var hole: Hole? {
    guard case .number(let number) = self, let first = number.text.utf8.first, first >= UInt8(ascii: "a") else {
      return nil
    }
    return Hole(rawValue: number.text)
  }

  var holdsHole: Bool {
    switch self {
    case .number: hole != nil
    case .array(let elements): elements.contains { $0.holdsHole }
    case .object(let object): object.members.contains { $0.value.holdsHole }
    case .null, .bool, .integer, .string: false
    }
  }
}

/// What an answer says of a value with holes.
enum SchemaReading {
  /// There are no holes.
  case exact
  /// Yes: some filling of the holes may fit. No: none does, whatever the holes will be.
  case possible
  /// Yes: every filling fits. No: some may not.
  case certain

  var opposite: SchemaReading {
    switch self {
    case .exact: .exact
    case .possible: .certain
    case .certain: .possible
    }
  }
}

extension JSONSchema {
  /// The violations that no filling of the holes in `value` avoids. A value without holes is checked in full.
  ///
  /// What is reported is certain; not everything that is certain is reported (two holes that contradict each other). A value
  /// that is too expensive to check has none.
  package func violations(inPartial value: JSON, limit: Int = 100) -> [Violation] {
    guard value.holdsHole else { return violations(in: value, limit: limit) }
    return program.violations(in: value, limit: max(1, limit), reading: .possible)
  }
}

extension SchemaEvaluator {
  /// The schema `id`, applied to a hole; `value` is the hole as a value.
  mutating func apply(_ id: NodeID, _ hole: Hole, _ value: JSON, _ coverage: CoveragePointer?) -> Bool {
    guard let sample = hole.sample else { return reading == .possible }
    var fits = true
    if !nodes[id].types.admits(sample) {
      guard isCollecting else { return false }
      reportType(id, sample)
      fits = false
    }
    let isUndecided = nodes[id].values != nil || nodes[id].string != nil || nodes[id].number != nil
    if reading == .certain, isUndecided { return false }
    if let rules = nodes[id].combination { fits = check(value, rules, id, coverage) && fits }
    return fits
  }

  /// As `branch`, in another reading where there are holes at all.
  mutating func branch(_ id: NodeID, _ value: JSON, _ coverage: CoveragePointer?, _ other: SchemaReading) -> Bool {
    guard reading != .exact else { return branch(id, value, coverage) }
    let kept = reading
    reading = other
    defer { reading = kept }
    return branch(id, value, coverage)
  }

  /// `then` and `else` of a condition that depends on a hole.
  mutating func checkUndecided(_ value: JSON, _ rules: CombinationRules, _ coverage: CoveragePointer?) -> Bool {
    let coverage = reading == .possible ? coverage : nil
    let then = rules.then.map { branch($0, value, coverage) } ?? true
    let otherwise = rules.otherwise.map { branch($0, value, coverage) } ?? true
    return reading == .possible ? then || otherwise : then && otherwise
  }

  /// `oneOf` over a value with holes.
  mutating func checkOnePartial(
    _ value: JSON,
    _ branches: [NodeID],
    _ id: NodeID,
    _ coverage: CoveragePointer?
  ) -> Bool {
    var possible = 0
    var certain: [Int] = []
    for (position, branch) in branches.enumerated() {
      guard self.branch(branch, value, reading == .possible ? coverage : nil, .possible) else { continue }
      possible += 1
      if self.branch(branch, value, reading == .certain ? coverage : nil, .certain) { certain.append(position) }
    }
    if reading == .certain { return possible == 1 && certain.count == 1 }
    if certain.count > 1, isCollecting { reportSeveral(certain[0], certain[1], id) }
    if possible == 0, isCollecting { reportNone(value, branches, id, "oneOf") }
    return possible > 0 && certain.count < 2
  }
}
