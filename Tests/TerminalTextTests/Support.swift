import Foundation
import JSON
import Testing
import Wire

@testable import TerminalText

/// Compares with a file in `Golden`. BULKHEAD_UPDATE_GOLDEN=1 rewrites it; the difference is then for a reader to judge.
func expectGolden(_ name: String, _ text: String, _ location: SourceLocation = #_sourceLocation) throws {
  let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).txt").path
  if ProcessInfo.processInfo.environment["BULKHEAD_UPDATE_GOLDEN"] == "1" {
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }
  #expect(try String(contentsOfFile: path, encoding: .utf8) == text, sourceLocation: location)
}

/// A job's history in few words. Times are milliseconds after its beginning.
struct History {
  static let epoch: Int64 = 1_700_000_000_000
  private(set) var events: [JobEvent] = []
  var run: Int64 = 1

  mutating func add(_ at: Int64, _ kind: String, _ step: String? = nil, item: Int64? = nil, _ data: JSON? = nil) {
    let number = kind == "step.progress" ? 0 : (events.last { $0.number > 0 }?.number ?? 0) + 1
    events.append(
      JobEvent(number: number, at: Self.epoch + at, run: run, kind: kind, step: step, item: item, data: data)
    )
  }

  /// A job with every state but those of a person's decision.
  static var report: History {
    var history = History()
    history.add(0, "job.accepted")
    history.add(2, "job.started")
    history.add(5, "step.started", "fetch", ["attempt": 1, "worker": "web"])
    history.add(6, "step.expanded", "scan", ["items": 4])
    for item in 0..<3 { history.add(7, "step.started", "scan", item: Int64(item), ["attempt": 1, "worker": "ocr"]) }
    history.add(900, "step.succeeded", "scan", item: 0)
    history.add(950, "step.failed", "scan", item: 1, ["name": "tool_failed", "message": "no text"])
    history.add(
      1_204,
      "step.retrying",
      "fetch",
      ["name": "unavailable", "message": "worker 'web' is away", "delay_ms": 2_000]
    )
    history.add(3_210, "step.started", "fetch", ["attempt": 2, "worker": "web"])
    history.add(4_000, "step.progress", "fetch", ["kind": "stdout", "text": "page 1\npage 2\n"])
    return history
  }

  static let steps: [StepReport] = [
    step("fetch", "web_fetch"), step("scan", "ocr"), step("join", "bash", after: ["fetch", "scan"]),
    step("mail", "mail_send", after: ["join"]),
  ]

  static func step(_ id: String, _ tool: String, after: [String] = []) -> StepReport {
    var step = StepReport(id: id, tool: tool, state: "pending")
    step.dependsOn = after
    return step
  }

  static func job(_ id: String = "nightly-7", state: String = "running", steps: Int = 4) -> JobSummary {
    JobSummary(
      id: id,
      kind: "plan",
      state: state,
      title: "a report",
      stepCount: Int64(steps),
      createdAt: epoch,
      sequence: 1
    )
  }

  func progress(_ steps: [StepReport] = Self.steps) -> JobProgress {
    var progress = JobProgress(job: Self.job(steps: steps.count), steps: steps)
    for event in events { progress.apply(event) }
    return progress
  }
}

func frame(_ job: JobProgress, at now: Int64, width: Int = 80, height: Int = 24, paint: Paint = .plain) -> String {
  ProgressFrame(width: width, height: height, paint: paint).lines(job, now: History.epoch + now)
    .map { $0 + "\n" }.joined()
}
