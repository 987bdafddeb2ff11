import Engine
import JSON
import Journal
import Policy
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// A shell that lists no programs has all of them, and what rules say about that is written down.
@Suite struct UnlistedProgramTests {
  private static func bench(_ policy: String) throws -> JobBench {
    let bench = try JobBench(policy: try ApprovalTests.policy(policy))
    try bench.start(
      bench.worker(settings: ["tools": ["bash", "act"], "needs": ["programs": ["*"]], "shows_needs": true]) {
        $0.permissions.jails = true
      }
    )
    return bench
  }

  private static func bash(_ bench: JobBench, _ script: String, _ programs: [String]? = nil) throws
    -> Result<ToolResult, WireError>
  {
    var needs: Needs?
    if let programs {
      needs = Needs()
      needs?.programs = programs
    }
    return try bench.call("bash", ["command": .string(script)], needs: needs)
  }

  @Test func `where one program is forbidden, a shell has those that it lists, or none`() throws {
    let bench = try Self.bench(#"{"privileges":{"forbid":{"programs":["touch"]}}}"#)
    let unlisted = try Self.bash(bench, "touch p")
    #expect(unlisted.failureName == .blocked)
    if case .failure(let error) = unlisted { #expect(error.message.contains("needs")) }
    #expect(try Self.bash(bench, "touch p", ["touch"]).failureName == .blocked)
    #expect(try Self.bash(bench, "ls", ["ls"]).get().output["programs"] == ["ls"])
    try bench.end()
  }

  @Test func `programs of allowed commands are asked about by nobody, and forbidden ones are left out`() throws {
    let bench = try Self.bench(
      #"{"commands":{"allow":["ls","touch"]},"privileges":{"approve":"always","forbid":{"programs":["touch"]}}}"#
    )
    #expect(try Self.bash(bench, "ls").get().output["programs"] == ["ls"])
    try bench.end()
  }

  @Test func `what is refused when it is handed in is in the audit log`() throws {
    let bench = try Self.bench(
      #"{"guardrails":[{"name":"no","effect":"block","when":{"value":"input.command","contains":"payroll"},"message":"m"},"#
        + #"{"name":"hm","effect":"warn","when":{"value":"tool","equals":"act"},"message":"m"}]}"#
    )
    let plan = try JSON(parsing: #"{"steps":[{"id":"a","tool":"bash","input":{"command":"cat payroll"}}]}"#)
    let refused = try bench.ask { bench.jobs.submit(JobSubmit(.plan(plan)), caller: [:], answer: $0) }
    #expect(refused.failureName == .invalidPlan)
    _ = try bench.call("act", ["n": 1]).get()
    try bench.until("all is written") { bench.coordinator.journal.backlog == 0 }
    var filter = AuditFilter()
    filter.kind = "policy.decided"
    filter.isNewestFirst = false
    let wanted = filter
    let records = try bench.read { database in
      try database.audit(wanted).records.map { try JSON(parsing: Array($0.text.utf8)) }
    }
    #expect(records.map { $0["data"]?["effect"] } == ["block", "warn"])
    #expect(records.first?["data"]?["rules"]?[0]?["rule"] == "no" && records.first?["data"]?["at"] == "plan")
    try bench.end()
  }
}
