import JSON
import Journal
import Plan
import Testing
import Wire

@testable import Engine

@Suite struct `A job that begins with a request` {
  /// A request whose first planning step has a slot.
  static func world(_ request: TaskRequest = TaskRequest("do it"), verifier: Bool = false) throws -> World {
    let assignment = Assignment(request: request, route: Route(request))
    let tools = ["make_plan", "write_answer"] + (verifier ? ["verify_result"] : [])
    let terms = Dictionary(uniqueKeysWithValues: tools.map { ($0, World.terms(worker: "planner")) })
    var world = World(try Plan(decoding: assignment.firstPlan), assignment: assignment, more: terms)
    try world.send(.start)
    try world.grant()
    return world
  }

  static let model: JSON = ["kind": "large_model", "provider": "p", "model": "m"]

  static func plan(_ steps: String, _ more: JSONObject = [:], by: JSON = model) throws -> JSON {
    var plan = more
    plan["steps"] = try JSON(parsing: "[\(steps)]")
    return ["decision": "plan", "plan": .object(plan), "by": by, "tries": 1]
  }

  @Test func `grows by the steps of its plan, which then run`() throws {
    var world = try Self.world()
    #expect(world.running.values.map(\.tool) == ["make_plan"])
    try world.succeed(
      "planning",
      nil,
      try Self.plan(
        #"{"id":"a","tool":"t"},{"id":"b","tool":"t","input":{"x":"step:a"}}"#,
        ["final_synthesis": ["prompt_template": "got {{step:b#/x}} of {{steps}}"]]
      )
    )
    #expect(world.machine.plan.steps.map(\.id) == ["planning", "a", "b"] && world.disk.stepCount == 3)
    try world.finish { $0.step == "a" ? 5 : $0.input }
    #expect(world.disk.state == .succeeded)
    #expect(world.disk.result?["outputs"] == ["b": ["x": 5]])
    #expect(world.disk.result?["synthesis"] == #"got 5 of {"a":5,"b":{"x":5}}"#)
    let stages = world.disk.result?["stages"]
    #expect(stages?["planning"]?["by"] == Self.model && stages?["planning"]?["mode"] == "hybrid")
    #expect(stages?["execution"] == ["steps": 2, "succeeded": 2, "workers": ["w"]])
    #expect(world.disk.kinds.contains("job.planned"))
  }

