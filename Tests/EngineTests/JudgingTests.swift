import JSON
import Journal
import Plan
import Testing
import Wire

@testable import Engine

/// Attempts and plans that wait for somebody's word.
@Suite struct JudgingTests {
  private static let asks = WireError(.approvalRequired, "ask", data: ["approval": "approval-1"])

  @Test func `an attempt that is asked about does not count, keeps no slot, and goes on when it is decided`() throws {
    var world = try World(#"{"id":"a","tool":"t","input":{"x":1}}"#, starts: false)
    world.judge = { _ in Verdict(.ask(Self.asks)) }
    try world.send(.start)
    try world.grant()
    #expect(world.running.isEmpty)
    #expect(world.disk.state == .waiting)
    #expect(world.disk.reason?["name"]?.stringValue == "approval_required")
    #expect(world.disk.rows[try world.key("a")]?.attempt == 0)
    // A catalog that changes decides nothing.
    try world.send(.catalogChanged)
    #expect(world.ready.isEmpty)
    world.judge = { Verdict(.go($0.input)) }
    try world.send(.decided(try world.key("a")))
    try world.grant()
    #expect(world.dispatched.map(\.number) == [1])
    #expect(world.disk.state == .running)
  }

  @Test func `what runs is the input that was approved, to the byte`() throws {
    var world = try World(#"{"id":"a","tool":"t","input":{"x":1}}"#, starts: false)
    world.judge = { _ in Verdict(.go(["x": 2])) }
    try world.send(.start)
    try world.grant()
    let attempt = try #require(world.dispatched.first)
    #expect(attempt.input == ["x": 2])
    #expect(world.disk.rows[attempt.key]?.input == #"{"x":2}"#)
  }

  @Test func `a refused attempt fails without a worker having seen it, and is no retry's business`() throws {
    var world = try World(#"{"id":"a","tool":"t","input":{},"retry":{"max_attempts":3}}"#, starts: false)
    world.judge = { _ in Verdict(.refused(WireError(.blocked, "no"))) }
    try world.send(.start)
    try world.grant()
    #expect(world.dispatched.isEmpty)
    #expect(world.disk.state == .failed)
    #expect(world.disk.reason?["name"]?.stringValue == "blocked")
  }

  @Test func `what comes too early is asked about again when there is room`() throws {
    var world = try World(#"{"id":"a","tool":"t","input":{}}"#, starts: false)
    world.judge = { _ in Verdict(.later(WireError(.limitExceeded, "full"), afterMS: 500)) }
    try world.send(.start)
    try world.grant()
    #expect(world.disk.state == .waiting)
    #expect(world.wakes.map(\.at) == [1_500])
    world.judge = { Verdict(.go($0.input)) }
    try world.send(.due(try world.key("a")))
    try world.grant()
    #expect(world.dispatched.count == 1)
  }

  @Test func `nothing of a held plan begins, and all of it does when it is decided`() throws {
    var world = try World(#"{"id":"a","tool":"t","input":{}},{"id":"b","tool":"t","input":{}}"#, starts: false)
    world.judgePlan = { _ in Verdict(.ask(Self.asks)) }
    try world.send(.start)
    #expect(world.ready.isEmpty)
    #expect(world.disk.state == .waiting)
    // Neither a pause and its end nor a crash gets past it.
    try world.send(.pause)
    try world.send(.resume)
    #expect(world.ready.isEmpty)
    try world.crash()
    #expect(world.ready.isEmpty)
    world.judgePlan = { _ in Verdict(.go(.null)) }
    try world.send(.decided(nil))
    #expect(world.ready.count == 2)
    #expect(world.disk.state == .running)
  }

  @Test func `a plan that is denied ends its job`() throws {
    var world = try World(#"{"id":"a","tool":"t","input":{}}"#, starts: false)
    world.judgePlan = { _ in Verdict(.ask(Self.asks)) }
    try world.send(.start)
    world.judgePlan = { _ in Verdict(.refused(WireError(.approvalDenied, "no"))) }
    try world.send(.decided(nil))
    #expect(world.disk.state == .failed)
    #expect(world.disk.reason?["name"]?.stringValue == "approval_denied")
  }

  @Test func `warnings are told and hold nothing up`() throws {
    var world = try World(#"{"id":"a","tool":"t","input":{}}"#, starts: false)
    world.judge = { Verdict(.go($0.input), warnings: ["careful"]) }
    try world.send(.start)
    try world.grant()
    #expect(world.dispatched.count == 1)
    #expect(world.disk.kinds.contains("step.warned"))
  }

  @Test func `a cancelled job waits for nobody any more`() throws {
    var world = try World(#"{"id":"a","tool":"t","input":{}}"#, starts: false)
    world.judgePlan = { _ in Verdict(.ask(Self.asks)) }
    try world.send(.start)
    try world.send(.cancel)
    #expect(world.disk.state == .cancelled)
    try world.send(.decided(nil))
    #expect(world.disk.state == .cancelled)
  }
}
