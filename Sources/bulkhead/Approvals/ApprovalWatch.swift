internal import ClientKit
internal import Glibc
internal import JSON
internal import Posix
internal import TerminalText
internal import Wire

/// Looks for what a job, or a call of this program, wants a person to see, and asks whoever sits at the terminal; without
/// one it tells them how to decide.
///
/// It looks again every now and then whatever it is told: a call that a worker makes leaves no event.
final class ApprovalWatch: Sendable {
  /// Whose approvals.
  enum Subject: Sendable {
    case job(String)
    /// Calls that this process makes.
    case ownCalls
  }

  private struct State {
    /// Told about or asked about, with the deadline that it had.
    var seen: [String: Int64] = [:]
    var isOver = false
  }

  private let subject: Subject
  private let console: Console
  private let client: @Sendable () -> BulkheadClient
  /// Whether somebody is asked, or only told.
  private let asks: Bool
  private let stage: any Stage
  private let state = Guarded(State())
  private let task = Guarded<Task<Void, Never>?>(nil)
  private let wakes = Guarded<AsyncStream<Void>.Continuation?>(nil)

  /// Where questions appear: whoever else writes there steps back meanwhile.
  protocol Stage: Sendable {
    func clear()
    func restore()
    func tell(_ line: String)
  }

  init(
    _ subject: Subject,
    _ console: Console,
    asks: Bool,
    stage: any Stage,
    client: @escaping @Sendable () -> BulkheadClient
  ) {
    self.subject = subject
    self.console = console
    self.client = client
    self.stage = stage
    // What waits is told under '--quiet' neither, and no document may have a question in it.
    self.asks = asks && !console.isJSON && !console.isQuiet && console.errorsAreTerminal && isatty(STDIN_FILENO) == 1
  }

  /// How long before it looks by itself.
  private static let pause = Duration.seconds(2)

  func begin() {
    guard !console.isJSON, !console.isQuiet else { return }
    // One is enough to have it look again, however many come.
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    wakes.withLock { $0 = continuation }
    let running = Task.detached { [self] in
      let timer = Task.detached {
        while !Task.isCancelled {
          // Safety: only a cancelled task ends a sleep early.
          try? await ContinuousClock().sleep(for: Self.pause)
          continuation.yield()
        }
      }
      for await _ in stream where !isOver { await look() }
      timer.cancel()
    }
    task.withLock { $0 = running }
  }

  /// Something may wait from now on.
  func wake() { wakes.withLock { _ = $0?.yield() } }

  /// Returns when no question stands on the terminal any more.
  func end() async {
    state.withLock { $0.isOver = true }
    wakes.withLock { $0?.finish() }
    await task.withLock { $0 }?.value
  }

  private var isOver: Bool { state.withLock { $0.isOver } }

  private func look() async {
    for approval in await pending() where !isOver {
      // Once, and again when it has gone to somebody else.
      let isNew = state.withLock {
        $0.seen.updateValue(approval.deadlineAt, forKey: approval.id) != approval.deadlineAt
      }
      guard isNew else { continue }
      if asks { await ask(approval) } else { tell(approval) }
    }
  }

  /// Oldest first. A coordinator that does not answer is no matter of this: whoever waits notices.
  private func pending() async -> [Approval] {
    do throws(ClientError) {
      switch subject {
      case .job(let id): return try await client().approvals(job: id, limit: 1_000).reversed()
      case .ownCalls:
        return try await client().approvals(limit: 1_000).reversed().filter { approval in
          approval.kind == "call" && approval.caller["pid"]?.integerValue == Int64(getpid())
            && approval.caller["uid"]?.integerValue == Int64(getuid())
        }
      }
    } catch {
      return []
    }
  }

  private func isPending(_ approval: Approval) async -> Bool {
    do throws(ClientError) {
      let now = try await client().approval(approval.id)
      return now?.state == "pending" && now?.hash == approval.hash
    } catch {
      return true
    }
  }

  private func tell(_ approval: Approval) {
    let place = approval.tool.map { " before tool '\(visibleLine($0))'" } ?? " before its plan"
    stage.tell(
      "bulkhead: job '\(approval.job)' waits for a person\(place): 'bulkhead approvals \(approval.id)' shows what for, 'bulkhead approve \(approval.id)' or 'bulkhead deny \(approval.id)' decides"
    )
  }

  // MARK: Asking

  private func ask(_ approval: Approval) async {
    stage.clear()
    defer { stage.restore() }
    let paint = console.paint(onErrors: true)
    show(ApprovalPage(approval, wallClock(), paint).question, paint)
    while !isOver {
      guard let word = await answer("\(approval.id): \(Self.choices(approval)) ", approval) else { return }
      switch word.first.map({ Character($0.lowercased()) }) {
      case "a" where PersonQuestion(approval) != nil: if await reply(approval) { return }
      case "y" where PersonQuestion(approval)?.answer != nil || PersonQuestion(approval) == nil:
        if await decide(approval, { client async throws(ClientError) in try await client.approve(approval) }) { return }
      case "n":
        guard let reason = await answer("why not (empty: no reason): ", approval) else { return }
        if await deny(approval, reason.isEmpty ? nil : reason) { return }
      case "e" where approval.kind != "plan": if await edit(approval, paint) { return }
      case "a" where approval.kind != "plan": if await always(approval) { return }
      case "d": console.writeError(ApprovalPage(approval, wallClock(), paint).text + "\n\n")
      case "l", nil: return later(approval)
      default: console.writeError("\(quoted(word)) is none of them\n")
      }
    }
  }

