internal import ClientKit
internal import Glibc
internal import JSON
internal import TerminalText
internal import Wire

extension Command {
  static let approve = Command(
    path: ["approve"],
    summary: "approve what waits for a person",
    operands: [Operand("ID", completion: .approvals)],
    flags: [
      Flag("input", value: "JSON|@FILE", "run it with this input instead", completion: .file),
      Flag("answer", value: "JSON|@FILE", "the answer to a question of the tool 'ask_person'", completion: .file),
      Flag("edit", "edit the input first, in $VISUAL or $EDITOR"),
      Flag("always", "for everything else in the job, too, that is equal"),
      Flag("any", value: "POINTER", "with --always: the input may differ at this JSON Pointer; may be repeated"),
      Flag("reason", value: "TEXT", "why, for whoever asked and for the audit log"),
    ],
    description: [
      "Approves what 'bulkhead approvals ID' shows. It is read first, and what is approved is exactly that: if it has become something else meanwhile, nothing is approved.",
      "With --input or --edit it runs with another input, which the tool must take and no rule may block. A plan is approved as it is or not at all.",
      "A question of the tool 'ask_person', by which a plan, a model or an MCP server asks a person something, is approved with its answer: --answer gives it as JSON, and without it each field is asked for at the terminal. An answer that was proposed is taken by approving it as it is. 'bulkhead deny' declines.",
      "With --always the approval is good for whatever else the job asks with the same tool and privileges, because of the same rules, and with an equal input; where --any says that it may differ, with another value there.",
      "With --json the document is the approval as it is then.",
    ],
    exits: ["0    it is approved", "1    it is not: decided already, somebody else's to decide, or there is none"],
    examples: [
      Example("bulkhead approve approval-7", "Approves it."),
      Example("bulkhead approve 7 --edit --reason 'only the tag'", "With another input."),
      Example("bulkhead approve 8 --answer '{\"account\": \"travel\"}'", "Answers a question."),
      Example("bulkhead approve 7 --always --any /path", "And all that differ in their path alone."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let decision = try await ApprovalDecision(arguments)
      if arguments.has("edit"), isatty(STDIN_FILENO) != 1 || !console.errorsAreTerminal {
        throw Failure(usage: "'--edit' needs a terminal; '--input' takes the new input as it is")
      }
      let client = try await arguments.connect()
      let approval = try await approval(arguments.operand(0) ?? "", client)
      var input = try await decision.answered(approval, console) ?? decision.input
      if input != nil || arguments.has("edit"), approval.kind == "plan" {
        throw Failure(
          "plan",
          "\(approval.id) is about a plan, which cannot be edited here",
          hint: "deny it, and submit another plan"
        )
      }
      if arguments.has("edit") {
        input = try await InputEditor.edit(approval.input ?? [:])
        if input == nil { console.note("bulkhead: nothing was changed; it is approved as it is") }
      }
      let final = input
      let decided = try await deciding(approval, client) { () async throws(ClientError) in
        try await client.approve(approval, input: final, always: decision.always, reason: decision.reason)
      }
      tell(decided, console)
      return ExitCode.success
    }
  )

  static let deny = Command(
    path: ["deny"],
    summary: "deny what waits for a person",
    operands: [Operand("ID", completion: .approvals)],
    flags: [Flag("reason", value: "TEXT", "why not, for whoever asked and for the audit log")],
    description: [
      "Denies what 'bulkhead approvals ID' shows: its step fails, and what becomes of the job is what the plan says; a plan or a call that is denied fails.",
      "With --json the document is the approval as it is then.",
    ],
    exits: ["0    it is denied", "1    it is not: decided already, somebody else's to decide, or there is none"],
    examples: [Example("bulkhead deny approval-7 --reason 'not before the tests pass'", "Denies it, and says why.")],
    action: .remote { arguments, console async throws(Failure) in
      let reason = try ApprovalDecision.reason(arguments)
      let client = try await arguments.connect()
      let approval = try await approval(arguments.operand(0) ?? "", client)
      let decided = try await deciding(approval, client) { () async throws(ClientError) in
        try await client.deny(approval, reason: reason)
      }
      tell(decided, console)
      return ExitCode.success
    }
  )

  private static func deciding(
    _ approval: Approval,
    _ client: BulkheadClient,
    _ body: () async throws(ClientError) -> Approval
  ) async throws(Failure) -> Approval {
    do throws(ClientError) {
      return try await body()
    } catch {
      throw ApprovalDecision.failure(error, approval)
    }
  }

  private static func tell(_ approval: Approval, _ console: Console) {
    if console.isJSON { return console.print(approval.json) }
    let what = approval.kind == "plan" ? "the plan of job" : "a \(approval.kind) of job"
    console.say("\(approval.id), \(what) '\(approval.job)', is \(approval.state)")
  }
}

/// What the command line says about a decision.
struct ApprovalDecision {
  let input: JSON?
  let answer: JSON?
  let always: [String]?
  private let isEdited: Bool
  let reason: String?

