import JSON
import Testing

@testable import TerminalText

@Suite struct `Audit log as a table` {
  @Test func `records are lines with a time, who, and what in few words`() throws {
    let records = try [
      #"{"n":1,"at":1767225600000,"kind":"service.started","actor":"coordinator","data":{"version":"0.1.0"}}"#,
      #"{"n":2,"at":1767225600001,"kind":"tool.invoked","actor":"user:anna","job":"j-1","step":"s[2]","data":{"tool":"bash","input":{"script":"ls\u001b[2J"}}}"#,
      #"{"n":3,"at":1767225600002,"kind":"policy.decided","actor":"user:anna","job":"j-1","data":{"tool":"bash","effect":"block","rules":[{"rule":"a"},{"rule":"b"}]}}"#,
      #"{"n":4,"at":1767225600003,"kind":"approval.denied","actor":"user:otto","data":{"approval":"a-1","edited":false,"reason":"no"}}"#,
      #"{"n":5,"at":1767225600004,"kind":"tool.ended","actor":"coordinator","data":{"tool":"bash","result":"failed","error":"tool_failed"}}"#,
      #"{"n":6,"at":1767225600005,"kind":"new.kind","actor":"coordinator","data":{"x":1}}"#, #"{"kind":7}"#,
    ].map { try JSON(parsing: $0) }
    #expect(
      AuditTable.table(records).text(Paint(isOn: false)) == #"""
        N  TIME                     WHO          KIND             JOB       WHAT
        1  2026-01-01 00:00:00.000  coordinator  service.started  -         0.1.0
        2  2026-01-01 00:00:00.001  user:anna    tool.invoked     j-1 s[2]  bash {"script":"ls\u001b[2J"}
        3  2026-01-01 00:00:00.002  user:anna    policy.decided   j-1       block bash by a, b
        4  2026-01-01 00:00:00.003  user:otto    approval.denied  -         a-1 'no'
        5  2026-01-01 00:00:00.004  coordinator  tool.ended       -         bash failed tool_failed
        6  2026-01-01 00:00:00.005  coordinator  new.kind         -         {"x":1}
        0  1970-01-01 00:00:00.000                                -         {}
        """#
    )
  }

  @Test(arguments: [
    (0, "1970-01-01 00:00:00.000"), (-1, "1969-12-31 23:59:59.999"), (951_782_400_000, "2000-02-29 00:00:00.000"),
    (1_709_251_199_999, "2024-02-29 23:59:59.999"), (4_107_542_400_000, "2100-03-01 00:00:00.000"),
  ])
  func `a time is a date of the calendar`(_ at: Int64, _ text: String) {
    #expect(utcText(milliseconds: at) == text)
  }
}