  @Test func `is, after a crash at any moment, before its plan or behind it`() throws {
    for crashes in [false, true] {
      var world = try Self.world()
      world.holdsCommits = true
      try world.succeed("planning", nil, try Self.plan(#"{"id":"a","tool":"t"}"#))
      if !crashes { try world.commit() }
      try world.crash()
      #expect(world.machine.plan.steps.count == (crashes ? 1 : 2))
      world.holdsCommits = false
      let plan = try Self.plan(#"{"id":"a","tool":"t"}"#)
      try world.finish { $0.tool == "make_plan" ? plan : 1 }
      #expect(world.disk.state == .succeeded && world.disk.result?["outputs"] == ["a": 1])
    }
  }

  @Test func `has a model write the answer, and a verifier judge it`() throws {
    var world = try Self.world(TaskRequest("sum {{step:a}}"), verifier: true)
    try world.succeed(
      "planning",
      nil,
      try Self.plan(
        #"{"id":"a","tool":"t"},{"id":"b","tool":"t"}"#,
        ["final_synthesis": ["prompt_template": "Tell: {{steps}}", "role": "worker"]]
      )
    )
    #expect(world.machine.plan.steps.map(\.id) == ["planning", "a", "b", "synthesis", "verification"])
    try world.finish { attempt in
      switch attempt.tool {
      case "write_answer":
        #expect(attempt.input == ["request": "sum {{step:a}}", "prompt": "Tell: a: 1\nb: 1", "role": "worker"])
        return ["text": "one"]
      case "verify_result":
        #expect(attempt.input["answer"] == "one" && attempt.input["outputs"] == ["a": 1, "b": 1])
        return ["verdict": "answers", "reasons": ["it does"]]
      default: return 1
      }
    }
    #expect(world.disk.result?["synthesis"] == "one")
    #expect(world.disk.result?["stages"]?["verification"]?["verdict"] == "answers")
    #expect(world.disk.result?["outputs"] == ["a": 1, "b": 1])
  }

  @Test func `puts other steps in the place of one that failed, when all that could run has run`() throws {
    var world = try Self.world()
    try world.succeed(
      "planning",
      nil,
      try Self.plan(#"{"id":"a","tool":"t"},{"id":"b","tool":"t"},{"id":"c","tool":"t","depends_on":["b"]}"#)
    )
    try world.grant()
    try world.fail("b", nil, WireError(.toolFailed, "step:a is no good"))
    #expect(world.machine.plan.steps.count == 4, "a still runs")
    try world.succeed("a", nil, 1)
    try world.grant()
    let again = try #require(world.running.values.first { $0.step == "planning-2" })
    #expect(again.input["failed"]?["step"] == "b" && again.input["failed"]?["error"]?["message"] == "step:a is no good")
    #expect(again.input["done"] == [["id": "a", "tool": "t"]] && again.input["attempt"] == 2)
    try world.crash()
    try world.grant()
    #expect(try world.row("c") == .skipped && world.machine.assignment?.replaced == ["b"])
    try world.succeed("planning-2", nil, try Self.plan(#"{"id":"d","tool":"t","input":{"x":"step:c"}}"#))
    try world.grant()
    let refused = try #require(world.running.values.first { $0.step == "planning-3" }).input["refused"]
    #expect(refused?["mistakes"]?[0]?["message"] == "step 'd' needs 'c', which did not succeed")
    try world.succeed("planning-3", nil, try Self.plan(#"{"id":"d","tool":"t","input":{"x":"step:a"}}"#))
    try world.finish { $0.input }
    #expect(world.disk.state == .succeeded && world.disk.result?["outputs"] == ["d": ["x": 1]])
  }

  @Test func `shows the planner what cannot be run, and ends when that goes on`() throws {
    var world = try Self.world()
    var asked = 0
    try world.finish { attempt in
      asked += 1
      if asked > 1 {
        #expect(attempt.input["refused"]?["mistakes"]?[0]?["path"] == "/steps/0/tool")
        #expect(attempt.input["refused"]?["plan"]?["steps"]?[0]?["input"] == ["x": "step:nobody"])
      }
      // Safety: it is JSON.
      return try! Self.plan(#"{"id":"a","tool":"nothing"},{"id":"nobody","tool":"t"}"#)
        .adding(#"{"x":"step:nobody"}"#)
    }
    #expect(asked == JobMachine.planningLimit)
    #expect(world.disk.state == .failed && world.disk.reason?["name"] == "invalid_plan")
    #expect(world.disk.reason?["data"]?["mistakes"]?[0]?["name"] == "unknown_tool")
  }

  @Test func `does not ask again what was chosen without a model`() throws {
    var world = try Self.world()
    world.recipes["r"] = try JSON(parsing: #"{"steps":[{"id":"a","tool":"t","needs":{"read":["/srv"]}}]}"#)
    let choice: JSON = ["decision": "recipe", "recipe": ["name": "r", "parameters": [:]], "by": ["kind": "recipe"]]
    try world.succeed("planning", nil, choice)
    try world.grant()
    #expect(world.running.values.first?.needs?.read == ["/srv"], "what the operator gave")
    try world.fail("a")
    #expect(world.disk.state == .failed && world.disk.reason?["step"] == "a")
  }

  @Test(
    arguments: [
      (#"{"id":"a","tool":"t","needs":{"read":["/"]}}"#, "privileges_not_granted"),
      (#"{"id":"synthesis","tool":"t"}"#, "duplicate_id"), (#"{"id":"planning","tool":"t"}"#, "duplicate_id"),
      (#"{"id":"a","tool":"t","depends_on":["b"]},{"id":"b","tool":"t","depends_on":["a"]}"#, "cycle"),
      (#""prose""#, "invalid_value"), ("", "missing_member"),
    ] as [(String, String)]
  )
  func `refuses`(_ steps: String, _ name: String) throws {
    var world = try Self.world()
    if steps.isEmpty {
      try world.succeed("planning", nil, ["decision": "plan", "plan": "prose", "by": Self.model])
    } else {
      try world.succeed("planning", nil, try Self.plan(steps))
    }
    let event = try #require(world.disk.events.last { $0.kind == "job.plan_refused" })
    #expect(event.data?.contains(name) == true)
    #expect(world.machine.plan.steps.map(\.id) == ["planning", "planning-2"])
  }

  @Test func `keeps to the tools that the request names`() throws {
    var world = try Self.world(TaskRequest("x", tools: ["u"]), verifier: true)
    try world.succeed("planning", nil, try Self.plan(#"{"id":"a","tool":"t"}"#))
    #expect(world.disk.events.last { $0.kind == "job.plan_refused" }?.data?.contains("tool_not_named") == true)
    try world.grant()
    try world.succeed("planning-2", nil, try Self.plan(#"{"id":"a","tool":"u"}"#))
    #expect(world.machine.plan.steps.suffix(2).map(\.id) == ["a", "verification-2"])
    try world.grant()
    try world.succeed("a", nil, 1)
    try world.grant()
    try world.fail("verification-2")
    #expect(world.disk.state == .succeeded)
    #expect(world.disk.result?["stages"]?["verification"]?["verdict"] == "unjudged")
  }

  @Test func `ends with the planner's reason when nothing can be done`() throws {
    var world = try Self.world()
    try world.succeed("planning", nil, ["decision": "impossible", "reason": "no tool flies", "by": Self.model])
    #expect(world.disk.state == .failed && world.disk.reason?["name"] == "no_plan")
    #expect(world.disk.reason?["message"]?.stringValue?.hasSuffix("no tool flies") == true)
  }

  @Test func `may be answered by the planner itself`() throws {
    var world = try Self.world()
    try world.succeed("planning", nil, ["decision": "answer", "answer": "42", "by": Self.model])
    #expect(world.disk.state == .succeeded && world.disk.result?["synthesis"] == "42")
  }

  @Test func `plans again around a result that does not do, and then says so`() throws {
    var world = try Self.world(verifier: true)
    var plans = 0
    try world.finish { attempt in
      switch attempt.tool {
      case "make_plan":
        plans += 1
        if plans > 1 { #expect(attempt.input["unverified"] == ["reasons": ["wrong sum"]]) }
        // Safety: it is JSON.
        return try! Self.plan(#"{"id":"a\#(plans)","tool":"t"}"#)
      case "verify_result": return ["verdict": "does_not", "reasons": ["wrong sum"]]
      default: return 7
      }
    }
    #expect(plans == JobMachine.planningLimit && world.disk.state == .failed)
    #expect(world.disk.reason?["name"] == "not_verified" && world.disk.reason?["data"]?["reasons"] == ["wrong sum"])
    #expect(world.disk.result?["outputs"]?["a1"] == 7, "the result is kept")
  }

  @Test func `gives files by their names`() throws {
    let file = Artifact(sha256: String(repeating: "a", count: 64), bytes: 3, mediaType: "image/jpeg", name: "b.jpg")
    var world = try Self.world(TaskRequest("read it", files: [file]))
    try world.succeed("planning", nil, try Self.plan(#"{"id":"a","tool":"t","input":{"image":"file:b.jpg"}}"#))
    try world.grant()
    #expect(world.running.values.first?.input["image"]?["artifact"]?.stringValue == file.sha256)
  }

  @Test func `forgets what grew out of a planning step that is made again`() throws {
    var world = try Self.world()
    try world.succeed("planning", nil, try Self.plan(#"{"id":"a","tool":"t"}"#))
    let spec = try JobSpec(try #require(world.disk.spec)).cut(beforeWhatGrewFrom: 0)
    #expect(spec.plan.steps.map(\.id) == ["planning"])
    #expect(try JobSpec(spec.text).assignment == world.machine.assignment)
  }
}

@Suite struct `What must hold at the end` {
  private static func world(_ check: String, _ output: JSON) throws -> World {
    let plan = #"{"steps":[{"id":"a","tool":"t"}],"checks":[{"that":\#(check),"message":"bad: {{step:a#/why}}"}]}"#
    var world = World(try Plan(decoding: try JSON(parsing: plan)))
    try world.send(.start)
    try world.finish { _ in output }
    return world
  }

  @Test func `lets a job succeed`() throws {
    let world = try Self.world(#"{"value":"step:a#/total","gt":1}"#, ["total": 2])
    #expect(world.disk.state == .succeeded)
  }

  @Test(arguments: [["why": "no total"], ["total": "x", "why": "no total"]] as [JSON])
  func `fails it with its result kept`(_ output: JSON) throws {
    let world = try Self.world(#"{"value":"step:a#/total","gt":1}"#, output)
    #expect(world.disk.state == .failed && world.disk.reason?["name"] == "not_verified")
    #expect(world.disk.reason?["message"]?.stringValue?.contains("bad: no total") == true)
    #expect(world.disk.result?["outputs"]?["a"] == output)
  }
}

@Suite struct `The route of a request` {
  @Test func `is what was asked for, else what the request says of itself`() {
    func mode(_ request: TaskRequest) -> String { Route(request).mode.rawValue }
    #expect(mode(TaskRequest("x", type: "conversation")) == "direct")
    #expect(mode(TaskRequest("x", type: "system_operation")) == "system")
    #expect(mode(TaskRequest("x", requiresSystemAccess: true)) == "system")
    #expect(mode(TaskRequest("x", requiresSystemAccess: true, requiresMultiStep: true)) == "hybrid")
    #expect(mode(TaskRequest("x", type: "analysis")) == "hybrid" && mode(TaskRequest("x")) == "hybrid")
    #expect(mode(TaskRequest("x", requiresMultiStep: true, mode: .direct)) == "direct")
    #expect(Route(TaskRequest("x", mode: .system)).reason == "asked for")
  }

  @Test func `direct is one answer, to which pictures go along`() throws {
    let picture = Artifact(sha256: String(repeating: "b", count: 64), bytes: 3, mediaType: "image/png", name: "p.png")
    let request = TaskRequest("{{step:x}}?", context: ["a": 1], mode: .direct, files: [picture])
    var world = World(
      try Plan(decoding: Assignment(request: request, route: Route(request)).firstPlan),
      assignment: Assignment(request: request, route: Route(request))
    )
    world.offers["model"] = World.terms()
    try world.send(.start)
    try world.grant()
    let input = try #require(world.running.values.first).input
    #expect(input["prompt"] == "{{step:x}}?\n\nContext: {\"a\":1}" && input["role"] == "planner")
    #expect(input["images"]?[0]?["media_type"] == "image/png")
    try world.succeed("answer", nil, ["content": "yes"])
    #expect(world.disk.result?["synthesis"] == "yes" && world.disk.result?["stages"]?["planning"]?["mode"] == "direct")
  }
}

extension JSON {
  /// A planner's answer whose first step has this input.
  fileprivate func adding(_ input: String) -> JSON {
    guard case .object(var answer) = self, case .object(var plan)? = answer["plan"],
      case .array(var steps)? = plan["steps"], case .object(var step)? = steps.first
    else { return self }
    step["input"] = try? JSON(parsing: input)
    steps[0] = .object(step)
    plan["steps"] = .array(steps)
    answer["plan"] = .object(plan)
    return .object(answer)
  }
}
