import Foundation
import Testing

@testable import Policy

/// What hostile scripts cost: their length bounds the time, and nothing traps.
@Suite struct CommandLimitTests {
  private static let size = ShellLimit.bytes

  @Test(arguments: [
    "$(", "${", "${x:-", "\\", "((((", "(", "{ ", "$((", "`", "\"", "'", "\"$(", "$[", "a[", "<(", "$(case x in ",
    "if ", "while ", "for x in ", "f() ", "case x in x) ",
    "<<A ", "cat <<A\n", "cat <<'A'\nA\n", "{a,", "{a,b}", "a,{b,", "!(", "@(a|", "[[ ", "x=(", "$'", "$'\\x", ";",
    "\n", "&&", "|", "ls;", "ls|", "eval ", "\\\n",
    "$x", "*", "~", "#", "# \n", "\u{200B}", "é", "a=b ", ">x ", "{x}>", "2>", "$((1+", "$((a[", "x[$((", "\"${x:-\"",
    "env ", "sudo ", "xargs ", "find . -exec ", "bash -c ",
    "rm $x ", "[ -v x ] ", "((x)) ", "f(){ ", "coproc ", "time ", "! ", "function f ", "select x ", "-rf ", "/*", "${#",
    "${!", "<<<", "<(<(", "\\`", "$(#", "case x in (",
    "sed s/[/]/x/ ", "echo x|sh;", "git -c x ", "trap x ", "declare x=", "a+", "$(cat <<A\n", "`cat <<A\n",
  ])
  func `as much of the same as may be is judged in a time that its length bounds`(piece: String) {
    measure("ls; " + String(repeating: piece, count: (Self.size - 4) / piece.utf8.count))
  }

  @Test func `a script that holds scripts within scripts is judged in a moment`() {
    var script = "ls"
    for _ in 0..<200 where script.utf8.count < Self.size / 2 { script = "bash -c " + Self.quoted(script) }
    measure(script)
    measure("eval '" + String(repeating: "eval ", count: 20_000) + "'")
    measure(String(repeating: "bash -c '" + String(repeating: "ls;", count: 300) + "';", count: 100))
    measure(String(repeating: "a", count: 60_000) + " " + String(repeating: "b ", count: 30_000))
    measure("echo " + String(repeating: "{a,b}", count: 20_000))
    measure("cat " + String(repeating: "<<A ", count: 16) + "\n" + String(repeating: "A\n", count: 60_000))
  }

  private func measure(_ script: String) {
    let clock = ContinuousClock()
    var matches: [Decision.Match] = []
    let time = clock.measure { matches = Samples.rules.judge(script: script) }
    // Linear and unoptimised it takes some tenths of a second; quadratic it would take hours.
    #expect(time < .seconds(20), "\(script.prefix(40))…: \(time)")
    #expect(matches.count <= 20)
    #expect(matches.allSatisfy { $0.message.utf8.count < 300 })
  }

  private static func quoted(_ script: String) -> String { "'" + script.replacing("'", with: "'\\''") + "'" }

  @Test func `what is longer or deeper than the limits is one unknown match`() {
    let long = "ls " + String(repeating: "a", count: Self.size)
    #expect(Samples.judge(long) == ["unknown"])
    #expect(Samples.judge("ls " + String(repeating: "a", count: Self.size - 3)) == [])
    let deep = String(repeating: "( ", count: 100) + "ls" + String(repeating: ")", count: 100)
    #expect(Samples.open.judge(script: deep).map(\.rule) == ["commands/unknown"])
    let shallow = String(repeating: "( ", count: 20) + "ls" + String(repeating: ")", count: 20)
    #expect(Samples.judge(shallow) == [])
    #expect(Samples.judge(String(repeating: "ls\n", count: 4_000)) == [])
    #expect(Samples.open.judge(script: String(repeating: "ls\n", count: 4_001)).map(\.rule) == ["commands/unknown"])
    #expect(Samples.judge("ls\0") == ["unknown"])
    #expect(Samples.judge(String(repeating: "env ", count: 100) + "rm -rf x").contains("unknown"))
  }

  @Test func `a small stack is enough for the deepest script`() async {
    let pieces = [
      "$(", "\"$(", "${x:-$(", "((a[$(", "{ ", "if ls; then ", "f() { ", "case x in x) ", "`", "x=(<(", "[[ $(",
    ]
    await withCheckedContinuation { done in
      let thread = Thread {
        for piece in pieces {
          _ = Samples.rules.judge(script: String(repeating: piece, count: 1_000))
          _ = Samples.rules.judge(
            script: String(repeating: piece, count: 14) + "eval eval eval eval eval eval bash -c '$($($('"
          )
        }
        done.resume()
      }
      thread.stackSize = 512 << 10
      thread.start()
    }
  }
}
