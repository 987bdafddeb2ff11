internal import ClientKit
internal import JSON
internal import Posix
internal import TerminalText
internal import Wire

extension Command {
  static let modelAsk = Command(
    path: ["model", "ask"],
    summary: "ask a language model once, and print its answer as it comes",
    operands: [Operand("PROMPT|-", completion: .file)],
    flags: [
      Flag("role", short: "r", value: "ROLE", "whose models answer: planner, worker, verifier or a role of your own"),
      Flag("model", short: "m", value: "PROVIDER[/MODEL]", "this model instead of a role's"),
      Flag("escalate", short: "e", value: "ROLE", "ask this role when the answer will not do; see below"),
      Flag("system", value: "TEXT", "what the model is told before"),
      Flag("image", short: "i", value: "PATH", "show it a picture; may be repeated", completion: .file),
      Flag("schema", value: "JSON|@FILE", "answer by this JSON Schema, and print the value", completion: .file),
      Flag("max-tokens", value: "N", "of the answer, at most"),
      Flag("temperature", value: "X", "0 for the likeliest answer; more is more varied"),
      Flag("record", value: "FILE", "keep the exchange in FILE, without any key", completion: .file),
      Flag("replay", value: "FILE", "be answered from a recording, without any network", completion: .file),
      Flag("timeout", value: "TIME", "stop after this time, such as 30s or 5m"),
    ],
    description: [
      "Sends PROMPT to the role 'worker', or to --role or --model, and prints the answer while it comes. With - the prompt is read from standard input. Who answered, tokens and cost go to standard error.",
      "A role is a chain of models: the next one is asked when one does not answer. What failed on the way is told on standard error.",
      "With --escalate the model of --role is a small one that is asked first, and ROLE when its answer does not fit the schema, is empty, cut or refused, or when it says that it is not sure. What it answers is not shown before that is known. Standard error says why ROLE was asked.",
      "With --schema nothing is printed until the answer is whole and fits; what does not fit is an error.",
      "With --json the document is the whole output of the tool 'model'.",
    ],
    exits: ["0    the model answered", "1    no model answered"],
    examples: [
      Example("bulkhead model ask 'What is a bulkhead?'", "Asks the role 'worker'."),
      Example("git diff | bulkhead model ask - -r planner --system 'Review this.'", "Reads the prompt from a pipe."),
      Example(
        "bulkhead model ask 'Is this spam?' --schema @spam.json -e planner",
        "Asks the role 'worker', and the planner if need be."
      ),
      Example(
        "bulkhead model ask 'Which city?' -i photo.jpg --schema '{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}'",
        "Gets a value from a picture."
      ),
    ],
    action: .remote { arguments, console async throws(Failure) in
      var input = try await modelInput(arguments)
      let client = try await arguments.connect()
      try await addFiles(&input, arguments, client)
      let printsTokens = arguments.value("schema") == nil && !console.isJSON
      input["stream"] = .bool(printsTokens)
      let output = AnswerOutput(console)
      let began = BootTime.now
      let timeout = try arguments.duration("timeout")
      let asked = input
      let listener: (@Sendable (Progress) -> Void) = { output.take($0) }
      let result: ToolResult
      do throws(Failure) {
        result = try await asking { () async throws(ClientError) in
          try await client.call(tool: "model", input: .object(asked), timeout: timeout, onProgress: listener)
        }
      } catch {
        output.endLine()
        throw error
      }
      if let file = arguments.value("record"),
        let recording = result.artifacts.first(where: { $0.name == "recording.json" })
      {
        try await asking { () async throws(ClientError) in try await client.download(recording, to: file) }
      }
      if console.isJSON {
        console.print(result.output)
      } else {
        output.finish(result.output)
        console.note(console.colour(summary(result.output, since: began), .dim, onErrors: true))
      }
      return ExitCode.success
    }
  )

