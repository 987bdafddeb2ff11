/// What completes an operand or a flag's value in a shell.
enum Completion: Sendable, Equatable {
  case none
  case file
  case folder
  case words([String])
  /// The first words of all commands; named, not listed, since the list of commands holds this one.
  case commands
  /// Names of tools, asked of the coordinator.
  case tools
  /// Names of workers, asked of the coordinator.
  case workers
  /// Ids of recent jobs, asked of the coordinator.
  case jobs
  /// Names of recipes, asked of the coordinator.
  case recipes
  /// Ids of what waits for a person, asked of the coordinator.
  case approvals
}

/// One option of a command.
struct Flag: Sendable {
  /// Without the dashes.
  let name: String
  let short: Character?
  /// Placeholder of its value; nil for a switch.
  let value: String?
  let summary: String
  let completion: Completion
  /// Whether the command means nothing without it.
  let isRequired: Bool

  init(
    _ name: String,
    short: Character? = nil,
    value: String? = nil,
    _ summary: String,
    completion: Completion = .none,
    isRequired: Bool = false
  ) {
    self.name = name
    self.short = short
    self.value = value
    self.summary = summary
    self.completion = completion
    self.isRequired = isRequired
  }

  /// `-n, --lines N`
  var spelling: String { (short.map { "-\($0), " } ?? "    ") + "--\(name)" + (value.map { " \($0)" } ?? "") }
}

struct Operand: Sendable {
  let name: String
  let isOptional: Bool
  /// May be given more than once; then it is the last operand.
  let isRepeated: Bool
  let completion: Completion

  init(_ name: String, isOptional: Bool = false, isRepeated: Bool = false, completion: Completion = .none) {
    self.name = name
    self.isOptional = isOptional
    self.isRepeated = isRepeated
    self.completion = completion
  }

  var spelling: String { (isOptional ? "[\(name)]" : name) + (isRepeated ? "..." : "") }
}

/// One row of the program's table: parsing, help, usage errors and completions all come from it.
struct Command: Sendable {
  enum Action: Sendable {
    /// Needs no coordinator; runs on the main thread.
    case local(@Sendable (Arguments, Console) throws(Failure) -> Int32)
    /// Talks to the coordinator. Ctrl-C cancels it.
    case remote(@Sendable (Arguments, Console) async throws(Failure) -> Int32)
  }

  struct Example: Sendable {
    let line: String
    let purpose: String
    init(_ line: String, _ purpose: String) { (self.line, self.purpose) = (line, purpose) }
  }

  /// The words that name it: `["tool", "call"]`.
  let path: [String]
  let summary: String
  var operands: [Operand] = []
  var flags: [Flag] = []
  /// Paragraphs for the manual page.
  let description: [String]
  /// Beyond those of every command.
  var exits: [String] = []
  let examples: [Example]
  let action: Action

  var name: String { path.joined(separator: " ") }

  var synopsis: String {
    let operands = operands.map { " \($0.spelling)" }.joined()
    let required = flags.filter(\.isRequired).map { " --\($0.name) \($0.value ?? "")" }.joined()
    return "bulkhead \(name)\(operands)\(required)" + (flags.allSatisfy(\.isRequired) ? "" : " [OPTION...]")
  }

  /// Options that every command takes.
  static let globalFlags = [
    Flag("socket", value: "PATH", "socket of the coordinator", completion: .file),
    Flag("json", "print one JSON document instead of text"),
    Flag("quiet", short: "q", "print results and errors only"),
    Flag("no-color", "print without colours, as with NO_COLOR set"),
    Flag("help", short: "h", "show a short help and exit"),
  ]

  /// In the order of the overview.
  static let all: [Command] = [
    .up, .down, .status, .health, .doctor,
    .run, .jobs, .history, .show, .watch, .trace,
    .cancel, .pause, .resume, .retry, .fork, .resolve,
    .approvals, .approve, .deny,
    .planCheck, .planGraph, .planPrivileges, .recipes,
    .exec, .tools, .toolCall,
    .modelAsk, .modelList, .modelCheck,
    .mcp,
    .workers, .workersReload, .workerCheck, .logs,
    .mcpAdd, .mcpList, .mcpTest, .mcpAccept, .mcpRemove,
    .policyCheck, .policyShow, .policyReload, .policyTest,
    .audit, .auditVerify, .auditExport,
    .usage, .metrics, .gc, .backup, .selfTestCrash,
    .version, .completions, .help,
  ]

  static func named(_ path: [String]) -> Command? { all.first { $0.path == path } }

  /// Words that may follow `prefix`.
  static func words(after prefix: [String]) -> [String] {
    var words: [String] = []
    for command in all where command.path.count > prefix.count && Array(command.path.prefix(prefix.count)) == prefix {
      let word = command.path[prefix.count]
      if !words.contains(word) { words.append(word) }
    }
    return words
  }
}
