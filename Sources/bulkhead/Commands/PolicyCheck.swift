internal import Configuration
internal import JSON
internal import Policy
internal import TerminalText

extension Command {
  static let policyCheck = Command(
    path: ["policy", "check"],
    summary: "look for every mistake of a policy and run its tests",
    operands: [Operand("FILE|-", completion: .file)],
    flags: [Flag("environment", value: "NAME", "the overlay to apply; the one that the policy names unless given")],
    description: [
      "Reads a policy, YAML or JSON, as the coordinator would, and runs the tests that its guardrails bring along. All mistakes are listed at once, each with its line and column; those of every environment, whichever applies. No coordinator is needed.",
      "With --json the document is {\"mistakes\": [{\"path\", \"name\", \"message\", \"line\", \"column\"}]}, and where there are none also \"version\", \"environment\" and \"policy\": everything with its defaults, presets written out and the overlay applied.",
    ],
    exits: ["0    there is no mistake and every test holds", "1    there are mistakes, or the policy cannot be read"],
    examples: [
      Example("bulkhead policy check policy.yaml", "Checks a policy before the coordinator reads it."),
      Example(
        "bulkhead policy check policy.yaml --environment production --json",
        "What would hold in production, written out."
      ),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let name = arguments.operand(0) ?? ""
      let document = try await PolicyFile.read(name)
      let policy: Policy
      do throws(ConfigurationError) {
        policy = try document.policy(environment: arguments.value("environment"))
      } catch {
        if !console.isJSON { throw PolicyFile.failure(error, name) }
        console.print(["mistakes": .array(error.mistakes.map(PolicyFile.json))])
        return ExitCode.failure
      }
      if console.isJSON {
        var shown: JSONObject = ["mistakes": [], "version": .string(policy.version), "policy": policy.effective]
        if let environment = policy.environment { shown["environment"] = .string(environment) }
        console.print(.object(shown))
      } else {
        console.say(PolicyFile.summary(policy))
      }
      return ExitCode.success
    }
  )
}

/// A policy as the user keeps it.
enum PolicyFile {
  /// The document in the file `name`, `-` being standard input.
  static func read(_ name: String) async throws(Failure) -> PolicyDocument {
    if name == "-" { return PolicyDocument(try await readStandardInput(), file: "standard input") }
    let text = try await offPool { () throws(Failure) in
      do throws(ConfigurationError) {
        return try PolicyDocument.read(name)
      } catch {
        throw Failure("file", error.mistakes[0].message, hint: error.mistakes[0].hint)
      }
    }
    return PolicyDocument(text, file: name)
  }

  /// All mistakes, each with its place.
  static func failure(_ error: ConfigurationError, _ name: String) -> Failure {
    let count = error.mistakes.count + error.unlisted
    var failure = Failure(
      "invalid_policy",
      "policy \(quoted(name)) has \(counted(count, "mistake"))",
      details: error.description.split(separator: "\n").map { Console.printable(String($0)) }
    )
    failure.data = ["mistakes": .array(error.mistakes.map(json))]
    return failure
  }

  static func json(_ mistake: ConfigurationError.Mistake) -> JSON {
    var it: JSONObject = ["name": .string(mistake.code.rawValue), "message": .string(mistake.message)]
    if let path = mistake.path { it["path"] = .string(path) }
    if let position = mistake.position {
      it["line"] = .integer(Int64(position.line))
      it["column"] = .integer(Int64(position.column))
    }
    if let hint = mistake.hint { it["hint"] = .string(hint) }
    return .object(it)
  }

  /// What there is, in one line.
  static func summary(_ policy: Policy) -> String {
    var parts = [counted(policy.guardrails.count, "guardrail")]
    if let commands = policy.commands {
      let count = (commands.allow?.count ?? 0) + commands.forbid.count + commands.approve.count
      parts.append(counted(count, "command rule"))
    }
    if !policy.limits.isEmpty { parts.append(counted(policy.limits.count, "limit")) }
    if !policy.alerts.isEmpty { parts.append(counted(policy.alerts.count, "alert")) }
    if let roles = policy.roles { parts.append(counted(roles.subjects.count, "role")) }
    let place = policy.environment.map { " in environment '\($0)'" } ?? ""
    return "\(parts.joined(separator: ", "))\(place), no mistakes; version \(policy.version)"
  }
}
