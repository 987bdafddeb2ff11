import JSON
import Testing
import Wire

@testable import TerminalText

@Suite struct WaterfallTests {
  /// An attempt that fails, one that a crash of the coordinator interrupts, one that succeeds; a step that waits.
  private static let crashed: History = {
    var history = History()
    history.add(0, "job.accepted")
    history.add(0, "job.started")
    history.add(0, "step.started", "fetch", ["attempt": 1, "worker": "web"])
    history.add(1_000, "step.retrying", "fetch", ["name": "tool_failed", "message": "refused", "delay_ms": 1_000])
    history.add(2_000, "step.started", "fetch", ["attempt": 2, "worker": "web"])
    history.run = 2
    history.add(5_000, "job.recovered")
    history.add(5_000, "step.interrupted", "fetch", ["attempt": 2])
    history.add(5_100, "step.started", "fetch", ["attempt": 3, "worker": "web"])
    history.add(6_000, "step.succeeded", "fetch", ["attempt": 3])
    history.add(6_000, "step.waiting", "mail", ["name": "unknown_tool", "reason": "no worker offers 'mail_send'"])
    history.add(6_000, "step.expanded", "scan", ["items": 2])
    history.add(6_000, "step.started", "scan", item: 0, ["attempt": 1])
    history.add(6_500, "step.started", "scan", item: 1, ["attempt": 1])
    history.add(7_000, "step.succeeded", "scan", item: 0)
    history.add(8_000, "step.started", "mail", ["attempt": 1, "worker": "mail"])
    return history
  }()

  @Test func `bars stand where the time went`() throws {
    let timeline = Timeline(Self.crashed.events, now: History.epoch + 10_000)
    for width in [60, 80, 140] {
      let lines = Waterfall(width: width, paint: .plain).lines(timeline)
      for line in lines { #expect(columns(of: line) <= width) }
      try expectGolden("waterfall_\(width)", lines.map { $0 + "\n" }.joined())
    }
  }

  @Test func `spans hold the times of attempts and of waits`() throws {
    let timeline = Timeline(Self.crashed.events, now: History.epoch + 10_000)
    let fetch = timeline.spans.filter { $0.step == "fetch" }
    #expect(fetch.map(\.attempt) == [1, 2, 3])
    #expect(fetch.map { $0.startedAt - History.epoch } == [0, 2_000, 5_100])
    #expect(fetch.map { ($0.endedAt ?? 0) - History.epoch } == [1_000, 5_000, 6_000])
    #expect(fetch[0].waitsFrom == History.epoch + 1_000)
    #expect(fetch[0].waitsUntil == History.epoch + 2_000)
    #expect(fetch.map(\.state) == [.failed, .cancelled, .succeeded])
    #expect(timeline.restarts == [Timeline.Restart(at: History.epoch + 5_000, run: 2)])
    let mail = timeline.spans.filter { $0.step == "mail" }
    #expect(mail.map(\.state) == [.waiting, .running])
    #expect(mail[0].waitsUntil == History.epoch + 8_000)
    #expect(mail[1].endedAt == nil)
    #expect(timeline.endedAt == History.epoch + 10_000)
  }

  @Test func `what runs when the job ends has ended`() throws {
    var history = Self.crashed
    history.add(8_500, "job.cancelling")
    history.add(9_000, "job.cancelled")
    let timeline = Timeline(history.events, now: History.epoch + 99_000)
    #expect(timeline.endedAt == History.epoch + 9_000)
    #expect(timeline.spans.filter { $0.endedAt == nil } == [])
    #expect(timeline.spans.last { $0.step == "mail" }?.state == .cancelled)
  }

  @Test func `a decision ends the wait for it`() throws {
    var history = History()
    history.add(0, "step.started", "pay", ["attempt": 1])
    history.add(100, "step.unknown", "pay", ["message": "the worker died"])
    history.add(5_000, "step.resolved", "pay", ["outcome": "succeeded"])
    history.add(5_001, "step.succeeded", "pay")
    history.add(5_002, "job.succeeded")
    let timeline = Timeline(history.events, now: 0)
    #expect(timeline.spans.count == 1)
    #expect(timeline.spans[0].state == .succeeded)
    #expect(timeline.spans[0].endedAt == History.epoch + 100)
    #expect(timeline.spans[0].waitsUntil == History.epoch + 5_001)
  }

  @Test func `a clock that was set back turns no bar around`() throws {
    var history = History()
    history.add(10_000, "step.started", "a", ["attempt": 1])
    history.add(2_000, "step.succeeded", "a")
    history.add(1_000, "job.succeeded")
    let timeline = Timeline(history.events, now: 0)
    #expect(timeline.spans[0].endedAt == timeline.spans[0].startedAt)
    #expect(Waterfall(width: 80, paint: .plain).lines(timeline).count == 2)
  }

  @Test func `a job that nothing has begun of has no bars`() throws {
    #expect(Waterfall(width: 80, paint: .plain).lines(Timeline([], now: 5)) == ["no step has begun"])
  }
}
