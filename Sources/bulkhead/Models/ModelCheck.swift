internal import ClientKit
internal import JSON
internal import Synchronization
internal import TerminalText

extension Command {
  static let modelCheck = Command(
    path: ["model", "check"],
    summary: "tell whether each configured provider works",
    operands: [Operand("PROVIDER[/MODEL]", isOptional: true, isRepeated: true)],
    flags: [Flag("timeout", value: "TIME", "of each question, 1m unless given")],
    description: [
      "Asks every provider, or those that are named, five small questions, and prints a line for each: whether it chats, streams, answers by a schema, calls a tool, and reports its usage. The questions cost a few hundred tokens.",
      "What does not work is told with its reason below the table. A small model may fail at schema or tools while its provider works.",
    ],
    exits: ["0    every provider chats", "1    one does not, or there is none"],
    examples: [
      Example("bulkhead model check", "Checks all providers."),
      Example("bulkhead model check openai/gpt-4o local", "Checks one model, and a provider's usual one."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let client = try await arguments.connect()
      let timeout = try arguments.duration("timeout") ?? .seconds(60)
      var targets = arguments.operands
      if targets.isEmpty {
        let list = try await modelList(nil, live: false, client)
        targets = (list["providers"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
      }
      if targets.isEmpty {
        throw Failure(
          "no_provider",
          "there is no provider to check",
          hint: "'bulkhead help model list' says where they come from"
        )
      }
      var checks: [ProviderCheck] = []
      for target in targets {
        if !console.isJSON, console.errorsAreTerminal { console.note("checking \(Console.printable(target))") }
        var check = ProviderCheck(target)
        try await check.run(client, timeout)
        checks.append(check)
      }
      if console.isJSON {
        console.print(["providers": .array(checks.map(\.json))])
      } else {
        show(checks, console)
      }
      return checks.allSatisfy(\.works) ? ExitCode.success : ExitCode.failure
    }
  )

  private static func show(_ checks: [ProviderCheck], _ console: Console) {
    var table = Table(["PROVIDER", "MODEL"] + ProviderCheck.questions.map { $0.uppercased() })
    for check in checks {
      let cells = ProviderCheck.questions.map { check.outcomes[$0] }
      table.add(
        [check.target, check.model] + cells.map { $0?.text ?? "-" },
        colours: [nil, nil] + cells.map { $0?.isFine == true ? .green : $0 == nil ? nil : .red }
      )
    }
    console.print(table.text(console.paint()))
    for check in checks {
      for question in ProviderCheck.questions {
        guard let outcome = check.outcomes[question], let why = outcome.why else { continue }
        console.print("\(Console.printable(check.target)), \(question): \(Console.printable(why))")
      }
    }
  }
}

/// What one provider can do.
struct ProviderCheck {
  struct Outcome {
    var text: String
    var isFine: Bool
    var why: String?
  }

  static let questions = ["chat", "stream", "schema", "tools", "usage"]

  let target: String
  private(set) var model = "-"
  private(set) var outcomes: [String: Outcome] = [:]
  var works: Bool { outcomes["chat"]?.isFine == true }

  init(_ target: String) { self.target = target }

  var json: JSON {
    var object: JSONObject = ["provider": .string(target), "model": .string(model), "works": .bool(works)]
    for (question, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
      var entry: JSONObject = ["ok": .bool(outcome.isFine), "text": .string(outcome.text)]
      if let why = outcome.why { entry["reason"] = .string(why) }
      object[question] = .object(entry)
    }
    return .object(object)
  }

  mutating func run(_ client: BulkheadClient, _ timeout: Duration) async throws(Failure) {
    guard let answer = try await ask("chat", ["prompt": "Answer with one word: ready"], client, timeout) else { return }
    model = answer["model"]?.stringValue ?? "-"
    outcomes["chat"] = Outcome(text: "ok", isFine: true)
    let isReported =
      answer["usage"]?["estimated"]?.boolValue != true && (answer["usage"]?["input_tokens"]?.integerValue ?? 0) > 0
    outcomes["usage"] = Outcome(text: isReported ? "ok" : "estimated", isFine: isReported)
    try await checkStream(client, timeout)
    let schema: JSON = [
      "type": "object", "properties": ["even": ["type": "boolean"]], "required": ["even"],
      "additionalProperties": false,
    ]
    if let answer = try await ask("schema", ["prompt": "Is four an even number?", "schema": schema], client, timeout) {
      let isThere = answer["value"]?["even"]?.boolValue != nil
      let isNative = answer["schema_mode"]?.stringValue ?? "native" == "native"
      outcomes["schema"] = Outcome(text: isThere ? isNative ? "ok" : "by prompt" : "no", isFine: isThere)
    }
    let tool: JSON = [
      "name": "get_weather", "description": "Tells the weather of a city now.",
      "parameters": [
        "type": "object", "properties": ["city": ["type": "string"]], "required": ["city"],
        "additionalProperties": false,
      ],
    ]
    let question: JSONObject = ["prompt": "What is the weather in Paris?", "tools": [tool], "temperature": 0]
    if let answer = try await ask("tools", question, client, timeout) {
      let calls = answer["tool_calls"]?.arrayValue ?? []
      let isCalled = calls.contains { $0["name"]?.stringValue == "get_weather" }
      let isEmulated = answer["emulated_tools"]?.boolValue == true
      let why = "it answered in words: \((answer["content"]?.stringValue ?? "").prefix(80))"
      outcomes["tools"] = Outcome(
        text: isCalled ? isEmulated ? "emulated" : "ok" : "no",
        isFine: isCalled,
        why: isCalled ? nil : why
      )
    }
  }

  private mutating func checkStream(_ client: BulkheadClient, _ timeout: Duration) async throws(Failure) {
    let question: JSONObject = ["prompt": "Count from one to five in words.", "stream": true]
    let counter = Counter()
    guard let answer = try await ask("stream", question, client, timeout, { counter.take($0) }) else { return }
    if answer["simulated_stream"]?.boolValue == true {
      outcomes["stream"] = Outcome(text: "simulated", isFine: true)
    } else {
      let isThere = counter.count > 0
      outcomes["stream"] = Outcome(text: isThere ? "ok" : "no", isFine: isThere)
    }
  }

  private final class Counter: Sendable {
    private let tokens = Mutex(0)
    func take(_ progress: Progress) { if progress.kind == .token { tokens.withLock { $0 += 1 } } }
    var count: Int { tokens.withLock { $0 } }
  }

  /// The answer; nil: there was none, which is noted.
  private mutating func ask(
    _ question: String,
    _ input: JSONObject,
    _ client: BulkheadClient,
    _ timeout: Duration,
    _ listen: (@Sendable (Progress) -> Void)? = nil
  ) async throws(Failure) -> JSON? {
    var input = input
    input["model"] = .string(target)
    if input["max_tokens"] == nil { input["max_tokens"] = 512 }
    let asked = input
    do throws(ClientError) {
      return try await client.call(tool: "model", input: .object(asked), timeout: timeout, onProgress: listen).output
    } catch {
      if error.meansUnreachable || error.code.rawValue == "cancelled" { throw Failure(error) }
      let reason = error.data["reason"]?.stringValue ?? error.code.rawValue
      outcomes[question] = Outcome(text: reason, isFine: false, why: error.message)
      return nil
    }
  }
}