  private static func choices(_ approval: Approval) -> String {
    if let question = PersonQuestion(approval) {
      return question.answer == nil
        ? "[a]nswer, [n]o answer, [e]dit, [d]etails, [l]ater?"
        : "[y]es to the answer that is proposed, [a]nswer, [n]o answer, [e]dit, [d]etails, [l]ater?"
    }
    if approval.rules.contains(where: { $0.name == "needs_approval" }) {
      return "[y]es, [n]o, [e]dit, [d]etails, [l]ater?"
    }
    return approval.kind == "plan"
      ? "[y]es, [n]o, [d]etails, [l]ater?" : "[y]es, [n]o, [e]dit, [a]lways, [d]etails, [l]ater?"
  }

  private func later(_ approval: Approval) {
    console.writeError("it waits; 'bulkhead approve \(approval.id)' or 'bulkhead deny \(approval.id)' decides\n")
  }

  /// Much is shown in part, and says so.
  private func show(_ lines: [String], _ paint: Paint) {
    let most = 200
    console.writeError("\n" + lines.prefix(most).joined(separator: "\n") + "\n")
    if lines.count > most {
      let note = "… \(lines.count - most) more lines; details show all of them"
      console.writeError(paint(note, .yellow) + "\n")
    }
    console.writeError("\n")
  }

  /// What was typed; nil: nobody needs to answer any more, or will.
  private func answer(_ prompt: String, _ approval: Approval) async -> String? {
    // What was typed before the question is no answer to it.
    tcflush(STDIN_FILENO, TCIFLUSH)
    console.writeError(prompt)
    while true {
      switch await TerminalLine.read(within: 500) {
      case .line(let line): return line
      case .end:
        console.writeError("\n")
        later(approval)
        return nil
      case .nothing: break
      }
      if isOver {
        console.writeError("\n")
        return nil
      }
      if await !isPending(approval) {
        console.writeError("\n\(approval.id) does not wait any more\n")
        return nil
      }
    }
  }

  /// Whether nothing is left to be asked.
  private func decide(
    _ approval: Approval,
    _ body: (BulkheadClient) async throws(ClientError) -> Approval
  ) async -> Bool {
    do throws(ClientError) {
      console.writeError("\(approval.id) is \(try await body(client()).state)\n")
      return true
    } catch {
      console.report(ApprovalDecision.failure(error, approval))
      // Whoever may not decide is not asked again, and what is decided is.
      return error.code.rawValue == "forbidden" || error.code.rawValue == "conflict" || error.meansUnreachable
    }
  }

  private func deny(_ approval: Approval, _ reason: String?) async -> Bool {
    await decide(approval) { client async throws(ClientError) in try await client.deny(approval, reason: reason) }
  }

  private func reply(_ approval: Approval) async -> Bool {
    guard let question = PersonQuestion(approval) else { return false }
    var hasEnded = false
    let answer = await AnswerForm(question).fill { prompt in
      let line = await self.answer(prompt, approval)
      if line == nil { hasEnded = true }
      return line
    } tell: { line in
      console.writeError(line + "\n")
    }
    guard let answer else { return hasEnded }
    return await decide(approval) { client async throws(ClientError) in
      try await client.approve(approval, input: question.answered(answer, in: approval.input))
    }
  }

  private func edit(_ approval: Approval, _ paint: Paint) async -> Bool {
    let edited: JSON?
    do throws(Failure) {
      edited = try await InputEditor.edit(approval.input ?? [:])
    } catch {
      console.report(error)
      return false
    }
    guard let edited else {
      console.writeError("nothing was changed\n")
      return false
    }
    show(ApprovalPage.exact(edited).split(separator: "\n").map(String.init), paint)
    guard let word = await answer("run it with this input? [y]es, [n]o ", approval) else { return true }
    guard word.lowercased().hasPrefix("y") else { return false }
    return await decide(approval) { client async throws(ClientError) in
      try await client.approve(approval, input: edited)
    }
  }

  private func always(_ approval: Approval) async -> Bool {
    let prompt = "where may the input differ (JSON Pointers such as /path; empty: nowhere): "
    guard let line = await answer(prompt, approval) else { return true }
    let pointers = line.split(separator: " ").map(String.init)
    if let wrong = pointers.first(where: { !$0.hasPrefix("/") }) {
      console.writeError("\(quoted(wrong)) is no JSON Pointer\n")
      return false
    }
    return await decide(approval) { client async throws(ClientError) in
      try await client.approve(approval, always: pointers)
    }
  }
}
