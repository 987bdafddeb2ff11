import JSON
import Testing

@testable import Models

@Suite struct `A request to a model without tools` {
  static func request(_ messages: [ModelMessage], _ choice: ToolChoice = .auto) -> ModelRequest {
    var request = ModelRequest(messages: messages)
    request.tools = [
      ToolOffer(name: "search", description: "Looks things up.", parameters: ["type": "object"]),
      ToolOffer(name: "add", description: "", parameters: ["type": "object", "required": ["a"]]),
    ]
    request.toolChoice = choice
    return request
  }

  @Test func `tells the tools in the system's message`() {
    let plain = ToolEmulation.applied(to: Self.request(conversation("s:Be brief.", "u:hello")))
    #expect(plain.tools.isEmpty && plain.messages.count == 2)
    let system = plain.messages[0].text
    #expect(system.hasPrefix("Be brief.\n\nYou can call these tools:\n- search\n  Looks things up.\n"))
    #expect(system.contains("- add\n  Arguments, as JSON Schema: {\"type\":\"object\",\"required\":[\"a\"]}"))
    #expect(system.contains("TOOL: the tool's name\nARGS: its arguments"))
    let bare = ToolEmulation.applied(to: Self.request(conversation("u:hello")))
    #expect(bare.messages.map(\.role) == [.system, .user])
  }

  @Test func `says what must be called`() {
    let messages = conversation("u:hello")
    func system(_ choice: ToolChoice) -> String? {
      ToolEmulation.applied(to: Self.request(messages, choice)).messages.first { $0.role == .system }?.text
    }
    #expect(system(.none) == nil)
    #expect(system(.required)?.contains("must call at least one") == true)
    #expect(system(.named("add"))?.contains("must call the tool add") == true)
    #expect(system(.named("add"))?.contains("search") == false)
    #expect(system(.named("other")) == nil)
  }

  @Test func `tells past calls as the model would write them, so that they are read back`() throws {
    var messages = conversation("u:go", "a:I look.", "a?1,2", "t!1,2")
    messages[1].parts += messages.remove(at: 2).parts
    let plain = ToolEmulation.applied(to: Self.request(messages)).messages.dropFirst()
    #expect(plain.map(\.role) == [.user, .assistant, .user])
    #expect(plain.allSatisfy { $0.toolUses.isEmpty && $0.toolOutcomes.isEmpty })
    let said = plain[2].text
    #expect(said == "I look.\nTOOL: f\nARGS: {\"n\":1}\nTOOL: f\nARGS: {\"n\":1}")
    #expect(plain[3].text == "Result of f:\nresult 1\nResult of f:\nresult 2")
    let read = EmulatedCalls(said, offered: ["f"])
    #expect(read.text == "I look." && read.calls.map(\.arguments) == [["n": 1], ["n": 1]])
  }

  @Test func `gives calls other ids than those of the past`() throws {
    var request = Self.request(conversation("u:go", "a?call_1", "t!call_1"))
    request.tools.append(ToolOffer(name: "f", description: "", parameters: [:]))
    var response = ModelResponse()
    response.text = "TOOL: f"
    #expect(try ToolEmulation.read(response, request).toolUses.map(\.id) == ["call_2"])
  }
}
