import JSON
import Testing

/// The pattern engine: dialect, matches and bounds.
struct SchemaPatternTests {
  @Test(arguments: [
    ("^\\s$", "\u{FEFF}", true), ("^\\s$", "\u{2003}", true), ("^\\S$", "\u{A0}", false), ("^[\\s]$", "\u{A0}", true),
    ("^[^\\S]$", "\u{2029}", true), ("^\\d$", "٣", false), ("^\\w$", "é", false), ("^.$", "\u{2028}", false),
    ("^.$", "\u{85}", true), ("^a$", "a\n", false), ("^\\v$", "\u{B}", true), ("^\\cJ$", "\n", true),
    ("^\\u{1F432}$", "🐲", true), ("^\\uD83D\\uDC32$", "🐲", true), ("^[🐲-🐴]$", "🐳", true), ("^\\p{Letter}$", "é", true),
    ("^\\P{Lu}$", "É", false), ("^\\p{Script=Greek}$", "λ", true), ("^[\\p{digit}_]$", "٣", true),
    ("^a{2}$", "aa", true),
    ("^a{,2}$", "a{,2}", true), ("^[[:alpha:]]$", ":]", true), ("^[]$", "", false), ("^[^]$", "x", true),
    ("^(?<year>\\d+)-\\k<year>$", "12-12", true), ("^(a)|\\1b$", "b", true), ("^(?=a)(?!ab)a", "ac", true),
    ("(?<=€)5", "€5", true), ("^\\-\\/\\_\\@$", "-/_@", true), ("^\\x41\\0?$", "A", true), ("^(?i:AB)c$", "abc", true),
    ("^[\\b]$", "\u{8}", true), ("a]b}", "a]b}", true), ("", "", true), ("b", "", false),
    ("^\\u00e9$", "e\u{301}", false),
  ])
  func `ECMA-262 patterns keep their meaning`(pattern: String, text: String, isMatch: Bool) throws {
    #expect((try Pattern(pattern).firstMatch(in: text) != .noMatch) == isMatch)
  }

  @Test(arguments: [
    ("(?R)", "'(?R)' is not in ECMA-262 at character 0"), ("a(*COMMIT)", "'(*' is not in ECMA-262 at character 1"),
    ("(?P<n>a)", "'(?P<' is not in ECMA-262 at character 0"), ("(?C1)", "'(?C1' is not in ECMA-262 at character 0"),
    ("a++", "nothing to repeat before '+' at character 2"), ("\\Aa", "'\\A' is not in ECMA-262 at character 0"),
    ("\\C", "'\\C' is not in ECMA-262 at character 0"), ("[a", "'[' without ']' at character 0"),
    ("a\\", "'\\' at the end at character 1"), ("\\uD800", "'\\u' names no character at character 0"),
    ("\\p{No_Such}", "unknown property after \\P or \\p"), ("(a", "missing closing parenthesis"),
    ("\\x4", "fewer than 2 hexadecimal digits at character 0"),
    ("\\p{L}\\pL", "'\\p' without '{…}' is not in ECMA-262 at character 5"),
    ("a{70000}", "number too big in {} quantifier"),
    (
      String(repeating: "a", count: 20_000), "pattern of 20000 bytes exceeds the limit of 16384 at character 0"
    ),
  ])
  func `what ECMA-262 lacks is refused by name`(pattern: String, message: String) {
    let error = #expect(throws: PatternError.self) { try Pattern(pattern) }
    #expect(error?.description == message)
  }

  @Test func `matches are found with their UTF-8 ranges`() throws {
    let pattern = try Pattern("é+")
    #expect(pattern.firstMatch(in: "aéébé") == .match(1..<5))
    #expect(pattern.firstMatch(in: "aéébé", from: 5) == .match(6..<8))
    #expect(pattern.firstMatch(in: "aé", from: 2) == .noMatch, "inside a character")
    #expect(pattern.firstMatch(in: "aé", from: 9) == .noMatch, "behind the end")
    #expect(pattern.matches(in: "aéébé") == [1..<5, 6..<8])
    #expect(pattern.matches(in: "aéébé", limit: 1) == [1..<5])
    #expect(try Pattern("x*").matches(in: "éx") == [0..<0, 2..<3, 3..<3])
    #expect(try Pattern("KEY", ignoringCase: true).firstMatch(in: "a key") == .match(2..<5))
  }

  @Test(arguments: [
    ("^(a+)+$", 60), ("(a+)+$", 60), ("(a|aa)+$", 60), ("^(a?){40}a{40}b", 40), ("(.*)*x$", 2_000),
    ("^(([a-z])+.)+[A-Z]([a-z])+$", 200), ("a*a*a*a*a*a*[bc]", 3_000), ("(?:a*)*b|(a|a)*c", 500),
    ("(a*a*)*[^a]", 2_000),
    ("(?=(a+))(?=(a+)+b)", 3_000),
  ])
  func `a catastrophic pattern ends quickly`(pattern: String, length: Int) throws {
    let subject = String(repeating: "a", count: length) + "!"
    for usesMachineCode in [true, false] {
      var limits = Pattern.Limits()
      limits.usesMachineCode = usesMachineCode
      let compiled = try Pattern(pattern, limits: limits)
      #expect(usesMachineCode || !compiled.isCompiledToMachineCode)
      var outcome = Pattern.Outcome.noMatch
      let elapsed = ContinuousClock().measure { outcome = compiled.firstMatch(in: subject) }
      print("\(pattern): \(outcome) after \(elapsed)")
      #expect(elapsed < .seconds(3), "\(outcome)")
    }
  }

  @Test func `long repetitions of groups do not run out of stack`() throws {
    let text = String(repeating: "ab", count: 25_000)
    #expect(try Pattern("^(?:(a)|(b))*$").firstMatch(in: text) == .match(0..<50_000))
  }

  @Test func `one pattern serves many threads at once`() async throws {
    let pattern = try Pattern("(b+)c")
    let counts = await withTaskGroup(of: Int.self) { group in
      for task in 0..<8 {
        group.addTask {
          let text = String(repeating: "a", count: task) + "bbc"
          return (0..<2_000).count { _ in pattern.firstMatch(in: text) == .match(task..<(task + 3)) }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts == Array(repeating: 2_000, count: 8))
  }
}
