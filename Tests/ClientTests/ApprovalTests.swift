import Foundation
import JSON
import Testing

/// What people see of what waits for them, and what they say: with the real program, against a coordinator with a policy.
@Suite struct ApprovalTests {
  /// Asks before each `act`.
  static let policy =
    #"{"guardrails":[{"name":"acts","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"it acts"}]}"#

  private static func act(_ input: String = "{}", id: String = "a", more: String = "") -> String {
    #"{"id":"\#(id)","tool":"act","input":\#(input)\#(more)}"#
  }

  @Test func `what waits is listed and shown in full, and runs when it is approved`() throws {
    let service = try PolicyService(Self.policy)
    #expect(try service.run(["approvals"]).output == "nothing waits for a person\n")
    try service.submit(Self.act(#"{"script":"echo a\ngit push \u202egro.live","n":1.50}"#), id: "j1")
    let id = try service.asked()
    let list = try service.run(["approvals"]).output
    #expect(list.hasPrefix("ID "))
    #expect(list.contains("\(id) ") && list.contains("  j1  ") && list.contains("acts"), "\(list)")
    let page = try service.run(["approvals", String(id.dropFirst(9))])
    #expect(page.output.contains(#""script": "echo a\ngit push \u202egro.live""#), "\(page.output)")
    #expect(page.output.contains("  | echo a\n  | git push \\u{202E}gro.live"), "\(page.output)")
    #expect(page.output.contains(#""n": 1.50"#) && page.output.contains("acts: it acts"))
    #expect(!page.output.unicodeScalars.contains("\u{202E}"))
    let show = try service.run(["show", "j1"]).output
    #expect(show.contains("waits for  \(id): a, tool act") && show.contains("'bulkhead approve \(id)'"), "\(show)")
    let jobs = try service.run(["jobs"])
    #expect(jobs.output.contains("WAITS FOR") && jobs.output.contains(" \(id) "), "\(jobs.output)")
    #expect(try service.run(["status"]).output.contains("approvals 1 waiting"))
    let approve = try service.run(["approve", id, "--reason", "fine"])
    #expect(approve.output == "\(id), a step of job 'j1', is approved\n", "\(approve.errors)")
    #expect(try service.run(["watch", "j1"]).code == 0)
    let again = try service.run(["deny", id])
    #expect(again.code == 1 && again.errors.contains("is approved already"), "\(again.errors)")
    #expect(again.errors.contains("hint: 'bulkhead approvals \(id)'"))
    let decided = try service.run(["approvals", id]).output
    #expect(decided.contains("reason     fine") && decided.contains("good for   this alone"), "\(decided)")
    #expect(try service.run(["approvals", "--all"]).output.contains("approved"))
    #expect(try service.run(["jobs"]).output.contains("WAITS FOR") == false)
  }

  @Test func `what is denied fails with the reason`() throws {
    let service = try PolicyService(Self.policy)
    try service.submit(Self.act(), id: "j1")
    let deny = try service.run(["deny", try service.asked(), "--reason", "not today", "--json"])
    #expect(try deny.json()["state"] == "denied")
    let watch = try service.run(["watch", "j1"])
    #expect(watch.code == 1 && watch.errors.contains("not today"), "\(watch.errors)")
    let missing = try service.run(["approve", "approval-99999"])
    #expect(missing.code == 1 && missing.errors.contains("there is no approval 'approval-99999'"), "\(missing.errors)")
  }

  @Test func `another input runs in its place if the tool takes it`() throws {
    let service = try PolicyService(Self.policy)
    try service.submit(Self.act(#"{"amount":10}"#), id: "j1")
    let id = try service.asked()
    let wrong = try service.run(["approve", id, "--input", "[1]"])
    #expect(wrong.code == 1 && wrong.errors.contains("nothing was decided"), "\(wrong.errors)")
    try service.program.write("new.json", #"{"amount": 9.00}"#)
    let approve = try service.run(["approve", id, "--input", "@new.json"])
    #expect(approve.code == 0, "\(approve.errors)")
    #expect(try service.run(["watch", "j1"]).output.contains(#""amount": 9.0"#))
    let page = try service.run(["approvals", id]).output
    #expect(page.contains("input that was put in its place") && page.contains(#""amount": 10"#), "\(page)")
  }

  @Test func `one approval is good for all that differs where it may`() throws {
    let service = try PolicyService(Self.policy)
    let list = #","for_each":{"in":["x","y","z"],"concurrency":1}"#
    try service.submit(Self.act(#"{"file":"item:value","mode":"r"}"#, more: list), id: "j1")
    let approve = try service.run(["approve", try service.asked(), "--always", "--any", "/file"])
    #expect(approve.code == 0, "\(approve.errors)")
    #expect(try service.run(["watch", "j1"]).code == 0)
    let all = try service.run(["approvals", "--all", "--json"]).json()["approvals"]?.arrayValue ?? []
    #expect(all.count == 1 && all[0]["always"] == ["/file"])
  }

  @Test func `without a terminal a run says how it is decided and goes on waiting`() throws {
    let service = try PolicyService(Self.policy)
    let plan = "{\"steps\":[\(Self.act())]}"
    let run = try service.begin(["run", "--plan", "-", "--id", "j1"], input: plan)
    try run.waitForErrors("'bulkhead approve approval-")
    #expect(try service.run(["approve", try service.asked()]).code == 0)
    let outcome = try run.outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.components(separatedBy: "'bulkhead approve approval-").count == 2, "it is said once")
    let quiet = try service.begin(["run", "--plan", "-", "--id", "j2", "--json"], input: plan)
    #expect(try service.run(["approve", try service.asked("j2")]).code == 0)
    let documents = try quiet.outcome()
    #expect(documents.code == 0 && documents.errors == "")
    for line in documents.output.split(separator: "\n") { _ = try JSON(parsing: Array(line.utf8)) }
  }

  @Test func `a call waits too, and ends with its client`() throws {
    let service = try PolicyService(Self.policy)
    let call = try service.begin(["tool", "call", "act", #"{"n":1}"#])
    try call.waitForErrors("'bulkhead approve approval-")
    #expect(try service.run(["approve", try service.asked()]).code == 0)
    let outcome = try call.outcome()
    #expect(outcome.code == 0 && outcome.output.contains(#""n": 1"#), "\(outcome.errors)")
    let other = try service.begin(["tool", "call", "act", "{}"])
    let id = try service.asked()
    other.interrupt()
    #expect(try other.outcome().code == 130)
    #expect(try service.run(["approvals", id, "--json"]).json()["state"] == "withdrawn")
  }

  @Test func `a budget without room fails, and is named`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let run = try service.run(
      ["run", "--plan", "-", "--id", "j1", "--budget", "usd=0.50,wall=0"],
      input: #"{"steps":[{"id":"a","tool":"act","input":{}}]}"#
    )
    #expect(run.code == 1 && run.errors.contains("budget/wall"), "\(run.errors)")
  }

  @Test func `a plan's privileges are told before, shown to whoever decides, and the plan is approved as it is`() throws
  {
    let service = try PolicyService(
      #"{"privileges":{"approve":"beyond","allow":{"read":["/srv"]},"forbid":{"read":["/etc"]}}}"#
    )
    func plan(_ path: String) -> String {
      #"{"steps":[{"id":"a","tool":"act","input":{},"needs":{"read":["/srv/data","\#(path)"]}}]}"#
    }
    let list = try service.run(["plan", "privileges", "-"], input: plan("/opt"))
    #expect(list.code == 0, "\(list.errors)")
    #expect(
      list.output == """
        KIND  WHAT       ENFORCED BY  POLICY   STEPS
        read  /srv/data  worker       allowed  a
        read  /opt       worker       asks     a

        """
    )
    let forbidden = try service.run(["plan", "privileges", "-", "--json"], input: plan("/etc"))
    #expect(forbidden.code == 1)
    #expect(try forbidden.json()["privileges"]?[1]?["verdict"] == "forbidden")
    let submit = try service.run(["run", "--plan", "-", "--id", "j1", "-d"], input: plan("/opt"))
    #expect(submit.code == 0, "\(submit.errors)")
    let id = try service.asked()
    let page = try service.run(["approvals", id]).output
    #expect(page.contains("read  /opt       worker       asks     a") && page.contains("before anything of it runs"))
    let edit = try service.run(["approve", id, "--input", "{}"])
    #expect(edit.code == 1 && edit.errors.contains("cannot be edited"), "\(edit.errors)")
    #expect(try service.run(["approve", id]).output == "\(id), the plan of job 'j1', is approved\n")
    #expect(try service.run(["watch", "j1"]).code == 0)
  }
}
