import JSON
import TerminalText
import Testing
import Wire

/// What people decide on is what is there.
@Suite struct ApprovalTests {
  @Test(arguments: [
    ("plain text, Käse, 日本", "plain text, Käse, 日本"), ("a\u{1B}[2Jb", "a\\u{1B}[2Jb"),
    ("rm \u{202E}cod.exe", "rm \\u{202E}cod.exe"), ("a\u{200B}b\u{FEFF}", "a\\u{200B}b\\u{FEFF}"),
    ("a\u{A0}b\u{2003}c", "a\\u{00A0}b\\u{2003}c"), ("a\u{2028}b", "a\\u{2028}b"), ("x\u{E0041}", "x\\u{000E0041}"),
    ("a\u{FE0F}\u{3164}\u{AD}", "a\\u{FE0F}\\u{3164}\\u{00AD}"), ("a\r\nb\tc", "a\\r\nb\tc"),
    ("\u{7F}\u{9B}", "\\u{7F}\\u{009B}"),
    ("\u{E000}", "\\u{E000}"),
  ])
  func `what hides or reorders text is shown`(_ text: String, _ shown: String) {
    #expect(visible(text) == shown)
  }

  @Test func `one line is one line`() {
    #expect(visibleLine("a\nb\tc\u{85}") == "a\\nb\\tc\\u{0085}")
  }

  @Test func `JSON that is made visible means the same`() throws {
    let text = JSON.string("a\u{202E}b\u{E0041}\u{7F}\n\u{1B}ü").description
    let shown = visibleJSON(text)
    #expect(shown == #""a\u202eb\udb40\udc41\u007f\n\u001bü""#)
    #expect(try JSON(parsing: shown) == JSON(parsing: text))
  }

  private static func approval(_ change: (inout Approval) -> Void = { _ in }) -> Approval {
    var approval = Approval(
      id: "approval-7",
      job: "j1",
      kind: "step",
      state: "pending",
      hash: String(repeating: "a", count: 64),
      createdAt: 1_000_000,
      deadlineAt: 4_600_000
    )
    approval.step = "push"
    approval.item = 2
    approval.tool = "bash"
    approval.caller = ["uid": 1_000, "user": "ada"]
    approval.rules = [
      Approval.Rule(name: "pushes", message: "it pushes"), Approval.Rule(name: "two\u{202E}", message: ""),
    ]
    change(&approval)
    return approval
  }

  @Test func `the list says how long it has waited, how long it will, and who asks`() {
    let plan = Self.approval {
      $0.kind = "plan"
      $0.tool = nil
      $0.state = "denied"
      $0.caller = ["uid": 5]
    }
    let call = Self.approval { $0.kind = "call" }
    let waiting = ApprovalTables.approvals([Self.approval(), call], now: 1_065_000).text(.plain)
    #expect(
      waiting == """
        ID          AGE    LEFT     JOB  STEP     TOOL  ASKED BY  RULES
        approval-7  1m 5s  58m 55s  j1   push[2]  bash  ada       pushes, two\\u{202E}
        approval-7  1m 5s  58m 55s  j1   (call)   bash  ada       pushes, two\\u{202E}
        """
    )
    let all = ApprovalTables.approvals([plan], now: 1_065_000, showsState: true).text(.plain)
    #expect(
      all == """
        ID          STATE   AGE    LEFT  JOB  STEP    TOOL  ASKED BY  RULES
        approval-7  denied  1m 5s  -     j1   (plan)  -     uid 5     pushes, two\\u{202E}
        """
    )
  }

  @Test func `privileges say who enforces them and what the policy says`() {
    let list = [
      Privilege(kind: "host", value: "a:1", steps: ["x", "y"], enforcedBy: "proxy", verdict: "asks"),
      Privilege(kind: "read", value: "/a\u{200B}", steps: ["x"], enforcedBy: "kernel", verdict: "forbidden"),
    ]
    #expect(
      ApprovalTables.privileges(list).text(.plain) == """
        KIND  WHAT        ENFORCED BY  POLICY     STEPS
        host  a:1         proxy        asks       x, y
        read  /a\\u{200B}  kernel       forbidden  x
        """
    )
  }

  @Test(arguments: [
    (500_000_000, "$0.50"), (1, "$0.000000001"), (12_000_000_000, "$12.00"), (1_234_500_000, "$1.2345"),
  ])
  func `a budget is told exactly`(_ nano: Int64, _ text: String) {
    var budget = Budget()
    budget.costNanoUSD = nano
    #expect(budget.text == text)
  }

  @Test func `all of a budget is told`() {
    var budget = Budget()
    budget.tokens = 20_000
    budget.cpuMS = 30_000
    budget.wallMS = 600_000
    #expect(budget.text == "20000 tokens, 30s of processor time, 10m of elapsed time")
  }
}
