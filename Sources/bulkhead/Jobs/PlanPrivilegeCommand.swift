internal import ClientKit
internal import JSON
internal import TerminalText

extension Command {
  static let planPrivileges = Command(
    path: ["plan", "privileges"],
    summary: "list all that a plan's steps may do, and who holds them to it",
    operands: [Operand("FILE|-", completion: .file)],
    description: [
      "Prints one list of what the steps of a plan may read, write and execute, which hosts they may reach, and their limits, with what their tools need themselves. A line says who enforces it: the kernel (the step's own jail), the proxy (the only way out of that jail), or the worker (the tool's own code, within what the kernel permits the worker as a whole).",
      "POLICY is what today's policy says of it: allowed, asks (a person must see it before anything of the job runs), or forbidden, whoever approves. A program that may run can compute anything: the list bounds programs, files and hosts, not what a program does with them.",
      "With --json the document is {\"privileges\": [{\"kind\", \"value\", \"steps\", \"enforced_by\", \"verdict\"}], \"mistakes\": [...]}.",
    ],
    exits: [
      "0    the policy would let it run, maybe when a person has seen it",
      "1    it forbids some of it, or the plan has mistakes",
    ],
    examples: [Example("bulkhead plan privileges report.json", "What would this plan be able to do?")],
    action: .remote { arguments, console async throws(Failure) in
      let name = arguments.operand(0) ?? ""
      let source = try await PlanFile.read(name)
      let mistakes = PlanFile.mistakes(source)
      if mistakes.isEmpty {
        let client = try await arguments.connect()
        let list = try await asking { () async throws(ClientError) in try await client.privileges(ofPlan: source) }
        return try tell(list.privileges, list.mistakes, name, console)
      }
      return try tell([], mistakes, name, console)
    }
  )

  private static func tell(
    _ privileges: [Privilege],
    _ mistakes: [PlanMistake],
    _ name: String,
    _ console: Console
  ) throws(Failure) -> Int32 {
    if console.isJSON {
      console.print(["privileges": .array(privileges.map(\.json)), "mistakes": .array(mistakes.map(\.json))])
    } else if !mistakes.isEmpty {
      throw PlanFile.failure(mistakes, name)
    } else if privileges.isEmpty {
      console.say("its steps need nothing beyond what their workers have")
    } else {
      console.print(ApprovalTables.privileges(privileges).text(console.paint()))
    }
    let isForbidden = privileges.contains { $0.verdict == "forbidden" }
    if isForbidden, !console.isJSON { console.complain("the policy never grants what is forbidden here") }
    return mistakes.isEmpty && !isForbidden ? ExitCode.success : ExitCode.failure
  }
}
