import Engine
import Foundation
import JSON
import Journal
import Plan
import Policy
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct `Requests and recipes` {
  private static func planner(_ bench: JobBench, mayPlan: Bool = true, _ answers: JSON...) -> WorkerManifest {
    bench.worker("planner", script: "plans", settings: ["answers": .array(answers)]) {
      $0.permissions.planning = mayPlan
    }
  }

  private static func plan(_ steps: String, _ more: JSONObject = [:]) throws -> JSON {
    var plan = more
    plan["steps"] = try JSON(parsing: "[\(steps)]")
    return ["decision": "plan", "plan": .object(plan)]
  }

  private static func submit(_ bench: JobBench, _ work: JobSubmit.Work, id: String? = nil) throws -> Result<
    JobSubmit.Response, WireError
  > {
    try bench.ask { bench.jobs.submit(JobSubmit(work, id: id), caller: [:], answer: $0) }
  }

  private static func seen(_ bench: JobBench) throws -> [JSON] {
    try bench.lines("planner").map { try JSON(parsing: $0) }
  }

  @Test func `a request is planned, repaired, run and written up in one job`() throws {
    let bench = try JobBench()
    let planner = Self.planner(
      bench,
      try Self.plan(#"{"id":"a","tool":"ecko"}"#),
      try Self.plan(
        #"{"id":"a","tool":"echo","input":{"n":4}}"#,
        ["final_synthesis": ["prompt_template": "n is {{step:a#/n}}", "role": "worker"]]
      )
    )
    try bench.start(bench.worker(), planner)
    let job = try Self.submit(bench, .request(TaskRequest("four, please")), id: "four").get().job
    #expect(job.title == "four, please" && job.stepCount == 1)
    let shown = try bench.finish("four")
    #expect(shown.job.state == "succeeded" && shown.job.stepCount == 4)
    #expect(shown.steps.map(\.id) == ["planning", "planning-2", "a", "synthesis-2"])
    #expect(shown.result?["synthesis"] == "written: n is 4" && shown.result?["outputs"] == ["a": ["n": 4]])
    let seen = try Self.seen(bench)
    #expect(seen[0]["tools"]?.arrayValue?.contains("echo") == true && seen[0]["check"]?["mistakes"]?[0] != nil)
    #expect(seen[1]["check"]?["mistakes"] == [])
    #expect(seen[1]["refused"]?[0]?["path"] == "/steps/0/tool" && seen[1]["refused"]?[0]?["name"] == "unknown_tool")
    let accepted = try #require(try bench.events("four").first).data
    #expect(accepted?["mode"] == "hybrid" && accepted?["reason"] == "nothing else was asked for")
    #expect(try Self.submit(bench, .request(TaskRequest("four, please")), id: "four").get().isExisting)
    guard case .failure(let error) = try Self.submit(bench, .request(TaskRequest("five")), id: "four") else {
      Issue.record("another request under the same id")
      return
    }
    #expect(error.name == .conflict)
    try bench.end()
  }

  @Test func `a planner that may not plan is refused, and one that is missing is named`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    guard case .failure(let error) = try Self.submit(bench, .request(TaskRequest("x"))) else {
      Issue.record("nobody plans")
      return
    }
    #expect(error.name == .unavailable && error.data["worker"] == "planner")
    var plain = try Self.plan(#"{"id":"a","tool":"echo"}"#)["plan"]?.objectValue ?? JSONObject()
    plain["final_synthesis"] = ["prompt_template": "x", "role": "worker"]
    #expect(bench.jobs.check(.object(plain)).mistakes.map(\.path) == ["/final_synthesis/role"])
    let text = Artifact(sha256: String(repeating: "a", count: 64), bytes: 1, mediaType: "text/plain", name: "a.txt")
    guard case .failure(let wrong) = try Self.submit(bench, .request(TaskRequest("x", mode: .direct, files: [text])))
    else {
      Issue.record("a file that nobody would look at")
      return
    }
    #expect(wrong.data["path"] == "/request/files/0" && wrong.message.contains("is no picture"))
    try bench.start(bench.worker(), Self.planner(bench, mayPlan: false, try Self.plan(#"{"id":"a","tool":"echo"}"#)))
    let job = try Self.submit(bench, .request(TaskRequest("x"))).get().job.id
    _ = try bench.finish(job)
    #expect(try Self.seen(bench)[0]["check"]?["error"] == "refused" && Self.seen(bench)[0]["tools"] == [])
    try bench.end()
  }

  @Test func `a job that has grown goes on after a crash, and is planned anew by a retry`() throws {
    let first = try JobBench(keepsFolder: true)
    let planner = Self.planner(first, try Self.plan(#"{"id":"a","tool":"echo"},{"id":"h","tool":"hold"}"#))
    try first.start(first.worker(), planner)
    _ = try Self.submit(first, .request(TaskRequest("x")), id: "r").get()
    try first.until("it holds") { first.lines().contains { $0.hasPrefix("hold") } }
    let path = first.folder
    first.coordinator.journal.close()
    first.supervisor.stopNow()
    let second = try JobBench(folder: path)
    try second.start(second.worker(), Self.planner(second, try Self.plan(#"{"id":"b","tool":"echo"}"#)))
    try second.recover()
    try second.until("it knows of the steps") {
      second.jobs.active.values.contains { $0.machine.plan.steps.count == 3 }
    }
    _ = try second.ask { second.jobs.cancel(JobCancel(job: "r"), by: .owner, answer: $0) }
    #expect(try second.finish("r").steps.map(\.id) == ["planning", "a", "h"])
    _ = try second.ask { second.jobs.retry(JobRetry(job: "r", from: "planning"), by: .owner, answer: $0) }.get()
    let again = try second.finish("r")
    #expect(again.job.state == "succeeded" && again.steps.map(\.id) == ["planning", "b"])
    #expect(again.job.stepCount == 2 && again.job.generation == 2)
    try second.end()
  }

  @Test func `a recipe is a plan with parameters, whoever chooses it`() throws {
    let bench = try JobBench()
    try bench.start(
      bench.worker(),
      Self.planner(bench, ["decision": "recipe", "recipe": ["name": "say", "parameters": ["text": "step:a"]]])
    )
    let folder = bench.folder + "/recipes"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let say =
      #"{"name":"say","description":"Says it.","parameters":{"type":"object","required":["text"],"properties":"#
      + #"{"text":{"type":"string"},"times":{"type":"integer","default":2},"more":{}}},"plan":{"steps":[{"id":"a","#
      + #""tool":"echo","input":{"t":"param:text","n":"param:times","m":"param:more","s":"<{{param:text}}>"}}]}}"#
    try say.write(toFile: folder + "/say.json", atomically: true, encoding: .utf8)
    try #"{"name":"bad""#.write(toFile: folder + "/bad.json", atomically: true, encoding: .utf8)
    try say.replacing("echo", with: "nobody").replacing("say", with: "other")
      .write(toFile: folder + "/other.json", atomically: true, encoding: .utf8)
    bench.jobs.recipes = RecipeBook(folders: [folder, folder + "/none"])
    #expect(bench.jobs.recipes.errors.count == 1 && bench.jobs.recipes.errors[0].hasPrefix(folder + "/bad.json: "))
    let listed = try bench.jobs.list(RecipesList()).recipes
    #expect(listed.map(\.name) == ["other", "say"] && listed[0].trouble == "no worker offers tool 'nobody'")
    #expect(listed[1].trouble == nil && listed[1].plan == nil)
    #expect(try bench.jobs.list(RecipesList(name: "say")).recipes[0].plan?["steps"] != nil)

    let choice = RecipeChoice(name: "say", parameters: ["text": "{{step:a}}", "times": 3])
    let direct = try bench.finish(try Self.submit(bench, .recipe(choice)).get().job.id)
    #expect(direct.result?["outputs"]?["a"] == ["t": "{{step:a}}", "n": 3, "s": "<{{step:a}}>"])
    #expect(try bench.events(direct.job.id).first?.data?["recipe"] == "say")
    let chosen = try bench.finish(try Self.submit(bench, .request(TaskRequest("say it"))).get().job.id)
    #expect(chosen.result?["outputs"]?["a"] == ["t": "step:a", "n": 2, "s": "<step:a>"])
    #expect(chosen.result?["stages"]?["planning"]?["recipe"] == "say")

    guard
      case .failure(let wrong) = try Self.submit(bench, .recipe(RecipeChoice(name: "say", parameters: ["times": "x"])))
    else {
      Issue.record("parameters that do not fit")
      return
    }
    #expect(wrong.name == .invalidInput && wrong.data["violations"]?.arrayValue?.count == 2)
    guard case .failure(let unknown) = try Self.submit(bench, .recipe(RecipeChoice(name: "sy"))) else {
      Issue.record("a recipe that nobody has")
      return
    }
    #expect(unknown.name == .notFound && unknown.message.contains("did you mean 'say'"))
    try bench.end()
  }
}

extension String {
  fileprivate func replacing(_ old: String, with new: String) -> String { replacingOccurrences(of: old, with: new) }
}
