internal import JSON
internal import TerminalText

/// What a crash test tells at its end.
struct CrashReport {
  private let test: CrashTest
  private let counts: CrashVerdict.Counts

  init(_ test: CrashTest, _ counts: CrashVerdict.Counts) { (self.test, self.counts) = (test, counts) }

  private var problems: [String] { test.ledger.problems }

  var json: JSON {
    let tally = test.tally
    return [
      "seed": .integer(Int64(test.options.seed)), "sound": .bool(problems.isEmpty),
      "problems": .array(problems.map { .string($0) }),
      "kills": [
        "coordinator": .integer(Int64(tally.coordinatorKills)), "below": .integer(Int64(tally.workerKills)),
        "points": .integer(Int64(tally.pointKills)),
      ],
      "points_not_reached": .array(tally.pointsMissed.map { .string($0) }),
      "starts": .integer(Int64(test.stand.starts)), "jobs": Self.json(counts.jobs), "calls": Self.json(counts.calls),
      "steps": .integer(Int64(counts.steps)), "events": .integer(Int64(counts.events)),
      "executions": .integer(Int64(counts.executions)), "repeated": .integer(Int64(counts.repeats)),
      "resubmitted": .integer(Int64(test.ledger.resubmitted)), "existing": .integer(Int64(test.ledger.foundExisting)),
      "controls": .integer(Int64(tally.controls)), "resolutions": .integer(Int64(tally.resolutions)),
      "approvals": .integer(Int64(counts.approvals)), "decisions": .integer(Int64(test.ledger.decisions.count)),
      "decisions_again": .integer(Int64(tally.repeatedDecisions)),
      "approved_executions": .integer(Int64(counts.approvedExecutions)),
      "followers": .integer(Int64(test.ledger.followers.count)),
      "slowest_takedown_ms": .integer(tally.slowestTakedownMS), "slowest_start_ms": .integer(tally.slowestRestartMS),
      "duration_ms": .integer(test.elapsedMS),
    ]
  }

  private static func json(_ states: [String: Int]) -> JSON {
    .object(JSONObject(states.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) }))
  }

  private static func text(_ states: [String: Int]) -> String {
    let all = states.values.reduce(0, +)
    return "\(all)"
      + (all == 0
        ? "" : ": " + states.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
  }

  func print(_ console: Console) {
    let tally = test.tally
    let below = test.stand.hasSandbox ? "workers and jailed processes" : "workers (there is no sandbox worker)"
    console.say("seed         \(test.options.seed), \(test.elapsedMS / 1000) s")
    console.say(
      "kills        \(tally.coordinatorKills) of the coordinator, \(tally.workerKills) of \(below), \(tally.pointKills) at crash points"
    )
    if !tally.pointsMissed.isEmpty { console.say("not reached  \(tally.pointsMissed.joined(separator: ", "))") }
    console.say(
      "starts       \(test.stand.starts), the slowest in \(tally.slowestRestartMS) ms; all processes gone within \(tally.slowestTakedownMS) ms of a death"
    )
    console.say("jobs         \(Self.text(counts.jobs))")
    console.say("calls        \(Self.text(counts.calls))")
    console.say(
      "done to jobs \(tally.controls) times, \(tally.resolutions) unknown steps resolved, \(test.ledger.foundExisting) of \(test.ledger.resubmitted) lost answers and repeats found the same job"
    )
    console.say(
      "approvals    \(counts.approvals), \(test.ledger.decisions.count) decided, \(tally.repeatedDecisions) decisions made again after a death; \(counts.approvedExecutions) acts ran with one"
    )
    console.say("steps        \(counts.steps), \(counts.events) events, \(test.ledger.followers.count) followers")
    console.say(
      "executions   \(counts.executions), of which \(counts.repeats) repeated an interrupted or failed attempt with the same key"
    )
    for problem in problems { console.complain(Console.printable(problem)) }
    if problems.isEmpty {
      console.say(console.colour("every promise was kept", .green))
    } else {
      console.complain(
        "\(problems.count) promises were broken; log, journal and executions are in \(test.stand.folder)"
      )
    }
  }
}
