import Engine
import JSON
import Journal
import Policy
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// What may be done and used up: reserved before, settled after, whoever tries at the same time, through crashes and clocks.
@Suite struct LimitTests {
  private func bench(_ limits: String, folder: String? = nil, keepsFolder: Bool = false) throws -> JobBench {
    let bench = try JobBench(
      folder: folder,
      keepsFolder: keepsFolder,
      policy: try ApprovalTests.policy(#"{"limits":[\#(limits)]}"#)
    )
    try bench.start(
      bench.worker(),
      bench.worker("m", script: "uses-model") {
        $0.permissions.outboundNetwork = true
        $0.concurrency = 16
      }
    )
    return bench
  }

  private static func cost(_ amount: Int, tokens: Int = 10) -> String {
    #""uses":{"provider":"p","model":"m","input_tokens":\#(tokens),"output_tokens":0,"calls":1,"cost_nano_usd":\#(amount)}"#
  }

  @Test func `a tool runs as often as it may, and the next one is told when it is free again`() throws {
    let bench = try bench(#"{"name":"few","of":"executions","tool":"act","at_most":2,"per":"hour","over":"fail"}"#)
    _ = try bench.call("act").get()
    _ = try bench.call("act").get()
    let third = try bench.call("act")
    guard case .failure(let error) = third else { return #expect(Bool(false), "a third one ran") }
    #expect(error.name == .limitExceeded && error.data["limit"] == "few")
    let free = try #require(error.data["retry_after_ms"]?.integerValue)
    #expect((3_500_000...3_600_000).contains(free), "\(free)")
    _ = try bench.call("echo").get()
    #expect(bench.lines().count { $0.hasPrefix("act") } == 2)
    try bench.end()
  }

  @Test func `a crash gives nobody another try`() throws {
    let rule = #"{"name":"few","of":"executions","tool":"act","at_most":2,"per":"hour","over":"fail"}"#
    let first = try bench(rule, keepsFolder: true)
    _ = try first.call("act").get()
    _ = try first.call("act").get()
    try first.end()
    let second = try bench(rule, folder: first.folder)
    try second.recover()
    #expect(try second.call("act").failureName == .limitExceeded)
    try second.end()
  }

  @Test func `a call that is answered from the journal gives nothing back`() throws {
    let rule = #"{"name":"few","of":"executions","tool":"act","at_most":10,"per":"hour","over":"fail"}"#
    let bench = try JobBench(policy: try ApprovalTests.policy(#"{"limits":[\#(rule)]}"#))
    try bench.start(bench.worker(), bench.worker("nests", script: "nests"))
    let act = #"{"tool":"act","input":{"n":1}}"#
    let job = try bench.run(
      #"{"id":"n","tool":"nests","input":{"calls":[\#(act),\#(act),\#(act)],"die_after":2}}"#
    )
    #expect(job.job.state == "succeeded" && job.steps[0].attempt == 2)
    #expect(bench.lines().count { $0.hasPrefix("act") } == 3)
    let meters = try bench.read { try $0.meters(at: WallTime.now) }
    #expect(meters.filter { $0.rule.hasPrefix("few/") }.reduce(0) { $0 + $1.amount } == 3)
    try bench.end()
  }

  @Test func `calls at the same time share what there is, and together take no more`() throws {
    let bench = try bench(#"{"name":"money","of":"usd","at_most":0.000001,"per":"day","over":"fail"}"#)
    let items = (0..<60).map(String.init).joined(separator: ",")
    // Known to cost 100 of 1,000 each.
    _ = try bench.call("think", try JSON(parsing: "{\(Self.cost(100))}")).get()
    let job = try bench.submit(
      #"{"id":"l","tool":"think","for_each":[\#(items)],"on_failure":"continue","input":{\#(Self.cost(100)),"i":"item:value"}}"#
    )
    try bench.finish(job)
    let report = try bench.ask { bench.jobs.usage(UsageReport(by: .tool), answer: $0) }.get()
    #expect(report.total.costNanoUSD <= 1_000, "\(report.total.costNanoUSD)")
    #expect(report.total.costNanoUSD >= 800, "what was reserved and not used came back: \(report.total.costNanoUSD)")
    try bench.end()
  }

  @Test func `what waits for room goes on when what ran has given back what it did not use`() throws {
    let bench = try bench(#"{"name":"money","of":"usd","at_most":0.000001,"per":"day"}"#)
    let items = (0..<40).map(String.init).joined(separator: ",")
    let shown = try bench.run(
      #"{"id":"l","tool":"think","for_each":[\#(items)],"input":{\#(Self.cost(10)),"i":"item:value"}}"#
    )
    #expect(shown.job.state == "succeeded")
    #expect(shown.usage?.costNanoUSD == 400)
    try bench.end()
  }

  @Test func `a job has its budget, and calls within its calls take from the same`() throws {
    let bench = try JobBench(policy: try ApprovalTests.policy("{}"))
    try bench.start(
      bench.worker("m", script: "uses-model") { $0.permissions.outboundNetwork = true },
      bench.worker("nests", script: "nests")
    )
    let calls = (0..<6).map { _ in #"{"tool":"think","input":{\#(Self.cost(300))}}"# }.joined(separator: ",")
    let job = try bench.submit(#"{"id":"n","tool":"nests","input":{"calls":[\#(calls)]}}"#) {
      $0.budget = Budget()
      $0.budget?.costNanoUSD = 1_000
    }
    let shown = try bench.finish(job)
    #expect((shown.usage?.costNanoUSD ?? 0) <= 1_000, "\(String(describing: shown.usage))")
    #expect((shown.usage?.costNanoUSD ?? 0) >= 600)
    // Another job has a budget of its own.
    _ = try bench.call("think", try JSON(parsing: "{\(Self.cost(300))}")).get()
    try bench.end()
  }

  @Test func `no more jobs run than may, and the next one begins when one has ended`() throws {
    let bench = try bench(#"{"name":"two","of":"concurrent_jobs","at_most":2}"#)
    let jobs = try (0..<3).map { try bench.submit(#"{"id":"h","tool":"hold"}"#, id: "j\($0)") }
    try bench.until("two hold") { bench.lines().count == 2 }
    try bench.untilWaiting()
    #expect(try bench.state("j2") == "waiting")
    #expect(try bench.show("j2").job.reason?["data"]?["limit"] == "two")
    try bench.release()
    try bench.until("the third holds") { bench.lines().count { $0.hasPrefix("hold") } == 3 }
    try bench.release()
    for job in jobs { #expect(try bench.finish(job).job.state == "succeeded") }
    try bench.end()
  }

  @Test func `jobs over their pace fail where the limit says so`() throws {
    let bench = try bench(#"{"name":"pace","of":"tasks","at_most":2,"per":"hour","over":"fail"}"#)
    let states = try (0..<3).map { _ in try bench.run(#"{"id":"e","tool":"echo"}"#).job }
    #expect(states.map(\.state) == ["succeeded", "succeeded", "failed"])
    #expect(states[2].reason?["name"] == "limit_exceeded")
    try bench.end()
  }

  @Test func `what is left for a call is told to whoever makes it`() throws {
    let bench = try bench(#"{"name":"t","of":"tokens","at_most":1000,"per":"job","over":"fail"}"#)
    let job = try bench.submit(#"{"id":"h","tool":"hold"}"#)
    try bench.until("it holds") { bench.lines().count == 1 }
    #expect(bench.jobs.active.values.first?.invocations.values.first?.message.budget?.tokens == 1_000)
    try bench.release()
    try bench.finish(job)
    try bench.end()
  }
}

/// The arithmetic, with its clock in the test's hand.
@Suite struct MeterTests {
  @Test func `what lies too far back is forgotten in parts`() {
    var meter = Meter(.minute)
    meter.add(5, at: meter.part(at: 10_000))
    meter.add(3, at: meter.part(at: 40_000))
    meter.advance(to: 60_000)
    #expect(meter.total == 8)
    #expect(meter.freeAt(3, under: 10, now: 60_000) == 70_000)
    meter.advance(to: 70_500)
    #expect(meter.total == 3)
    #expect(meter.freeAt(20, under: 10, now: 70_500) == nil, "never")
  }

  @Test func `giving back never makes room that was not there`() {
    var meter = Meter(.minute)
    meter.add(5, at: 0)
    meter.add(-9, at: 0)
    #expect(meter.total == 0)
    for part in 0..<Meter.parts { meter.add(.max, at: part * meter.partMS) }
    meter.add(.max, at: 0)
    #expect(meter.total == Meter.parts * Meter.most)
    meter.add(.min, at: 0)
    #expect(meter.total == (Meter.parts - 1) * Meter.most)
  }

  @Test func `a clock that was set back gives no quota back`() {
    let now: Int64 = 1_000_000_000
    let meters = Meters(now: now - 7_200_000)
    meters.rules = [LimitRule(name: "r", of: .executions, atMost: 2, per: .hour, over: .fail)]
    meters.load([MeterRecord(rule: "r/executions/hour", scope: "", partMS: 60_000, part: now - now % 60_000, amount: 2)])
    let draw = Meters.Draw(uid: 1, job: 1, tool: "t", mayCost: false, isOutermost: true, budget: nil)
    #expect(meters.now >= now - now % 60_000, "time goes on from the latest that was ever counted")
    #expect(meters.overrun(draw) != nil)
  }

  @Test func `calls at once share what there is, whatever was used before them`() {
    let meters = Meters()
    meters.rules = [LimitRule(name: "c", of: .cpu, atMost: 2_000, per: .day, over: .fail)]
    let draw = Meters.Draw(uid: 1, job: 1, tool: "t", mayCost: false, isOutermost: true, budget: nil)
    _ = meters.reserve("first", draw)
    _ = meters.settle("first", tool: "t", Meters.Amounts())
    let granted = (0..<20).compactMap { i in
      meters.overrun(draw) == nil ? meters.reserve("\(i)", draw).budget.cpuMS : nil
    }
    #expect(granted.first == 500)
    #expect(granted.reduce(0, +) <= 2_000)
    meters.rules[0].atMost = 0
    #expect(meters.overrun(draw) != nil)
  }

  @Test func `a limit that is changed counts anew`() {
    let meters = Meters()
    meters.rules = [LimitRule(name: "r", of: .executions, atMost: 1, per: .minute, over: .fail)]
    let draw = Meters.Draw(uid: 1, job: 1, tool: "t", mayCost: false, isOutermost: true, budget: nil)
    _ = meters.reserve("a", draw)
    #expect(meters.overrun(draw)?.freeInMS ?? .max <= 61_000)
    meters.rules = [LimitRule(name: "r", of: .executions, atMost: 1, per: .day, over: .fail)]
    #expect(meters.overrun(draw) == nil)
    _ = meters.reserve("b", draw)
    #expect(meters.overrun(draw)?.freeInMS ?? 0 > 3_600_000)
  }

  @Test func `each caller has what is theirs`() {
    let meters = Meters()
    meters.rules = [LimitRule(name: "r", of: .executions, atMost: 1, per: .hour, sharing: .caller, over: .fail)]
    func draw(_ uid: UInt32) -> Meters.Draw {
      Meters.Draw(uid: uid, job: 1, tool: "t", mayCost: false, isOutermost: true, budget: nil)
    }
    _ = meters.reserve("a", draw(1))
    #expect(meters.overrun(draw(1)) != nil)
    #expect(meters.overrun(draw(2)) == nil)
    // What did not happen after all is free again.
    _ = meters.settle("a", tool: "t", nil)
    #expect(meters.overrun(draw(1)) == nil)
  }

  @Test func `time is measured here, and a call within another is no more of it`() {
    let meters = Meters()
    meters.rules = [LimitRule(name: "w", of: .wall, atMost: 60_000, per: .hour, over: .fail)]
    let outer = Meters.Draw(uid: 1, job: 1, tool: "t", mayCost: false, isOutermost: true, budget: nil)
    let inner = Meters.Draw(uid: 1, job: 1, tool: "t", mayCost: false, isOutermost: false, budget: nil)
    #expect(meters.reserve("o", outer).budget.wallMS == 15_000)
    #expect(meters.reserve("i", inner).budget.wallMS == nil)
  }
}