  init(_ arguments: Arguments) async throws(Failure) {
    let any = arguments.values("any")
    if !any.isEmpty, !arguments.has("always") {
      throw Failure(usage: "'--any' says what may differ of what '--always' approves, and there is no '--always'")
    }
    for pointer in any { try Self.check(pointer) }
    if arguments.has("edit"), arguments.value("input") != nil {
      throw Failure(usage: "'--edit' and '--input' exclude each other")
    }
    if arguments.value("answer") != nil, arguments.has("edit") || arguments.value("input") != nil {
      throw Failure(usage: "'--answer' is a part of the input: '--edit' and '--input' give all of it")
    }
    always = arguments.has("always") ? any : nil
    isEdited = arguments.has("edit")
    reason = try Self.reason(arguments)
    input = try await Self.document(arguments, "input")
    answer = try await Self.document(arguments, "answer")
  }

  private static func document(_ arguments: Arguments, _ flag: String) async throws(Failure) -> JSON? {
    guard let text = arguments.value(flag) else { return nil }
    guard text.hasPrefix("@") else { return try parseJSON(Array(text.utf8), "'--\(flag)'") }
    let file = String(text.dropFirst())
    return try parseJSON(await readFile(file, limit: Limit.inputBytes, "the \(flag)"), "'--\(flag)'")
  }

  /// The input with the answer in it, asked for at the terminal unless it was given; nil: it is no question, or the
  /// command line says the whole input.
  func answered(_ approval: Approval, _ console: Console) async throws(Failure) -> JSON? {
    guard let question = PersonQuestion(approval) else {
      if answer == nil { return nil }
      throw Failure(usage: "'--answer' is for questions, and \(approval.id) is about something else")
    }
    if let answer {
      if let refusal = question.refusal(of: answer) {
        let wrong = refusal.data["violations"]?.arrayValue ?? []
        throw Failure(
          refusal.name.rawValue,
          refusal.message,
          details: wrong.map { "\($0["path"]?.stringValue ?? ""): \($0["message"]?.stringValue ?? "")" },
          hint: "nothing was decided; 'bulkhead approvals \(approval.id)' shows the form of the answer"
        )
      }
      return question.answered(answer, in: approval.input)
    }
    // An answer that was proposed is taken by approving it; all of the input may be given, or edited.
    if input != nil || isEdited || question.answer != nil { return nil }
    guard isatty(STDIN_FILENO) == 1, console.errorsAreTerminal, !console.isJSON else {
      throw Failure(usage: "\(approval.id) is a question: '--answer' gives the answer")
    }
    console.writeError(visible(question.message) + "\n")
    let given = await AnswerForm(question).fill { prompt in
      console.writeError(prompt)
      while true {
        switch await TerminalLine.read(within: 500) {
        case .line(let line): return line
        case .end: return nil
        case .nothing: if Interrupts.happened { return nil }
        }
      }
    } tell: { line in
      console.writeError(line + "\n")
    }
    guard let given else { throw Failure("answer", "nothing was answered, and nothing decided") }
    return question.answered(given, in: approval.input)
  }

  static func check(_ pointer: String) throws(Failure) {
    guard pointer.isEmpty || pointer.hasPrefix("/") else {
      throw Failure(usage: "'--any' is \(quoted(pointer)) where a JSON Pointer such as /path is due")
    }
  }

  static func reason(_ arguments: Arguments) throws(Failure) -> String? {
    guard let reason = arguments.value("reason") else { return nil }
    guard reason.utf8.count <= ApprovalsDecide.reasonBytes else {
      throw Failure(
        usage: "'--reason' has \(reason.utf8.count) bytes and may have \(ApprovalsDecide.reasonBytes)"
      )
    }
    return reason
  }

  static func failure(_ error: ClientError, _ approval: Approval) -> Failure {
    var failure = Failure(error)
    switch error.code.rawValue {
    case "conflict" where error.data["hash"] != nil:
      failure.hint = "'bulkhead approvals \(approval.id)' shows what it is about now"
    case "conflict": failure.hint = "'bulkhead approvals \(approval.id)' shows what has become of it"
    case "invalid_input": failure.hint = "nothing was decided; '--edit' changes the input by hand"
    case "blocked": failure.hint = "nothing was decided: no approval gets past this rule"
    default: break
    }
    return failure
  }
}
