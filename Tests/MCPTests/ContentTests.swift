import JSON
import MCP
import Testing

struct ContentTests {
  @Test(arguments: [
    #"{"type":"text","text":"hi","annotations":{"audience":["user"],"priority":0.5}}"#,
    #"{"type":"image","data":"AA==","mimeType":"image/png","_meta":{"a":1}}"#,
    #"{"type":"audio","data":"AA==","mimeType":"audio/wav"}"#,
    #"{"type":"resource_link","uri":"file:///a","name":"a","size":3,"mimeType":"text/plain"}"#,
    #"{"type":"resource","resource":{"uri":"a:b","text":"t","mimeType":"text/plain"}}"#,
    #"{"type":"resource","resource":{"uri":"a:b","blob":"AA=="}}"#,
  ])
  func `every kind of content is written as it was read`(text: String) throws {
    let value = try json(text)
    #expect(try ContentBlock(value).json == value)
  }

  @Test func `more blocks than are taken are refused`() throws {
    let block = #"{"type":"text","text":""}"#
    let many = Array(repeating: block, count: 1025).joined(separator: ",")
    let object = try #require(try json(#"{"content":[\#(many)]}"#).objectValue)
    #expect(throws: ShapeError.self) { try ToolAnswer(object) }
  }

  @Test func `structured content may stand alone, and may be anything`() throws {
    #expect(try ToolAnswer(["structuredContent": [1, 2]]).structured == [1, 2])
    #expect(try ToolAnswer(["structuredContent": nil]).structured == .null)
    #expect(throws: ShapeError.self) { try ToolAnswer([:]) }
  }

  @Test func `capabilities say what they said`() throws {
    let client = ClientCapabilities(roots: true, sampling: true, elicitation: true, urlElicitation: true)
    #expect(ClientCapabilities(client.object) == client)
    // Before there were modes, forms were what was meant.
    #expect(ClientCapabilities(["elicitation": [:]]) == ClientCapabilities(elicitation: true))
    #expect(ClientCapabilities(["elicitation": ["url": [:]]]) == ClientCapabilities(urlElicitation: true))
    #expect(ClientCapabilities(["elicitation": true, "roots": nil]) == ClientCapabilities())
    let server = ServerCapabilities(["tools": ["listChanged": true], "logging": [:], "prompts": 5])
    #expect(server.toolsListChanged && server.logging && !server.prompts && !server.resources)
    #expect(ServerCapabilities(server.object) == server)
  }

  @Test func `questions say what they said`() throws {
    for text in [
      #"{"mode":"form","message":"m","requestedSchema":{"type":"object","properties":{}}}"#,
      #"{"mode":"url","message":"m","url":"https://example.com"}"#,
    ] {
      let object = try #require(try json(text).objectValue)
      #expect(try Elicitation(object).object == object)
    }
    #expect(throws: ShapeError.self) { try Elicitation(["mode": "voice", "message": "m"]) }
    #expect(try Elicitation.Answer(["action": "accept", "content": ["a": 1]]) == .accept(["a": 1]))
    #expect(throws: ShapeError.self) { try Elicitation.Answer(["action": "maybe"]) }
  }

  @Test func `what a model is asked is read`() throws {
    let object = try #require(
      try json(
        #"{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"assistant","content":{"type":"text","text":"c"}}],"systemPrompt":"s","maxTokens":5,"temperature":0.5,"stopSequences":["x"]}"#
      ).objectValue
    )
    let request = try SamplingRequest(object)
    #expect(request.messages.map { $0.content.count } == [2, 1] && request.systemPrompt == "s")
    #expect(request.maxTokens == 5 && request.temperature == 0.5 && request.stopSequences == ["x"] && !request.hasTools)
  }
}
