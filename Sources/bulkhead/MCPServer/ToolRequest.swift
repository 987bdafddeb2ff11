internal import ClientKit
internal import Digest
internal import JSON
internal import MCP

/// One request that is not answered alike by every server, in the task that serves it.
struct ToolRequest: Sendable {
  private let request: ServerRequest
  private let server: MCPService
  private let teller: ProgressTeller

  init(_ request: ServerRequest, _ server: MCPService) {
    self.request = request
    self.server = server
    teller = ProgressTeller(request, server)
  }

  func serve() async {
    do throws(RPCError) {
      switch request.method {
      case "tools/list": try list()
      case "tools/call": try await call()
      default:
        throw RPCError(.methodNotFound, "there is no method \(quoted(request.method))")
      }
    } catch {
      server.reply(request) { $0.error(request, error) }
    }
  }

  private func list() throws(RPCError) {
    // All of them are one page, so that there is no other page to ask for.
    if let cursor = request.params["cursor"], !cursor.isNull {
      throw RPCError(.invalidParams, "'cursor' is none that was given")
    }
    let tools = ServerTool.all.map { $0.description(for: request.version) }
    server.reply(request) {
      $0.result(request, ["tools": .array(tools)], .init(milliseconds: 300_000, isPublic: true))
    }
  }

  // MARK: Calling

  /// What a call comes to.
  private enum End {
    case outcome(ToolOutcome)
    /// The client asks whoever sits there, and comes back.
    case question(Question, Work)
    /// Nobody wants to know any more.
    case nothing
  }

  private func call() async throws(RPCError) {
    guard case .string(let name)? = request.params["name"] else { throw RPCError(.invalidParams, "'name' is no text") }
    guard let tool = ServerTool.named(name) else { throw RPCError(.invalidParams, "there is no tool \(quoted(name))") }
    let given = request.params["arguments"] ?? [:]
    guard case .object(let object) = given else { throw RPCError(.invalidParams, "'arguments' is no object") }
    var desk = server.tools
    desk.digest = Self.digest(name, given)
    let end: End
    if let state = request.requestState {
      end = try await comeBack(to: state, desk)
    } else {
      end = await begin(tool, object, desk)
    }
    switch end {
    case .outcome(let outcome): server.reply(request) { $0.result(request, result(outcome)) }
    case .question(let question, let work):
      server.reply(request) { $0.inputRequired(request, [ApprovalForm.key: question], state: work.token) }
    case .nothing: server.reply(request) { $0.error(request, RPCError(.internalError, "cancelled")) }
    }
  }

  private static func digest(_ name: String, _ arguments: JSON) -> String {
    var hash = SHA256()
    hash.update(JSON.array([.string(name), arguments]).canonical())
    return hash.finish()
  }

  private func begin(_ tool: ServerTool, _ object: JSONObject, _ desk: ToolDesk) async -> End {
    do throws(Failure) {
      switch try await tool.start(try ToolArguments(object, tool.schema), desk) {
      case .done(let outcome): return .outcome(outcome)
      case .work(let work): return await attend(to: work, desk)
      case .waits(let work, let patience, let otherwise):
        return await wait(for: work, patience, desk, otherwise: otherwise)
      }
    } catch {
      return .outcome(ToolOutcome(error))
    }
  }

  /// A round that follows a question. The state is a name of work that this process has begun, and good only with the call
  /// that began it: whoever makes one up names nothing.
  private func comeBack(to state: String, _ desk: ToolDesk) async throws(RPCError) -> End {
    guard let work = desk.desk.work(token: state, digest: desk.digest) else {
      throw RPCError(.invalidParams, "'requestState' is none that this call was given, or it has lapsed")
    }
    await desk.desk.refresh()
    var seen: Set<String> = []
    if let answer = request.inputResponses?[ApprovalForm.key]?.objectValue, let approval = work.asked {
      // What cannot be read answers nothing, so that it is asked again.
      if let said = Self.answer(answer), await !take(said, approval, desk) { seen.insert(approval.key) }
    }
    return await attend(to: work, desk, seen)
  }

  // MARK: Attending

