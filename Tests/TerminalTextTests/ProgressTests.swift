import JSON
import Testing
import Wire

@testable import TerminalText

@Suite struct ProgressTests {
  @Test func `a picture tells each step's state, time, attempts and items`() throws {
    try expectGolden("progress_running", frame(History.report.progress(), at: 4_500))
  }

  @Test func `a retry tells when it is due and why`() throws {
    var history = History.report
    history.add(4_600, "step.retrying", "fetch", ["name": "tool_failed", "message": "refused", "delay_ms": 3_000])
    try expectGolden("progress_retrying", frame(history.progress(), at: 5_000))
  }

  @Test func `a job that waits for a person tells how to decide`() throws {
    var history = History.report
    history.add(5_000, "step.unknown", "fetch", ["message": "worker 'web' died"])
    let reason: JSON = ["step": "fetch", "name": "outcome_unknown", "message": "nobody knows whether it took effect"]
    history.add(5_001, "job.waiting", nil, reason)
    try expectGolden("progress_unknown", frame(history.progress(), at: 6_000))
    history.add(9_000, "step.resolved", "fetch", ["outcome": "succeeded"])
    history.add(9_001, "step.succeeded", "fetch")
    history.add(9_002, "job.running")
    let job = history.progress()
    #expect(job.state == "running")
    #expect(job.reason == nil)
    #expect(job.steps[0].state == .succeeded)
  }

  @Test func `a failed job leaves nothing that seems to run`() throws {
    var history = History.report
    history.add(4_200, "step.failed", "scan", ["name": "tool_failed", "message": "item 1: no text"])
    history.add(4_300, "job.failed", nil, ["name": "tool_failed", "message": "item 1: no text", "step": "scan"])
    let job = history.progress()
    #expect(job.steps.map(\.state) == [.cancelled, .failed, .pending, .pending])
    #expect(job.steps[1].items?.count(.running) == 0)
    try expectGolden("progress_failed", frame(job, at: 99_000))
  }

  @Test func `no line is wider than the terminal, whatever a step says`() throws {
    var history = History.report
    let wide = String(repeating: "広い\u{1B}[31m", count: 40)
    history.add(5_000, "step.failed", "fetch", ["name": "tool_failed", "message": .string(wide + "\nsecond")])
    for width in [20, 33, 80, 200] {
      for paint in [Paint.plain, Paint(isOn: true)] {
        let text = frame(history.progress(), at: 6_000, width: width, paint: paint)
        for line in text.split(separator: "\n") { #expect(columns(ofPainted: String(line)) <= width) }
        #expect(!text.contains("\u{1B}[31m\u{1B}"))
      }
    }
    #expect(!frame(history.progress(), at: 6_000).contains("\u{1B}"))
  }

  @Test func `a terminal that is too low shows what runs and counts the rest`() throws {
    var history = History()
    history.add(0, "job.accepted")
    history.add(0, "job.started")
    for number in 0..<60 {
      history.add(Int64(number), "step.started", "s\(number)", ["attempt": 1])
      if number < 55 { history.add(Int64(number) + 10, "step.succeeded", "s\(number)") }
    }
    let steps = (0..<200).map { History.step("s\($0)", "echo") }
    try expectGolden("progress_many", frame(history.progress(steps), at: 1_000, height: 14))
    for height in 3...40 {
      let lines = frame(history.progress(steps), at: 1_000, height: height).split(separator: "\n")
      #expect(lines.count == height)
    }
  }

  @Test func `another generation runs again what depends on the step`() throws {
    var history = History.report
    history.add(5_000, "step.succeeded", "fetch")
    history.add(5_100, "step.succeeded", "scan")
    history.add(5_200, "step.failed", "join", ["name": "tool_failed", "message": "exit code 1"])
    history.add(5_300, "job.failed", nil, ["name": "tool_failed", "message": "exit code 1", "step": "join"])
    var again = history
    again.add(9_000, "job.retried", nil, ["generation": 2, "from": nil])
    #expect(again.progress().steps.map(\.state) == [.succeeded, .succeeded, .pending, .pending])
    #expect(!again.progress().isFinal)
    history.add(9_000, "job.retried", nil, ["generation": 2, "from": "scan"])
    #expect(history.progress().steps.map(\.state) == [.succeeded, .pending, .pending, .pending])
    #expect(history.progress().generation == 2)
  }

  @Test func `events that come twice count once`() throws {
    let history = History.report
    var job = history.progress()
    for event in history.events where event.number > 0 { job.apply(event) }
    #expect(job.steps[0].attempt == 2)
    #expect(job.steps[0].state == .running)
    #expect(frame(job, at: 4_500) == frame(history.progress(), at: 4_500))
  }

  @Test func `events of steps and kinds that nobody knows change nothing`() throws {
    var job = History.report.progress()
    let before = frame(job, at: 5_000)
    for (number, kind) in ["step.dances", "job.dances", "dances", "step.started", ""].enumerated() {
      let step = kind == "step.started" ? "nobody" : "fetch"
      job.apply(JobEvent(number: Int64(100 + number), at: 0, run: 1, kind: kind, step: step))
    }
    #expect(frame(job, at: 5_000) == before)
  }
}
