import JSON
import Journal
import Plan
import Testing
import Wire

@testable import Engine

/// What nobody has let begin does not begin: not after a crash, in another generation, or when the plan grows.
@Suite struct HoldTests {
  private static let asks = WireError(.approvalRequired, "ask", data: ["approval": "approval-1"])

  /// A request of which a planned step failed, so that the job did.
  private static func failed() throws -> World {
    var world = try `A job that begins with a request`.world()
    let plan = try `A job that begins with a request`.plan(#"{"id":"a","tool":"t"}"#, by: ["kind": "recipe"])
    try world.succeed("planning", nil, plan)
    try world.grant()
    try world.fail("a")
    #expect(world.disk.state == .failed)
    return world
  }

  @Test func `a generation that is held is held after a crash, wherever its plan came from`() throws {
    var world = try Self.failed()
    world.judgePlan = { _ in Verdict(.ask(Self.asks)) }
    try world.retry()
    for _ in 0..<2 {
      #expect(world.disk.state == .waiting && world.ready.isEmpty)
      try world.crash()
    }
    world.judgePlan = { _ in Verdict(.go(.null)) }
    try world.send(.decided(nil))
    try world.finish()
    #expect(world.disk.state == .succeeded)
  }

  @Test func `every part of a plan is asked about as it was, after a crash too`() throws {
    var world = try `A job that begins with a request`.world()
    final class Seen { var parts: [Range<Int>] = [] }
    let seen = Seen()
    world.judgePlan = { part in
      seen.parts.append(part.steps)
      return Verdict(.go(.null))
    }
    let plan = try `A job that begins with a request`.plan(#"{"id":"a","tool":"t"},{"id":"b","tool":"t"}"#)
    try world.succeed("planning", nil, plan)
    #expect(seen.parts == [1..<3])
    seen.parts = []
    try world.crash()
    #expect(seen.parts == [0..<1, 1..<3])
    try world.grant()
    try world.fail("a")
    try world.succeed("b")
    #expect(seen.parts == [0..<1, 1..<3, 3..<4], "it is planned again")
    seen.parts = []
    try world.crash()
    #expect(seen.parts == [0..<1, 1..<3, 3..<4])
  }

  @Test func `a plan that grows while it is held stays held`() throws {
    var world = try `A job that begins with a request`.world()
    let plan = try `A job that begins with a request`.plan(#"{"id":"a","tool":"t"},{"id":"b","tool":"u"}"#)
    try world.succeed("planning", nil, plan)
    try world.grant()
    try world.fail("a")
    // Nobody knows what became of b, and the policy of the next start asks about what was planned.
    world.judgePlan = { $0.steps.lowerBound == 1 ? Verdict(.ask(Self.asks)) : Verdict(.go(.null)) }
    try world.crash()
    #expect(try world.phase("b") == .unknown)
    try world.send(.resolve(try world.key("b"), .failed))
    #expect(world.machine.plan.steps.map(\.id).last == "planning-2")
    #expect(world.ready.isEmpty && world.disk.state == .waiting)
    world.judgePlan = { _ in Verdict(.go(.null)) }
    try world.send(.decided(nil))
    #expect(world.ready == [try world.key("planning-2")])
  }

  @Test(arguments: [false, true])
  func `a generation that is paused before it begins is asked about when it does`(_ crashes: Bool) throws {
    var world = try Self.failed()
    try world.retry(pauses: true)
    #expect(world.disk.state == .paused && world.disk.generation == 2)
    world.judgePlan = { _ in Verdict(.ask(Self.asks)) }
    if crashes { try world.crash() }
    try world.send(.resume)
    #expect(world.disk.state == .waiting && world.ready.isEmpty)
    world.judgePlan = { _ in Verdict(.go(.null)) }
    try world.send(.decided(nil))
    try world.finish()
    #expect(world.disk.state == .succeeded)
    #expect(world.disk.kinds.count { $0 == "job.started" } == 2)
  }
}
