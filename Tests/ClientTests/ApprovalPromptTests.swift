import Foundation
import JSON
import Testing

/// Questions on a real terminal, answered as somebody would.
@Suite struct ApprovalPromptTests {
  private func service(_ steps: String) throws -> PolicyService {
    let service = try PolicyService(ApprovalTests.policy)
    try service.program.write("plan.json", "{\"steps\":[\(steps)]}")
    return service
  }

  private static let step = #"{"id":"a","tool":"act","input":{"n":1,"to":"\u202ex"}}"#
  private static let question = "[a]lways, [d]etails, [l]ater? "

  @Test func `what would run is shown, and yes runs it`() throws {
    let service = try service(Self.step)
    let run = try service.converse(["run", "--plan", "plan.json"], [(Self.question, "y\n")])
    #expect(run.code == 0, "\(run.output)")
    #expect(run.output.contains(#""to": "\u202ex""#) && run.output.contains("acts: it acts"), "\(run.output)")
    #expect(run.output.contains(" is approved\n"))
    // The result, behind that, is shown as results are.
    let asked = run.output.components(separatedBy: " is approved\n")[0]
    #expect(!asked.unicodeScalars.contains("\u{202E}"))
  }

  @Test func `no is asked why, and fails the job`() throws {
    let service = try service(Self.step)
    let run = try service.converse(
      ["run", "--plan", "plan.json"],
      [(Self.question, "maybe\n"), (Self.question, "d\n"), (Self.question, "n\n"), ("no reason): ", "too early\n")]
    )
    #expect(run.code == 1 && run.output.contains("too early"), "\(run.output)")
    #expect(run.output.contains("'maybe' is none of them") && run.output.contains("hash       "))
  }

  @Test func `an edited input is shown again and runs`() throws {
    let service = try service(Self.step)
    try service.program.write("editor.sh", "sed -i 's/1/2/' \"$1\"\n")
    let run = try service.converse(
      ["run", "--plan", "plan.json"],
      environment: ["EDITOR=sh \(service.program.folder)/editor.sh", "VISUAL="],
      [(Self.question, "e\n"), ("[y]es, [n]o ", "y\n")]
    )
    #expect(run.code == 0, "\(run.output)")
    #expect(try service.run(["approvals", "--all", "--json"]).json()["approvals"]?[0]?["edited_input"]?["n"] == 2)
  }

  @Test func `always is asked where it may differ, and asks nobody again`() throws {
    let service = try service(
      #"{"id":"a","tool":"act","for_each":{"in":[1,2,3],"concurrency":1},"input":{"n":"item:value"}}"#
    )
    let run = try service.converse(
      ["run", "--plan", "plan.json"],
      [(Self.question, "a\n"), ("nowhere): ", "n\n"), (Self.question, "a\n"), ("nowhere): ", "/n\n")]
    )
    #expect(run.code == 0, "\(run.output)")
    #expect(run.output.contains("'n' is no JSON Pointer"))
    #expect(try service.run(["approvals", "--all", "--json"]).json()["approvals"]?.arrayValue?.count == 1)
  }

  @Test func `somebody else's decision ends the question`() throws {
    let service = try service(Self.step + #",{"id":"b","tool":"act","input":{},"depends_on":["a"]}"#)
    let call = DispatchQueue(label: "other")
    let other = DispatchGroup()
    let program = Unchecked(service)
    call.async(group: other) {
      // When the other program asks.
      guard let id = try? program.value.asked() else { return }
      Thread.sleep(forTimeInterval: 1)
      _ = try? program.value.run(["approve", id])
    }
    let run = try service.converse(["run", "--plan", "plan.json"], [("any more", ""), (Self.question, "y\n")])
    other.wait()
    #expect(run.code == 0 && run.output.contains("does not wait any more"), "\(run.output)")
  }

  @Test func `a call asks too`() throws {
    let service = try service(Self.step)
    let run = try service.converse(["tool", "call", "act", #"{"n":1}"#], [(Self.question, "y\n")])
    #expect(run.code == 0 && run.output.contains(#""n": 1"#), "\(run.output)")
    let denied = try service.converse(
      ["tool", "call", "act", "{}"],
      [(Self.question, "n\n"), ("no reason): ", "\n")]
    )
    #expect(denied.code == 1 && denied.output.contains("denied"), "\(denied.output)")
  }

  /// Safety: the service's program only starts processes, which any thread may.
  private struct Unchecked: @unchecked Sendable {
    let value: PolicyService
    init(_ value: PolicyService) { self.value = value }
  }
}