  private static func modelInput(_ arguments: Arguments) async throws(Failure) -> JSONObject {
    var prompt = arguments.operand(0) ?? ""
    if prompt == "-" { prompt = String(decoding: try await readStandardInput(), as: UTF8.self) }
    if prompt.isEmpty { throw Failure(usage: "the prompt is empty") }
    var input: JSONObject = ["prompt": .string(prompt)]
    if arguments.has("model") || arguments.value("model") != nil, arguments.value("role") != nil {
      throw Failure(usage: "'--model' and '--role' exclude each other")
    }
    for flag in ["role", "model", "system", "escalate"] {
      if let value = arguments.value(flag) { input[flag] = .string(value) }
    }
    if let limit = try arguments.count("max-tokens", in: 1...10_000_000) {
      input["max_tokens"] = .integer(Int64(limit))
    }
    if let text = arguments.value("temperature") {
      guard let value = Double(text), (0...10).contains(value) else {
        throw Failure(usage: "'--temperature' is \(quoted(text)) where a number from 0 to 10 is due")
      }
      input["temperature"] = JSON(value)
    }
    if let text = arguments.value("schema") {
      if text.hasPrefix("@") {
        let bytes = try await readFile(String(text.dropFirst()), limit: Limit.schemaBytes, "the schema")
        input["schema"] = try parseJSON(bytes, "the schema")
      } else {
        input["schema"] = try parseJSON(Array(text.utf8), "the schema")
      }
    }
    if arguments.value("record") != nil { input["record"] = true }
    return input
  }

  private static func addFiles(
    _ input: inout JSONObject,
    _ arguments: Arguments,
    _ client: BulkheadClient
  ) async throws(Failure) {
    var images: [JSON] = []
    for path in arguments.values("image") {
      let type = try imageType(path)
      let artifact = try await asking { () async throws(ClientError) in try await client.upload(path, mediaType: type) }
      images.append(["artifact": .string(artifact.sha256), "media_type": .string(type)])
    }
    if !images.isEmpty { input["images"] = .array(images) }
    if let path = arguments.value("replay") {
      let artifact = try await asking { () async throws(ClientError) in try await client.upload(path) }
      input["replay"] = .string(artifact.sha256)
    }
  }

  private static func imageType(_ path: String) throws(Failure) -> String {
    let types = ["png": "png", "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "webp": "webp"]
    guard let type = types[path.split(separator: ".").last?.lowercased() ?? ""] else {
      throw Failure(usage: "\(quoted(path)) is no picture by its name: png, jpg, gif or webp are due")
    }
    return "image/\(type)"
  }

  /// `openai/gpt-4o instead of local/phi3 (unsure) · 12 tokens in, 34 out · $0.000123 · 1.2 s`
  static func summary(_ output: JSON, since began: BootTime) -> String {
    var parts = ["\(output["provider"]?.stringValue ?? "")/\(output["model"]?.stringValue ?? "")"]
    if let escalated = output["escalated"] {
      parts[0] += " instead of \(escalated["from"]?.stringValue ?? "") (\(escalated["because"]?.stringValue ?? ""))"
    }
    if let usage = output["usage"] {
      let about = usage["estimated"]?.boolValue == true ? "about " : ""
      let (read, written) = (usage["input_tokens"]?.integerValue ?? 0, usage["output_tokens"]?.integerValue ?? 0)
      parts.append("\(about)\(read) tokens in, \(written) out")
    }
    if let cost = output["cost"]?["text"]?.stringValue { parts.append(cost) }
    if output["cached"]?.boolValue == true { parts.append("from the cache") }
    if output["simulated_stream"]?.boolValue == true { parts.append("simulated stream") }
    if output["stop"]?.stringValue == "length" { parts.append("cut at the limit of tokens") }
    let milliseconds = BootTime.now.milliseconds(since: began)
    parts.append("\(milliseconds / 1000).\(milliseconds % 1000 / 100) s")
    return Console.printable(parts.joined(separator: " · "))
  }
}
