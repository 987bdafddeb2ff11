import JSON
import MCP
import Testing

/// Our client and our server, with nothing between them but lines.
struct BothHalvesTests {
  private struct Pair {
    var client: ClientSession
    var server: ServerSession
    var told: [ClientEffect] = []
    var requests: [ServerRequest] = []

    init(_ demanded: MCPVersion?, versions: [MCPVersion] = MCPVersion.allCases) {
      var settings = ClientSettings(client: Implementation(name: "c", version: "1"), channel: .lines)
      settings.demanded = demanded
      settings.capabilities = ClientCapabilities(elicitation: true)
      settings.logLevel = .info
      client = ClientSession(settings)
      server = ServerSession(
        info: Implementation(name: "s", version: "1"),
        capabilities: ServerCapabilities(["tools": ["listChanged": true], "logging": [:]]),
        versions: versions
      )
      perform(client.start(now: 0))
    }

    mutating func perform(_ effects: [ClientEffect]) {
      for effect in effects {
        told.append(effect)
        guard case .send(let message) = effect else { continue }
        let line = message.message.serialized()
        #expect(!line.contains(UInt8(ascii: "\n")))
        handle(server.received(line))
      }
    }

    mutating func handle(_ events: [ServerEvent]) {
      for event in events {
        switch event {
        case .send(let message): say(message)
        case .request(let request): requests.append(request)
        default: break
        }
      }
    }

    mutating func say(_ message: MCPMessage?) {
      guard let message else { return }
      perform(client.received(message.serialized(), on: nil, now: 0))
    }

    /// What a modern server puts beside each result.
    var serverMeta: JSONObject? {
      client.server?.version.era == .modern
        ? ["io.modelcontextprotocol/serverInfo": ["name": "s", "version": "1"]] : nil
    }

    mutating func begin(_ request: ClientRequest) -> CallID {
      let (id, effects) = client.begin(request, CallOptions(wantsProgress: true), now: 0)
      perform(effects)
      return id
    }
  }

  @Test(arguments: MCPVersion.allCases.map { Optional($0) } + [nil])
  func `they understand each other in every version`(demanded: MCPVersion?) throws {
    var pair = Pair(demanded)
    #expect(pair.client.server?.version == demanded ?? .v20260728)
    let call = pair.begin(.callTool(name: "a", arguments: ["x": 1]))
    let request = try #require(pair.requests.last)
    #expect(request.params["arguments"] == ["x": 1] && request.client?.name == "c")
    pair.say(pair.server.progress(request, 1, total: 2))
    pair.say(pair.server.log(request, .warning, "careful"))
    for message in pair.server.changed(.tools) { pair.say(message) }
    pair.say(pair.server.result(request, ToolAnswer([.text("done")]).object))
    #expect(pair.told.contains(.answered(call, .success(.tool(.init([.text("done")], meta: pair.serverMeta))))))
    #expect(
      pair.told.contains { if case .progress(call, let p) = $0 { p.progress == 1 && p.total == 2 } else { false } }
    )
    #expect(pair.told.contains(.changed(.tools)))
    #expect(pair.told.contains { if case .log(let log) = $0 { log.data == "careful" } else { false } })
  }

  @Test(arguments: MCPVersion.allCases) func `a server with one version is met there`(version: MCPVersion) {
    let pair = Pair(nil, versions: [version])
    #expect(pair.client.server?.version == version)
  }

  @Test(arguments: [MCPVersion.v20251125, .v20260728])
  func `a person is asked in between, in either era`(version: MCPVersion) throws {
    var pair = Pair(version)
    let call = pair.begin(.callTool(name: "a", arguments: [:]))
    let request = try #require(pair.requests.last)
    let question = Question.elicit(.form(message: "sure?", schema: ["type": "object", "properties": [:]]))
    var asked: MessageID?
    if version.era == .modern {
      pair.say(pair.server.inputRequired(request, ["ok": question], state: "s"))
    } else if let (id, message) = pair.server.ask(question) {
      asked = id
      pair.say(message)
    }
    let open = pair.told.compactMap { if case .ask(let id, question, call) = $0 { id } else { nil } }
    #expect(open.count == 1)
    pair.perform(pair.client.answer(try #require(open.first), .elicited(.accept(["yes": true])), now: 0))
    let last = try #require(pair.requests.last)
    if version.era == .modern {
      #expect(last.id != request.id && last.requestState == "s")
      #expect(last.inputResponses == ["ok": ["action": "accept", "content": ["yes": true]]])
    } else {
      #expect(asked != nil && last.id == request.id)
    }
    pair.say(pair.server.result(last, ToolAnswer([]).object))
    let isAnswered = pair.told.contains { if case .answered(call, .success) = $0 { true } else { false } }
    #expect(isAnswered)
  }
}
