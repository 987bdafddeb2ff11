import JSON
import Testing
import Wire

@testable import TerminalText

@Suite struct LineTests {
  private static let everything: History = {
    var history = History.report
    history.add(5_000, "step.interrupted", "fetch", ["attempt": 2])
    history.run = 2
    history.add(65_000, "job.recovered")
    history.add(65_001, "step.unknown", "fetch", ["message": "the coordinator ended"])
    history.add(65_002, "job.waiting", nil, ["step": "fetch", "name": "outcome_unknown", "message": "nobody knows"])
    history.add(70_000, "step.resolved", "fetch", ["outcome": "retry"])
    history.add(70_001, "job.running")
    history.add(70_002, "step.waiting", "join", ["name": "unknown_tool", "reason": "no worker offers 'bash'"])
    history.add(70_003, "step.skipped", "mail", ["reason": "its condition does not hold"])
    history.add(70_004, "step.succeeded", "fetch", ["attempt": 3, "ms": 4, "cached": true])
    history.add(70_005, "job.paused")
    history.add(70_006, "job.resumed")
    history.add(70_007, "job.terms_accepted", nil, ["tools": ["bash"]])
    history.add(70_008, "job.cancelling")
    history.add(70_009, "step.cancelled", "join")
    history.add(70_010, "job.cancelled")
    history.add(80_000, "job.retried", nil, ["generation": 2, "from": "fetch"])
    history.add(90_000, "job.failed", nil, ["name": "deadline_exceeded", "message": "the job's deadline passed"])
    history.add(95_000, "job.succeeded")
    return history
  }()

  @Test func `each event is one line`() throws {
    let lines = Self.everything.events.compactMap { EventLine.text($0, since: History.epoch) }
    #expect(lines.count == Self.everything.events.count { $0.number > 0 })
    #expect(lines.filter { $0.contains("\n") } == [])
    try expectGolden("lines", lines.map { $0 + "\n" }.joined())
  }

  @Test func `what comes from a worker cannot steer the terminal`() throws {
    var history = History()
    history.add(0, "step.failed", "a", ["name": "tool_failed", "message": "\u{1B}]0;title\u{07}\nnext\u{9B}2J"])
    let line = try #require(EventLine.text(history.events[0], since: History.epoch))
    #expect(!line.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
  }

  @Test func `output is shown in whole lines with the step before them`() throws {
    var output = StepOutput()
    func event(_ kind: String, _ text: String, _ stream: String = "stdout", item: Int64? = nil) -> JobEvent {
      JobEvent(
        number: 0,
        at: 0,
        run: 1,
        kind: kind,
        step: "s",
        item: item,
        data: ["kind": .string(stream), "text": .string(text)]
      )
    }
    #expect(output.lines(of: event("step.progress", "a")) == [])
    #expect(output.lines(of: event("step.progress", "other\n", "stderr")) == ["s | other"])
    #expect(output.lines(of: event("step.progress", "b\nc\nd")) == ["s | ab", "s | c"])
    #expect(output.lines(of: event("step.progress", "x", item: 3)) == [])
    #expect(output.lines(of: event("step.succeeded", "", item: 3)) == ["s[3] | x"])
    #expect(output.lines(of: event("step.succeeded", "")) == ["s | d"])
    #expect(output.lines(of: event("step.progress", "busy", "status")) == ["s | busy"])
    let long = output.lines(of: event("step.progress", String(repeating: "z", count: 5_000)))
    #expect(long.count == 1)
  }

  @Test func `jobs and steps are listed in columns`() throws {
    let now = History.epoch + 100_000_000
    var jobs = ["queued", "running", "waiting", "succeeded", "failed"].enumerated().map { number, state in
      var job = History.job("job-\(number)", state: state, steps: number + 1)
      job.createdAt = now - [500, 61_000, 3_600_000, 90_000_000, 400][number]
      if state != "queued" { job.startedAt = job.createdAt + 10 }
      if job.isFinal { job.endedAt = job.createdAt + 12_345 }
      return job
    }
    jobs[1].title = "a title that is much longer than what anybody would want to see in a table"
    jobs[2].title = "広い title"
    let plans = JobTables.jobs(jobs, now: now).text(.plain)
    jobs[4].kind = "call"
    try expectGolden("jobs", plans + "\n\n" + JobTables.jobs(jobs, now: now).text(.plain) + "\n")

    var steps = History.steps
    steps[0].state = "succeeded"
    steps[0].attempt = 2
    steps[0].worker = "web"
    steps[0].startedAt = now - 5_000
    steps[0].endedAt = now - 3_766
    steps[1].state = "failed"
    steps[1].item = 3
    steps[1].error = ["name": "tool_failed", "message": "no text\nin this picture"]
    try expectGolden(
      "steps",
      JobTables.steps(steps, now: now).text(.plain) + "\n\n" + JobTables.items(steps, now: now).text(.plain) + "\n"
    )
  }

  @Test func `columns are counted as a terminal does`() {
    #expect(columns(of: "abc") == 3)
    #expect(columns(of: "é") == 1)
    #expect(columns(of: "e\u{301}") == 1)
    #expect(columns(of: "広") == 2)
    #expect(columns(of: "🚀") == 2)
    #expect(cut("広い部屋", to: 5) == "広い…")
    #expect(cut("広い部屋", to: 4) == "広…")
    #expect(cut("abc", to: 3) == "abc")
    #expect(cut("abcd", to: 0) == "")
    #expect(padded("広", 4) == "広  ")
    #expect(padded("7", 3, isRight: true) == "  7")
  }

  @Test func `spans of time are short`() {
    #expect(clockText(milliseconds: 0) == "0.0s")
    #expect(clockText(milliseconds: 59_999) == "59.9s")
    #expect(clockText(milliseconds: 60_000) == "1m")
    #expect(clockText(milliseconds: 3_661_000) == "1h 1m")
    #expect(clockText(milliseconds: -5) == "0.0s")
    #expect(offsetText(milliseconds: 62_004) == "+62.004s")
    #expect(spanText(milliseconds: 90_061_000) == "1d 1h")
  }
}
