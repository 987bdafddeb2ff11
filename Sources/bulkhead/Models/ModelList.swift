internal import ClientKit
internal import JSON
internal import TerminalText

extension Command {
  static let modelList = Command(
    path: ["model", "list"],
    summary: "list the configured providers of models, and the roles",
    operands: [Operand("PROVIDER", isOptional: true)],
    flags: [Flag("live", short: "l", "ask the providers which models they have")],
    description: [
      "Prints a line for each provider: its kind, address, the model it is asked for unless another is named, and whether its secret is there. Then the roles, each with its chain of models. Secrets are named and never shown.",
      "Providers come from 'workers.models.settings' in the configuration, and from the variables of the coordinator's environment that other programs use, such as OPENAI_API_KEY, ANTHROPIC_API_KEY, AZURE_OPENAI_ENDPOINT and OLLAMA_HOST.",
      "With --json the document is the output of the tool 'model_list'.",
    ],
    exits: ["0    success", "1    there is no provider PROVIDER"],
    examples: [
      Example("bulkhead model list", "Shows who is configured."),
      Example("bulkhead model list local --live", "Asks one provider what it has."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let client = try await arguments.connect()
      let list = try await modelList(arguments.operand(0), live: arguments.has("live"), client)
      if console.isJSON {
        console.print(list)
        return ExitCode.success
      }
      let providers = list["providers"]?.arrayValue ?? []
      if providers.isEmpty {
        console.say("no providers")
        console.hint("set OPENAI_API_KEY or another key for the coordinator, or name a provider in its configuration")
      } else {
        console.print(table(providers).text(console.paint()))
      }
      show(list, providers, console)
      return ExitCode.success
    }
  )

  static func modelList(_ provider: String?, live: Bool, _ client: BulkheadClient) async throws(Failure) -> JSON {
    var input: JSONObject = ["live": .bool(live)]
    if let provider { input["provider"] = .string(provider) }
    let asked = input
    return try await asking { () async throws(ClientError) in
      try await client.call(tool: "model_list", input: .object(asked)).output
    }
  }

  private static func table(_ providers: [JSON]) -> Table {
    var table = Table("PROVIDER", "KIND", "MODEL", "SECRET", "ADDRESS")
    for provider in providers {
      let secret = provider["secret"]?.stringValue
      let isThere = provider["has_key"]?.boolValue ?? true
      let state = secret.map { isThere ? $0 : "\($0) is missing" } ?? "-"
      table.add(
        [
          provider["name"]?.stringValue ?? "", provider["kind"]?.stringValue ?? "",
          provider["model"]?.stringValue ?? "-", state, provider["base_url"]?.stringValue ?? "",
        ],
        colours: [nil, nil, nil, isThere ? nil : .red]
      )
    }
    return table
  }

  private static func show(_ list: JSON, _ providers: [JSON], _ console: Console) {
    let roles = list["roles"]?.objectValue?.members ?? []
    if !roles.isEmpty {
      var table = Table("ROLE", "MODELS")
      for role in roles {
        table.add([role.key, (role.value.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", then ")])
      }
      console.print("\n" + table.text(console.paint()))
    }
    for provider in providers {
      let name = Console.printable(provider["name"]?.stringValue ?? "")
      if let models = provider["models"]?.arrayValue {
        console.print("\n\(console.colour(name, .bold))")
        for model in models { console.print("  " + Console.printable(model.stringValue ?? "")) }
      } else if let error = provider["error"]?["message"]?.stringValue {
        console.print("\n\(console.colour(name, .bold))\n  \(console.colour(Console.printable(error), .red))")
      }
    }
    for note in list["notes"]?.arrayValue ?? [] { console.note("note: \(Console.printable(note.stringValue ?? ""))") }
  }
}