  /// Stays with work until it has ended, or somebody has to be asked or told.
  private func attend(to work: Work, _ desk: ToolDesk, _ seen: Set<String> = []) async -> End {
    work.listen { teller.tell($0) }
    defer { work.listen(nil) }
    var seen = seen
    // Set while something waits that is not asked about here.
    var deadline: ContinuousClock.Instant?
    if !seen.isEmpty { deadline = .now + server.options.patience }
    while true {
      switch await work.next(besides: seen, until: deadline) {
      case .ended(let outcome):
        desk.desk.remove(work)
        return .outcome(outcome)
      case .abandoned:
        work.cancel()
        return .nothing
      case .late:
        // It may have been decided meanwhile: then it runs, and is waited for.
        deadline = nil
        if let approval = work.approval { return .outcome(leave(work, approval, desk)) }
      case .waits(let approval):
        teller.tell(waitsFor: approval)
        if let question = question(about: approval) {
          if request.version.era == .modern {
            work.asked = approval
            return .question(question, work)
          }
          if await ask(question, approval, work, desk) { continue }
        }
        seen.insert(approval.key)
        deadline = .now + server.options.patience
      }
    }
  }

  /// Says how it is decided. A job goes on by itself from here; a call is kept, for without this program it would end.
  private func leave(_ work: Work, _ approval: Approval, _ desk: ToolDesk) -> ToolOutcome {
    guard case .job(let id) = work.subject else { return .waiting(approval, job: approval.job, outlives: false) }
    work.release()
    desk.desk.remove(work)
    return .waiting(approval, job: id, outlives: true)
  }

  /// Waits for work that goes on whatever becomes of this request.
  private func wait(
    for work: Work,
    _ patience: Duration,
    _ desk: ToolDesk,
    otherwise: @Sendable () async -> ToolOutcome
  ) async -> End {
    work.listen { teller.tell($0) }
    let end = ContinuousClock.now + patience
    var seen: Set<String> = []
    while true {
      switch await work.next(besides: seen, until: end) {
      case .ended(let outcome): return .outcome(outcome)
      case .waits(let approval):
        // Whoever comes back for a call can be asked about it, too.
        if work.isCall, question(about: approval) != nil { return await attend(to: work, desk) }
        teller.tell(waitsFor: approval)
        seen.insert(approval.key)
      case .late:
        if !work.isCall { work.cancel() }
        return .outcome(await otherwise())
      case .abandoned:
        if !work.isCall { work.cancel() }
        return .nothing
      }
    }
  }

  // MARK: Asking

  /// nil: whoever sits at the client is not asked about this.
  private func question(about approval: Approval) -> Question? {
    guard server.options.approvals == .ask, request.capabilities.elicitation, request.version >= .v20250618 else {
      return nil
    }
    return ApprovalForm(approval: approval).question(now: wallClock())
  }

  /// Asks a legacy client while the request stays open. Whether that decided it.
  private func ask(_ question: Question, _ approval: Approval, _ work: Work, _ desk: ToolDesk) async -> Bool {
    let asking = Task { await server.ask(question) }
    // Somebody else may be faster: then the question is withdrawn.
    let watching = Task {
      await work.decided(approval)
      if !Task.isCancelled { asking.cancel() }
    }
    let answer = await withTaskCancellationHandler {
      await asking.value
    } onCancel: {
      asking.cancel()
    }
    watching.cancel()
    guard case .success(let result)? = answer, let said = Self.answer(result) else {
      return work.approval?.key != approval.key
    }
    return await take(said, approval, desk)
  }

  /// nil: it is none.
  private static func answer(_ result: JSONObject) -> Elicitation.Answer? {
    do throws(ShapeError) { return try Elicitation.Answer(result) } catch { return nil }
  }

  /// Whether what was said decided it.
  private func take(_ answer: Elicitation.Answer, _ approval: Approval, _ desk: ToolDesk) async -> Bool {
    let form = ApprovalForm(approval: approval)
    guard let decision = form.decision(answer) else { return false }
    do throws(ClientError) {
      try await form.decide(decision, desk.link)
      await decided(approval, desk)
      return true
    } catch {
      teller.warn("\(approval.id): \(error)")
      desk.desk.wake()
      return false
    }
  }

  /// The desk learns of it before anybody looks again, so that nothing is asked twice.
  private func decided(_ approval: Approval, _ desk: ToolDesk) async {
    desk.desk.forget(approval)
    desk.desk.wake()
  }

  // MARK: Answering

  private func result(_ outcome: ToolOutcome) -> JSONObject {
    var answer = ToolAnswer([.text(outcome.text)], isError: outcome.isError)
    if request.version >= .v20250618 { answer.structured = .object(outcome.structured) }
    return answer.object
  }
}
