import JSON
import MCP

/// A client session with a server whose every word a test writes.
struct Conversation {
  var session: ClientSession
  var now: Int64 = 0
  /// What the session wanted, since it was looked at last.
  var effects: [ClientEffect] = []

  init(
    _ channel: ClientSettings.Channel = .lines,
    change: (inout ClientSettings) -> Void = { _ in }
  ) {
    var settings = ClientSettings(client: Implementation(name: "test", version: "1"), channel: channel)
    change(&settings)
    session = ClientSession(settings)
    effects = session.start(now: now)
  }

  /// Open, with all that a server can have.
  init(
    open version: MCPVersion,
    _ channel: ClientSettings.Channel = .lines,
    capabilities: String = #"{"tools":{},"resources":{},"prompts":{},"completions":{},"logging":{}}"#,
    change: (inout ClientSettings) -> Void = { _ in }
  ) {
    self.init(channel) { settings in
      settings.demanded = version
      change(&settings)
    }
    let request = takeSent()[0]
    let id = request["id"] ?? .null
    if version.era == .modern {
      say(
        #"{"jsonrpc":"2.0","id":\#(id),"result":{"resultType":"complete","supportedVersions":["\#(version.rawValue)"],"capabilities":\#(capabilities),"ttlMs":0,"cacheScope":"public"}}"#,
        on: 1
      )
    } else {
      say(
        #"{"jsonrpc":"2.0","id":\#(id),"result":{"protocolVersion":"\#(version.rawValue)","capabilities":\#(capabilities),"serverInfo":{"name":"s","version":"1"}}}"#,
        on: 1
      )
    }
    effects = []
  }

  /// The server's bytes.
  mutating func say(_ text: String, on request: Int64? = nil) {
    let id = session.settings.channel == .http ? request.map { MessageID.integer($0) } : nil
    effects += session.received(Array(text.utf8), on: id, now: now)
  }

  mutating func result(_ id: Int64, _ body: String) { say(#"{"jsonrpc":"2.0","id":\#(id),"result":\#(body)}"#, on: id) }

  mutating func error(_ id: Int64, _ code: Int, _ message: String = "no", data: String? = nil) {
    let data = data.map { #","data":\#($0)"# } ?? ""
    say(#"{"jsonrpc":"2.0","id":\#(id),"error":{"code":\#(code),"message":"\#(message)"\#(data)}}"#, on: id)
  }

  mutating func fail(_ id: Int64, _ kind: TransportFailure.Kind) {
    effects += session.failed(.integer(id), TransportFailure(kind, "it failed"), now: now)
  }

  mutating func begin(_ request: ClientRequest, _ options: CallOptions = CallOptions()) -> CallID {
    let (id, new) = session.begin(request, options, now: now)
    effects += new
    return id
  }

  mutating func wait(_ milliseconds: Int64) {
    now += milliseconds
    effects += session.tick(now: now)
  }

  mutating func answer(_ question: QuestionID, _ answer: QuestionAnswer) {
    effects += session.answer(question, answer, now: now)
  }

  /// What was sent since it was looked at last, as JSON; everything else is forgotten, too.
  mutating func takeSent() -> [JSON] {
    defer { effects = [] }
    return effects.compactMap { if case .send(let message) = $0 { message.message.json } else { nil } }
  }

  /// Each answer to `call`.
  func answers(_ call: CallID) -> [Result<ClientReply, ClientFailure>] {
    effects.compactMap { if case .answered(call, let result) = $0 { result } else { nil } }
  }

  func failure(_ call: CallID) -> ClientFailure? {
    if case .failure(let failure)? = answers(call).first { failure } else { nil }
  }

  func reply(_ call: CallID) -> ClientReply? {
    if case .success(let reply)? = answers(call).first { reply } else { nil }
  }

  var questions: [(id: QuestionID, question: Question, call: CallID?)] {
    effects.compactMap { if case .ask(let id, let question, let call) = $0 { (id, question, call) } else { nil } }
  }

  var failed: ClientFailure? {
    effects.compactMap { if case .failed(let failure) = $0 { failure } else { nil } }.first
  }

  var introduction: ServerIntroduction? {
    effects.compactMap { if case .ready(let introduction) = $0 { introduction } else { nil } }.first
  }
}

func json(_ text: String) throws -> JSON { try JSON(parsing: text) }
