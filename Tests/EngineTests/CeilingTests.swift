import JSON
import Journal
import Plan
import Testing
import Wire

@testable import Engine

@Suite struct `A request that grants privileges` {
  private typealias Requests = `A job that begins with a request`

  private static func needs(_ text: String) throws -> Needs {
    try Needs.decode(try #require(try JSON(parsing: text).objectValue))
  }

  private static func world(_ ceiling: String) throws -> World {
    try Requests.world(TaskRequest("read it", needs: try needs(ceiling)))
  }

  @Test func `has its planned steps get what they ask for within that`() throws {
    var world = try Self.world(#"{"read":["/srv"],"hosts":["*.example.com:443"]}"#)
    let plan =
      #"{"id":"a","tool":"t","needs":{"read":["/srv/data"],"hosts":["a.example.com:443"]}},{"id":"b","tool":"t"}"#
    try world.succeed("planning", nil, try Requests.plan(plan))
    try world.grant()
    let attempts = world.running.values.filter { $0.step == "a" || $0.step == "b" }
    #expect(attempts.first { $0.step == "a" }?.needs?.read == ["/srv/data"])
    #expect(attempts.first { $0.step == "a" }?.needs?.hosts == ["a.example.com:443"])
    #expect(attempts.contains { $0.step == "b" && $0.needs == nil }, "what is granted is not given unasked")
  }

  @Test func `tells the planner exactly what is beyond it, also when it plans again and after a crash`() throws {
    var world = try Self.world(#"{"read":["/srv"]}"#)
    let beyond = #"{"id":"a","tool":"t","needs":{"read":["/srv/a","/etc"],"write":["/srv"]},"limits":{"wall_ms":5}}"#
    for n in 1..<JobMachine.planningLimit {
      try world.succeed(n == 1 ? "planning" : "planning-\(n)", nil, try Requests.plan(beyond))
      if n == 2 { try world.crash() }
      try world.grant()
      let next = try #require(world.running.values.first { $0.tool == "make_plan" })
      #expect(next.input["request"]?["needs"] == ["read": ["/srv"]], "the planner is told of the ceiling")
      let mistakes = next.input["refused"]?["mistakes"]?.arrayValue ?? []
      #expect(
        mistakes.map { $0["name"] } == ["privileges_not_granted", "privileges_not_granted", "privileges_not_granted"]
      )
      #expect(
        mistakes.map { $0["path"] } == ["/steps/0/limits", "/steps/0/needs/read/1", "/steps/0/needs/write/0"]
      )
    }
    let repaired = #"{"id":"a","tool":"t","needs":{"read":["/srv/a"]}}"#
    try world.succeed("planning-\(JobMachine.planningLimit)", nil, try Requests.plan(repaired))
    try world.finish { _ in 1 }
    #expect(world.disk.state == .succeeded)
    #expect(world.dispatched.filter { $0.tool == "t" }.map { $0.needs?.read } == [["/srv/a"]])
  }

  @Test func `holds a plan around a failure to it, too`() throws {
    var world = try Self.world(#"{"read":["/srv"]}"#)
    try world.succeed("planning", nil, try Requests.plan(#"{"id":"a","tool":"t","needs":{"read":["/srv"]}}"#))
    try world.grant()
    try world.fail("a")
    try world.grant()
    try world.succeed("planning-2", nil, try Requests.plan(#"{"id":"b","tool":"t","needs":{"read":["/"]}}"#))
    #expect(world.disk.events.last { $0.kind == "job.plan_refused" }?.data?.contains("/steps/0/needs/read/0") == true)
    #expect(world.machine.plan.index(of: "b") == nil)
  }

  /// Whether a step has no more than the ceiling, told by other means than the machine's.
  private static func isWithin(_ asked: Needs, _ ceiling: Needs) -> Bool {
    func parts(_ path: String) -> [Substring] { path.split(separator: "/") }
    func below(_ path: String, _ folders: [String]) -> Bool { folders.contains { parts(path).starts(with: parts($0)) } }
    func reaches(_ host: String) -> Bool {
      ceiling.hosts.contains { $0 == host || $0.hasPrefix("*.") && host.hasSuffix($0.dropFirst()) }
    }
    let grades = ["full", "old-landlock", "no-namespaces"]
    let isProfile =
      asked.profile == nil || asked.profile == ceiling.profile
      || asked.profile == "compute" && ceiling.profile == "shell"
    let isGrade =
      asked.grade == nil || grades.firstIndex(of: asked.grade!)! <= grades.firstIndex(of: ceiling.grade ?? "full")!
    return asked.read.allSatisfy { below($0, ceiling.read + ceiling.write) }
      && asked.write.allSatisfy { below($0, ceiling.write) }
      && (asked.programs ?? []).allSatisfy { (ceiling.programs ?? []).contains($0) }
      && asked.hosts.allSatisfy(reaches) && asked.environment.allSatisfy { ceiling.environment[$0.key] == $0.value }
      && isProfile && isGrade
  }

  /// Few values, so that what is asked for often lies within, and often just beyond.
  private static func random(_ numbers: inout some RandomNumberGenerator, most: Int) -> Needs {
    func some(_ values: [String]) -> [String] {
      let count = Int.random(in: 0...most, using: &numbers)
      return Array(values.shuffled(using: &numbers).prefix(count))
    }
    let paths = ["/", "/a", "/ab", "/a/b", "/a/b/c", "/a/bc", "/b", "/etc/x"]
    var needs = Needs()
    needs.read = some(paths)
    needs.write = some(paths)
    if Bool.random(using: &numbers) { needs.programs = some(["ls", "/bin/ls", "git", "/tmp/git"]) }
    needs.hosts = some(["a.b:1", "a.b:2", "c.a.b:1", "*.a.b:1", "ba.b:1"])
    for name in some(["A", "B"]) { needs.environment[name] = Bool.random(using: &numbers) ? "1" : "2" }
    needs.profile = [nil, nil, "shell", "compute"].randomElement(using: &numbers)!
    needs.grade = [nil, nil, "full", "old-landlock", "no-namespaces"].randomElement(using: &numbers)!
    return needs
  }

  private static func json(_ needs: Needs) throws -> String {
    var writer = JSONWriter()
    writer.object(needs)
    return String(decoding: writer.finish(), as: UTF8.self)
  }

  @Test(arguments: 0..<40)
  func `never has a planned step with more, whatever planners bring`(_ seed: Int) throws {
    var numbers = Dice(state: UInt64(seed))
    var (taken, refused) = (0, 0)
    for _ in 0..<25 {
      let ceiling = Self.random(&numbers, most: 4)
      var world = try Self.world(try Self.json(ceiling))
      for n in 1...JobMachine.planningLimit {
        let steps = try (0..<Int.random(in: 1...2, using: &numbers)).map { i in
          #"{"id":"s\#(n)x\#(i)","tool":"t","needs":\#(try Self.json(Self.random(&numbers, most: 1)))}"#
        }
        let plannings = world.machine.plan.steps.count { $0.tool == "make_plan" }
        guard world.disk.state == .running, plannings == n else { break }
        try world.succeed(n == 1 ? "planning" : "planning-\(n)", nil, try Requests.plan(steps.joined(separator: ",")))
        if Bool.random(using: &numbers) { try world.crash() }
        let isTaken = world.machine.plan.index(of: "s\(n)x0") != nil
        taken += isTaken ? 1 : 0
        refused += isTaken ? 0 : 1
        try world.grant()
        // What was taken fails, so that another plan is asked for.
        while let attempt = world.running.values.first(where: { $0.tool == "t" }) {
          try world.fail(attempt.step)
          try world.grant()
        }
      }
      for attempt in world.dispatched where attempt.tool == "t" {
        #expect(Self.isWithin(attempt.needs ?? Needs(), ceiling), "\(attempt.needs as Any) beyond \(ceiling)")
      }
    }
    #expect(taken > 0 && refused > 0)
  }
}
