internal import ClientKit
internal import Configuration
internal import JSON
internal import Policy
internal import TerminalText

extension Command {
  static let policyShow = Command(
    path: ["policy", "show"],
    summary: "show the policy that holds",
    description: [
      "Prints the policy that the coordinator keeps to, everything with its defaults, presets written out and the overlay of its environment applied, as JSON that is a policy itself. Its version, a short digest of that text, is recorded with everything that is decided under it.",
      "With --json the document is {\"version\", \"file\", \"environment\", \"policy\"}.",
    ],
    examples: [Example("bulkhead policy show > now.json", "What holds now, as a file that 'policy check' reads.")],
    action: .remote { arguments, console async throws(Failure) in
      let client = try await arguments.connect()
      let shown = try await asking { () async throws(ClientError) in try await client.policy() }
      if console.isJSON {
        var document: JSONObject = ["version": .string(shown.version), "policy": shown.policy]
        document["file"] = shown.file.map { .string($0) }
        document["environment"] = shown.environment.map { .string($0) }
        console.print(.object(document))
      } else if shown.version.isEmpty {
        console.say("there is no policy: everything is allowed that the walls allow")
      } else {
        let place = shown.environment.map { ", environment '\($0)'" } ?? ""
        console.note("version \(shown.version)\(place), from \(shown.file ?? "the configuration")")
        console.print(shown.policy)
      }
      return ExitCode.success
    }
  )

  static let policyReload = Command(
    path: ["policy", "reload"],
    summary: "have the coordinator read its policy again",
    description: [
      "The coordinator notices by itself when the file of its policy was written; this command says what came of it. A policy with mistakes, or whose own tests fail, leaves the one that holds. What was decided stays decided; what waits is asked about anew.",
      "With --json the document is {\"version\", \"file\", \"changed\", \"mistakes\"}.",
    ],
    exits: ["0    it holds, changed or not", "1    it has mistakes, and the one before still holds"],
    examples: [Example("bulkhead policy reload", "Reads it now, and lists its mistakes.")],
    action: .remote { arguments, console async throws(Failure) in
      let client = try await arguments.connect()
      let reloaded = try await asking { () async throws(ClientError) in try await client.reloadPolicy() }
      if console.isJSON {
        console.print([
          "version": .string(reloaded.version), "file": reloaded.file.map { .string($0) } ?? .null,
          "changed": .bool(reloaded.isChanged), "mistakes": .array(reloaded.mistakes.map { .string($0) }),
        ])
      } else if !reloaded.mistakes.isEmpty {
        throw Failure(
          "invalid_policy",
          "the policy has \(counted(reloaded.mistakes.count, "mistake")); version \(reloaded.version) still holds",
          details: reloaded.mistakes.map { Console.printable($0) }
        )
      } else if reloaded.version.isEmpty {
        console.say("there is no policy")
      } else {
        console.say("version \(reloaded.version) \(reloaded.isChanged ? "holds from now on" : "holds as before")")
      }
      return reloaded.mistakes.isEmpty ? ExitCode.success : ExitCode.failure
    }
  )

  static let policyTest = Command(
    path: ["policy", "test"],
    summary: "see what another policy would have said about what is recorded",
    operands: [Operand("FILE|-", completion: .file)],
    flags: [
      Flag("environment", value: "NAME", "the overlay to apply; the one that the policy names unless given"),
      Flag("since", value: "TIME", "only jobs of the last TIME, such as 12h or 30d; all that are kept unless given"),
    ],
    description: [
      "Runs a policy over the requests, steps and calls in the coordinator's journal, beside the policy that holds, and lists what it would newly block, ask about or allow. Nothing is changed. Limits and privileges are not rehearsed: they depend on when things happen. What `gc` removed is not looked at.",
      "With --json the document is {\"version\", \"jobs\", \"acts\", \"newly_blocked\", \"newly_asked\", \"newly_allowed\", \"examples\": [...]}, at most 100 examples of each kind.",
    ],
    exits: [
      "0    it would block and ask nothing new",
      "1    it would, or the policy has mistakes",
    ],
    examples: [
      Example("bulkhead policy test new.yaml --since 30d", "What would the new policy have stopped this month?")
    ],
    action: .remote { arguments, console async throws(Failure) in
      let name = arguments.operand(0) ?? ""
      let document = try await PolicyFile.read(name)
      let age = try arguments.milliseconds("since", in: 0...Int64.max, due: "a time such as 12h or 30d is due")
      let since = age.map { max(0, wallClock() - $0) }
      let policy: Policy
      do throws(ConfigurationError) {
        policy = try document.policy(environment: arguments.value("environment"))
      } catch {
        throw PolicyFile.failure(error, name)
      }
      let client = try await arguments.connect()
      let found = try await asking { () async throws(ClientError) in
        try await client.test(policy: policy.effective, since: since)
      }
      if console.isJSON { console.print(found.json) } else { tell(found, console) }
      return found.newlyBlocked + found.newlyAsked == 0 ? ExitCode.success : ExitCode.failure
    }
  )

  private static func tell(_ found: PolicyRehearsal, _ console: Console) {
    let looked = "\(counted(Int(found.acts), "act")) of \(counted(Int(found.jobs), "job"))"
    guard !found.examples.isEmpty else { return console.say("\(looked): nothing would be decided otherwise") }
    var table = Table(["CHANGE", "JOB", "STEP", "TOOL", "AT", "BEFORE", "AFTER", "RULES"])
    for example in found.examples {
      table.add([
        example.change.replacing("newly_", with: ""), example.job, example.step ?? "-", example.tool ?? "-",
        example.point, example.before, example.after, example.rules.joined(separator: ", "),
      ])
    }
    console.print(table.text(console.paint()))
    console.say(
      "\(looked): \(found.newlyBlocked) would newly be blocked, \(found.newlyAsked) asked about, "
        + "\(found.newlyAllowed) allowed"
    )
  }
}
