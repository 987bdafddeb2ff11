internal import JSON

/// Many conditions as one list of tests with jumps: what decides a hundred rules in some microseconds. Values are asked for
/// by slots, of which there is one for each name, so that each is looked up, and its texts folded, once for all rules.
final class RuleProgram: Sendable {
  /// Where a condition goes on when a test holds and when not.
  struct Jump: Sendable {
    var test: Int
    var whenTrue: Int
    var whenFalse: Int
  }

  struct Test: Sendable {
    var slot: Int
    var checks: Range<Int>
    /// Whether a match here makes the rule's match more likely.
    var isBroad: Bool
  }

  static let holds = -1
  static let fails = -2

  let jumps: ContiguousArray<Jump>
  let tests: ContiguousArray<Test>
  let checks: ContiguousArray<Check>
  let subjects: ContiguousArray<Subject>
  /// Of each condition: its first jump, `holds`, or `fails`.
  let entries: ContiguousArray<Int>

  init(_ conditions: [RuleCondition.Node]) {
    var compiler = Compiler()
    entries = ContiguousArray(conditions.map { compiler.compile($0, Self.holds, Self.fails) })
    jumps = compiler.jumps
    tests = compiler.tests
    checks = compiler.checks
    subjects = compiler.subjects
  }

  private struct Compiler {
    var jumps: ContiguousArray<Jump> = []
    var tests: ContiguousArray<Test> = []
    var checks: ContiguousArray<Check> = []
    var subjects: ContiguousArray<Subject> = []
    private var slots: [Subject: Int] = [:]

    /// From the end to the beginning, so that each jump knows where to.
    mutating func compile(_ node: RuleCondition.Node, _ whenTrue: Int, _ whenFalse: Int) -> Int {
      switch node {
      case .not(let part): return compile(part, whenFalse, whenTrue)
      case .all(let parts): return parts.reversed().reduce(whenTrue) { compile($1, $0, whenFalse) }
      case .any(let parts): return parts.reversed().reduce(whenFalse) { compile($1, whenTrue, $0) }
      case .test(let test):
        jumps.append(Jump(test: tests.count, whenTrue: whenTrue, whenFalse: whenFalse))
        let first = checks.count
        checks += test.checks
        tests.append(Test(slot: slot(for: test.subject), checks: first..<checks.count, isBroad: test.isBroad))
        return jumps.count - 1
      }
    }

    private mutating func slot(for subject: Subject) -> Int {
      if let slot = slots[subject] { return slot }
      slots[subject] = subjects.count
      subjects.append(subject)
      return subjects.count - 1
    }
  }
}
