import Foundation
import Glibc
import JSON
import Testing

@Suite struct JobControlTests {
  private func started(_ workers: String...) throws -> Program {
    let program = try Program()
    for worker in workers { try program.addWorkers(worker) }
    let up = try program.up()
    #expect(up.code == 0, "\(up.errors)")
    return program
  }

  private func state(_ job: String, _ program: Program) throws -> String {
    try program.run(["show", job, "--json"]).json()["job"]?["state"]?.stringValue ?? ""
  }

  private func wait(for expected: String, _ job: String, _ program: Program) throws {
    let deadline = Date().addingTimeInterval(20)
    while try state(job, program) != expected {
      guard Date() < deadline else { throw Failure("job '\(job)' is \(try state(job, program)), not \(expected)") }
      usleep(20_000)
    }
  }

  @Test func `the first Ctrl-C cancels the job and waits for its end`() throws {
    let program = try started("sandbox")
    try program.write("plan.json", Plans.bash("sleep 30"))
    let running = try program.begin(["run", "--plan", "plan.json", "--id", "c1"])
    try running.waitForErrors("work                  started")
    running.interrupt()
    let outcome = try running.outcome()
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("cancelling job 'c1'; press Ctrl-C again to leave it to itself\n"))
    #expect(outcome.errors.contains("bulkhead: job 'c1' was cancelled\n"))
    #expect(try state("c1", program) == "cancelled")
  }

  @Test func `the second Ctrl-C leaves the job to itself and says how to see it again`() throws {
    let program = try Program()
    try program.addSin("hangs-in-call")
    #expect(try program.up().code == 0)
    try program.write("plan.json", #"{"steps":[{"id":"a","tool":"hangs-in-call","input":{}}]}"#)
    let running = try program.begin(["run", "--plan", "plan.json", "--id", "c2"])
    try running.waitForErrors("a                     started")
    running.interrupt()
    try running.waitForErrors("press Ctrl-C again")
    running.interrupt()
    let outcome = try running.outcome()
    #expect(outcome.code == 130)
    #expect(outcome.errors.contains("'bulkhead watch c2' shows it"))
  }

  @Test func `Ctrl-C ends the watching, not the job`() throws {
    let program = try started("sandbox")
    let plan = Plans.bash("sleep 30")
    #expect(try program.run(["run", "--plan", "-", "-d", "--id", "w1"], input: plan).output == "w1\n")
    let watching = try program.begin(["watch", "w1"])
    try watching.waitForErrors("work                  started")
    watching.interrupt()
    let outcome = try watching.outcome()
    #expect(outcome.code == 130)
    #expect(outcome.errors.contains("job 'w1' goes on"))
    #expect(try state("w1", program) == "running")
    let cancel = try program.run(["cancel", "w1", "nobody", "--json"])
    #expect(cancel.code == 1)
    #expect(try cancel.json()["jobs"]?.arrayValue?.count == 1)
    #expect(try cancel.json()["errors"]?[0]?["name"] == "not_found")
    try wait(for: "cancelled", "w1", program)
  }

  @Test func `a paused job starts nothing until it is resumed`() throws {
    let program = try started("sandbox", "examples/swift")
    let plan = Plans.bash("sleep 1", more: #", {"id": "next", "tool": "echo", "input": {}, "depends_on": ["work"]}"#)
    _ = try program.run(["run", "--plan", "-", "-d", "--id", "p1"], input: plan)
    let paused = try program.run(["pause", "p1"])
    #expect(paused.output == "job 'p1' is paused\n", "\(paused.errors)")
    usleep(1_500_000)
    let steps = try program.run(["show", "p1", "--json"]).json()["steps"]?.arrayValue ?? []
    #expect(steps.last?["state"] == "pending")
    #expect(try program.run(["resume", "p1"]).output == "job 'p1' is running\n")
    #expect(try program.run(["watch", "p1", "-q"]).code == 0)
  }

  @Test func `what became of a step that nobody knows of is said by a person`() throws {
    let program = try started("sandbox")
    let running = try program.begin(
      ["run", "--plan", "-", "--id", "u1"],
      input: Plans.bash(
        "sleep 30",
        more: #", {"id": "after", "tool": "bash", "depends_on": ["work"], "input": {"command": "echo step:work"}}"#
      )
    )
    try running.waitForErrors("work                  started")
    let workers = try program.run(["workers", "--json"]).json()["workers"]?.arrayValue
    let pid = try #require(workers?.first?["instances"]?[0]?["pid"]?.integerValue)
    kill(pid_t(pid), SIGKILL)
    try running.waitForErrors("outcome unknown")
    try wait(for: "waiting", "u1", program)
    #expect(try program.run(["resolve", "u1", "work", "perhaps"]).code == 64)
    #expect(try program.run(["resolve", "u1", "wrok", "skip"]).errors.contains("did you mean 'work'?"))
    let resolved = try program.run(["resolve", "u1", "work", "succeeded", "--output", #"{"paid":true}"#])
    #expect(resolved.code == 0, "\(resolved.errors)")
    let outcome = try running.outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("resolved: succeeded"))
    let step = try program.run(["show", "u1", "--step", "work", "--json"]).json()
    #expect(step["steps"]?[0]?["output"] == ["paid": true])
    #expect(try program.run(["resolve", "u1", "work", "skip"]).code == 1)
  }

  @Test func `a job is watched over the death of the coordinator`() throws {
    let program = try started("sandbox", "examples/swift")
    // The step that runs when the coordinator dies may be repeated.
    let plan = #"""
      {"steps": [
        {"id": "first", "tool": "echo", "input": {}},
        {"id": "work", "tool": "bash", "idempotent": true, "depends_on": ["first"], "input": {"command": "sleep 2; echo done"}}]}
      """#
    let running = try program.begin(["run", "--plan", "-", "--id", "k1"], input: plan)
    try running.waitForErrors("work                  started")
    let pid = try #require(program.run(["status", "--json"]).json()["pid"]?.integerValue)
    kill(pid_t(pid), SIGKILL)
    try running.waitForErrors("waiting for it to come back")
    #expect(try program.up().code == 0)
    let outcome = try running.outcome()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("connected again"))
    #expect(outcome.errors.contains("taken up again by another run of the coordinator"))
    // No event twice, none left out.
    let events = try program.run(["watch", "k1", "--json"]).output.split(separator: "\n").count - 1
    let lines = outcome.errors.split(separator: "\n").filter { $0.trimmingCharacters(in: .whitespaces).hasPrefix("+") }
    #expect(lines.count == events)
    #expect(lines.filter { $0.contains("first                 started") }.count == 1)
    #expect(try program.run(["trace", "k1"]).output.contains("the coordinator started again"))
  }
}
