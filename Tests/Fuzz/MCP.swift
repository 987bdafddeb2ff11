// fuzz: modules=JSON,MCP seeds=Tests/Fuzz/Seeds/MCP max_len=4096

import JSON
import MCP

/// The first byte says what the rest is for.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  guard let first = bytes.first else { return 0 }
  let rest = Array(bytes.dropFirst())
  switch first % 4 {
  case 0: checkCutting(rest)
  case 1: checkMessage(rest)
  case 2: converse(rest, first)
  default: serve(rest)
  }
  return 0
}

// MARK: Cutting

/// Lines and events are the same in whatever pieces they come.
private func checkCutting(_ bytes: [UInt8]) {
  var limits = MCPLimits()
  limits.messageBytes = 64
  var whole: [[UInt8]] = []
  var framing = LineFraming(limits)
  framing.take(bytes) { whole.append($0) }
  var single: [[UInt8]] = []
  var other = LineFraming(limits)
  for byte in bytes { other.take([byte]) { single.append($0) } }
  precondition(whole == single && framing.oversized == other.oversized && framing.held == other.held, "lines differ")
  precondition(whole.allSatisfy { $0.count <= 64 && !$0.contains(10) }, "a line that is none")

  var events: [ServerEvents.Event] = []
  var stream = ServerEvents(limits)
  let fits = stream.take(bytes) { events.append($0) }
  var singly: [ServerEvents.Event] = []
  var again = ServerEvents(limits)
  var fitsSingly = true
  for byte in bytes where fitsSingly { fitsSingly = again.take([byte]) { singly.append($0) } }
  precondition(fits == fitsSingly && events == singly && stream.lastID == again.lastID, "events differ")
}

// MARK: Messages

/// What is accepted is written and read back equal, on one line.
private func checkMessage(_ bytes: [UInt8]) {
  guard let messages = try? MCPMessage.read(bytes) else { return }
  for case .success(let message) in messages {
    let written = message.serialized()
    precondition(!written.contains(10), "a message of two lines")
    let read = try? MCPMessage.read(written)
    precondition(read?.count == 1 && (try? read?[0].get()) == message, "another message")
    guard case .result(_, let result) = message else { continue }
    if let answer = try? ToolAnswer(result) {
      precondition((try? ToolAnswer(answer.object)) == answer, "another answer")
    }
    if let answer = try? PromptAnswer(result) {
      precondition((try? PromptAnswer(answer.object)) == answer, "another prompt")
    }
    if let tool = try? ToolDescription(.object(result)) {
      _ = try? ParameterHeader.rules(of: tool.inputSchema)
      var kept = tool
      kept.requiresTask = false
      precondition((try? ToolDescription(kept.json)) == kept, "another tool")
    }
  }
}

// MARK: A client

/// A server that says anything, line by line: every call is answered once, and nothing grows without bound.
private func converse(_ bytes: [UInt8], _ choice: UInt8) {
  let isHTTP = choice & 4 != 0
  var settings = ClientSettings(client: Implementation(name: "f", version: "1"), channel: isHTTP ? .http : .lines)
  settings.capabilities = ClientCapabilities(roots: true, sampling: true, elicitation: true)
  settings.logLevel = .debug
  settings.limits.questions = 4
  settings.limits.pages = 8
  if choice & 8 != 0 { settings.demanded = choice & 16 != 0 ? .v20260728 : .v20251125 }
  var session = ClientSession(settings)
  var open: Set<CallID> = []
  var asked: [QuestionID: Question] = [:]
  var sent: Int64 = 0
  var hasEnded = false
  var now: Int64 = 0

  func perform(_ effects: [ClientEffect]) {
    for effect in effects {
      precondition(!hasEnded, "an effect behind the end")
      switch effect {
      case .answered(let call, _): precondition(open.remove(call) != nil, "an answer too many")
      case .ask(let id, let question, _): precondition(asked.updateValue(question, forKey: id) == nil, "asked twice")
      case .withdrawn(let id): precondition(asked.removeValue(forKey: id) != nil, "withdrawn, and never asked")
      case .failed: hasEnded = true
      case .send(let message):
        sent += 1
        precondition(!message.message.serialized().contains(10), "a message of two lines")
        for header in message.headers {
          precondition(header.value.utf8.allSatisfy { $0 == 9 || (0x20..<0x7F).contains($0) }, "no header")
        }
      default: break
      }
    }
    precondition(asked.count <= 4, "more questions than may be")
  }

  perform(session.start(now: now))
  for request: ClientRequest in [
    .listTools, .callTool(name: "t", arguments: ["a": 1]), .readResource(uri: "a:b"),
    .getPrompt(name: "p", arguments: [:]), .listPrompts,
  ] {
    let (id, effects) = session.begin(request, CallOptions(timeoutMS: 50, wantsProgress: true), now: now)
    open.insert(id)
    perform(effects)
  }
  for line in bytes.split(separator: 10, maxSplits: 200) where !hasEnded {
    now += 1
    // The number of the request on whose answer it comes, over HTTP.
    let request = line.first.map { MessageID.integer(Int64($0 & 15)) }
    perform(session.received(Array(line.dropFirst()), on: isHTTP ? request : nil, now: now))
    guard let first = line.first, !hasEnded else { continue }
    if first & 16 != 0, let question = asked.popFirst() {
      perform(session.answer(question.key, said(question.value), now: now))
    }
    if first & 32 != 0, let request { perform(session.failed(request, TransportFailure(.refused, "f"), now: now)) }
    if first & 64 != 0, let due = session.wakeAt {
      now = max(now, due)
      perform(session.tick(now: now))
    }
  }
  precondition(sent < 10_000, "no end of sending")
  if !hasEnded { perform(session.close(now: now)) }
  precondition(open.isEmpty && asked.isEmpty, "somebody was forgotten")
  precondition(session.received(bytes, on: nil, now: now).isEmpty && session.wakeAt == nil, "not over")
}

private func said(_ question: Question) -> QuestionAnswer {
  switch question {
  case .elicit: .elicited(.accept(["a": 1]))
  case .sample: .refused("no")
  case .roots: .roots([])
  }
}

// MARK: A server

/// A client that says anything: every request of its is answered once, whatever it asks.
private func serve(_ bytes: [UInt8]) {
  var session = ServerSession(
    info: Implementation(name: "f", version: "1"),
    capabilities: ServerCapabilities(["tools": ["listChanged": true], "logging": [:]])
  )
  for line in bytes.split(separator: 10, maxSplits: 200) {
    for event in session.received(Array(line)) {
      switch event {
      case .send(let message): precondition(!message.serialized().contains(10), "a message of two lines")
      case .request(let request):
        _ = session.progress(request, 1, message: "m")
        _ = session.log(request, .error, "x")
        let message = session.result(request, ["tools": []], .init(milliseconds: 0))
        precondition(message != nil && session.result(request, [:]) == nil, "not answered once")
      default: break
      }
    }
    precondition(session.outstanding.isEmpty, "a request that nobody answers")
  }
  _ = session.changed(.tools)
  _ = session.farewell()
}
