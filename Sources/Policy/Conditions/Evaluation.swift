internal import JSON

/// One look at some facts by the conditions of many rules. What patterns may cost is bounded for all of them together.
final class Evaluation {
  private let facts: Facts
  private let program: RuleProgram
  private var slots: ContiguousArray<Slot>
  private var budget = Budget()

  /// The values of a name.
  private enum Slot {
    case unknown
    case one(Entry)
    case some(ContiguousArray<Entry>)
    /// Too many to be kept; they are looked up each time.
    case many
  }

  static let keptValues = 1_000

  /// A value, and the texts within it once somebody asked for them.
  private final class Entry {
    let value: Value
    lazy var texts = TextCollection(value)

    init(_ value: Value) { self.value = value }
  }

  /// What all patterns may look at. Beyond it each of them counts as one that gave up.
  private struct Budget {
    var searches = 100_000
    var bytes = 32 << 20
    var surrenders = 4
  }

  init(_ facts: Facts, _ program: RuleProgram) {
    self.facts = facts
    self.program = program
    slots = ContiguousArray(repeating: .unknown, count: program.subjects.count)
  }

  /// Whether the condition at `index` holds.
  func holds(_ index: Int) -> Bool {
    var place = program.entries[index]
    while place >= 0 {
      let jump = program.jumps[place]
      place = passes(program.tests[jump.test]) ? jump.whenTrue : jump.whenFalse
    }
    return place == RuleProgram.holds
  }

  private func passes(_ test: RuleProgram.Test) -> Bool {
    if case .unknown = slots[test.slot] { slots[test.slot] = look(program.subjects[test.slot]) }
    switch slots[test.slot] {
    case .one(let entry): return passes(test, entry)
    case .some(let entries): return entries.contains { passes(test, $0) }
    case .many, .unknown: return program.subjects[test.slot].holds(in: facts) { passes(test, Entry($0)) }
    }
  }

  private func look(_ subject: Subject) -> Slot {
    var entries: ContiguousArray<Entry> = []
    let isTooMany = subject.holds(in: facts) { value in
      entries.append(Entry(value))
      return entries.count > Self.keptValues
    }
    if isTooMany { return .many }
    return entries.count == 1 ? .one(entries[0]) : .some(entries)
  }

  private func passes(_ test: RuleProgram.Test, _ entry: Entry) -> Bool {
    for i in test.checks where !holds(i, of: entry, isBroad: test.isBroad) { return false }
    return true
  }

  private func holds(_ check: Int, of entry: Entry, isBroad: Bool) -> Bool {
    switch program.checks[check] {
    case .exists(let due): if case .absent = entry.value { !due } else { due }
    case .equals(let operand): operand.equals(entry.value, isBroad: isBroad)
    case .notEquals(let operand): !operand.equals(entry.value, isBroad: !isBroad)
    case .isIn(let operands): operands.contains { $0.equals(entry.value, isBroad: isBroad) }
    case .contains(let operand): contains(operand, entry, isBroad)
    case .matches(let pattern): matches(pattern, entry, isBroad)
    case .order(let comparison, let bound): entry.value.number.map { comparison.holds($0, bound) } ?? false
    }
  }

  private func contains(_ operand: Operand, _ entry: Entry, _ isBroad: Bool) -> Bool {
    switch entry.value {
    case .absent, .integer: return false
    case .list(let texts): return texts.contains { operand.equals($0, isBroad: isBroad) }
    case .json(.array(let elements)) where elements.contains { operand.equals($0, isBroad: isBroad) }: return true
    case .text, .json: return operand.isText && operand.isContained(in: entry.texts, isBroad: isBroad)
    }
  }

  private func matches(_ pattern: Pattern, _ entry: Entry, _ isBroad: Bool) -> Bool {
    switch entry.value {
    case .absent, .integer, .list: false
    case .text, .json:
      isFound(pattern, in: entry.texts.texts, isBroad)
        || isBroad && isFound(pattern, in: entry.texts.otherForms, isBroad)
    }
  }

  /// A pattern that gives up is found where that is the careful answer.
  private func isFound(_ pattern: Pattern, in texts: [String], _ isBroad: Bool) -> Bool {
    for text in texts {
      budget.searches -= 1
      budget.bytes -= text.utf8.count
      guard budget.searches >= 0, budget.bytes >= 0, budget.surrenders > 0 else { return isBroad }
      switch pattern.firstMatch(in: text) {
      case .match: return true
      case .noMatch: continue
      case .gaveUp:
        budget.surrenders -= 1
        return isBroad
      }
    }
    return false
  }
}

extension TextCollection {
  fileprivate convenience init(_ value: Value) {
    switch value {
    case .text(let text): self.init(.string(text))
    case .json(let json): self.init(json)
    case .absent, .integer, .list: self.init(.null)
    }
  }
}

extension Operand {
  fileprivate func equals(_ value: Value, isBroad: Bool) -> Bool {
    switch value {
    case .absent: self.value.isNull
    case .text(let text): equals(text, isBroad: isBroad)
    case .integer(let number): self.value == .integer(number)
    case .list: false
    case .json(let json): equals(json, isBroad: isBroad)
    }
  }
}

extension Value {
  /// Of a number, and of a text that is one.
  fileprivate var number: ExactNumber? {
    switch self {
    case .integer(let value): .integer(value)
    case .text(let text), .json(.string(let text)): Self.number(text)
    case .json(let json): ExactNumber(json)
    case .absent, .list: nil
    }
  }

  private static func number(_ text: String) -> ExactNumber? {
    guard text.utf8.count <= 1_000 else { return nil }
    return JSONNumber(text).flatMap { ExactNumber(.number($0)) }
  }
}
