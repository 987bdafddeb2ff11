internal import JSON
internal import MCP

/// A tool that the server offers.
struct ServerTool: Sendable {
  /// What a tool does with a call.
  enum Start: Sendable {
    /// It is done.
    case done(ToolOutcome)
    /// It goes on until it has ended.
    case work(Work)
    /// It goes on whatever becomes of this call, which waits so long at most and then tells how it stands.
    case waits(Work, Duration, otherwise: @Sendable () async -> ToolOutcome)
  }

  let name: String
  let title: String
  let description: String
  let input: JSON
  let output: JSON
  let hints: ToolDescription.Hints
  let start: @Sendable (ToolArguments, ToolDesk) async throws(Failure) -> Start
  /// Of `input`.
  let schema: JSONSchema

  init(
    _ name: String,
    _ title: String,
    _ description: String,
    input: JSON,
    output: JSON,
    readsOnly: Bool = false,
    isIdempotent: Bool = false,
    start: @escaping @Sendable (ToolArguments, ToolDesk) async throws(Failure) -> Start
  ) {
    self.name = name
    self.title = title
    self.description = description
    self.input = input
    self.output = output
    self.start = start
    var hints = ToolDescription.Hints()
    hints.title = title
    hints.readOnly = readsOnly
    // What a tool that is called here does to the world, nobody can say for all of them.
    if !readsOnly { hints.destructive = true }
    hints.idempotent = isIdempotent
    hints.openWorld = !readsOnly
    self.hints = hints
    do throws(JSONSchemaError) { schema = try JSONSchema(input) } catch {
      preconditionFailure("the schema of '\(name)' is none: \(error)")
    }
  }

  /// As a client of this version knows tools: what later versions brought is left out.
  func description(for version: MCPVersion) -> JSON {
    var described = ToolDescription(
      name: name,
      description: description,
      inputSchema: input.objectValue ?? [:]
    )
    if version >= .v20250326 { described.hints = hints }
    if version >= .v20250618 {
      described.title = title
      described.outputSchema = output.objectValue
    }
    return described.json
  }

  /// In the order in which they are listed.
  static let all: [ServerTool] = [.runBash, .runCode, .callTool, .listTools, .runPlan, .submitJob, .getJob]

  static func named(_ name: String) -> ServerTool? { all.first { $0.name == name } }
}

/// What the tools work with: one for the whole server, with the digest of the call at hand.
struct ToolDesk: Sendable {
  let desk: ApprovalDesk
  /// Bytes that one output may have in an answer.
  let outputLimit: Int
  /// Of the tool's name and arguments.
  var digest = ""

  var link: CoordinatorLink { desk.link }
}
