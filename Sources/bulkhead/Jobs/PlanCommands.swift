internal import ClientKit
internal import JSON
internal import Plan
internal import TerminalText

extension Command {
  static let planCheck = Command(
    path: ["plan", "check"],
    summary: "look for every mistake of a plan without running it",
    operands: [Operand("FILE|-", completion: .file)],
    flags: [Flag("offline", "check its structure, references and cycles only, without a coordinator")],
    description: [
      "Checks the plan's structure, references and cycles here, then asks the coordinator to check its tools and inputs against what is offered now. All mistakes are listed at once, each with its place in the plan (a JSON Pointer).",
      "With --json the document is {\"mistakes\": [{\"path\", \"name\", \"message\"}]}.",
    ],
    exits: ["0    there is no mistake", "1    there are mistakes, or the plan cannot be read"],
    examples: [
      Example("bulkhead plan check report.json", "Checks a plan with its tools."),
      Example("bulkhead plan check - --offline < report.json", "Checks what can be checked anywhere."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let name = arguments.operand(0) ?? ""
      let source = try await PlanFile.read(name)
      var mistakes = PlanFile.mistakes(source)
      if mistakes.isEmpty, !arguments.has("offline") {
        let client = try await connect(arguments)
        mistakes = try await asking { () async throws(ClientError) in try await client.check(plan: source) }
      }
      if console.isJSON { console.print(["mistakes": .array(mistakes.map(\.json))]) }
      guard mistakes.isEmpty else {
        if console.isJSON { return ExitCode.failure }
        throw PlanFile.failure(mistakes, name)
      }
      let steps = source["steps"]?.arrayValue?.count ?? 0
      console.say(
        "\(counted(steps, "step")), no mistakes" + (arguments.has("offline") ? "; tools were not checked" : "")
      )
      return ExitCode.success
    }
  )

  private static func connect(_ arguments: Arguments) async throws(Failure) -> BulkheadClient {
    do throws(Failure) {
      return try await arguments.connect()
    } catch {
      var failure = error
      failure.hint = "the plan's structure is right; its tools are known to a coordinator ('bulkhead up') only"
      throw failure
    }
  }

  static let planGraph = Command(
    path: ["plan", "graph"],
    summary: "draw which step of a plan waits for which",
    operands: [Operand("FILE|-", completion: .file)],
    flags: [Flag("dot", "print a graph for Graphviz instead")],
    description: [
      "Draws the steps level by level: those of one level can run at the same time, each behind all that it depends on. No coordinator is needed.",
      "With --json the document is {\"steps\": [{\"id\", \"tool\", \"depends_on\", \"level\"}]}.",
    ],
    exits: ["0    success", "1    the plan has mistakes or cannot be read"],
    examples: [
      Example("bulkhead plan graph report.json", "Draws a plan on the terminal."),
      Example("bulkhead plan graph report.json --dot | dot -Tsvg > report.svg", "As a picture."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let name = arguments.operand(0) ?? ""
      let plan = try PlanFile.decode(await PlanFile.read(name), name)
      if console.isJSON {
        console.print(document(plan))
      } else if arguments.has("dot") {
        console.writeResult(plan.graph.dot(plan))
      } else {
        let width = console.outputIsTerminal ? terminalSize(1).columns : Int.max
        for line in plan.graph.terminal(plan, width: width) { console.print(line) }
      }
      return ExitCode.success
    }
  )

  private static func document(_ plan: Plan) -> JSON {
    var levels = [Int](repeating: 0, count: plan.steps.count)
    for (level, steps) in plan.graph.levels.enumerated() { for step in steps { levels[step] = level } }
    return [
      "steps": .array(
        plan.steps.enumerated().map { index, step in
          [
            "id": .string(step.id), "tool": .string(step.tool),
            "depends_on": .array(plan.graph.dependencies[index].map { .string(plan.steps[$0].id) }),
            "level": .integer(Int64(levels[index])),
          ]
        }
      )
    ]
  }
}
