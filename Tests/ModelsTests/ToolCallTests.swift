import JSON
import Testing

@testable import Models

/// Calls as models and servers really write them, through OpenAI's chat.
@Suite struct `tool calls of an answer` {
  private func reply(_ calls: String, reason: String = "tool_calls") -> Reading {
    read(
      .openAIChat,
      "{\"choices\": [{\"message\": {\"content\": null, \"tool_calls\": [\(calls)]}, \"finish_reason\": \"\(reason)\"}]}",
      isStream: false
    )
  }

  private func call(_ arguments: String) -> String {
    "{\"id\": \"a\", \"type\": \"function\", \"function\": {\"name\": \"t\", \"arguments\": \(arguments)}}"
  }

  private static let sent: [(String, Int64?)] = [
    (#""{\"n\": 1}""#, 1), (#""  \n""#, nil), (#""""#, nil), (#""null""#, nil), ("null", nil), (#"{"n": 1}"#, 1),
    ("{}", nil),
    // JSON written twice.
    (#""\"{\\\"n\\\": 1}\"""#, 1),
  ]

  @Test(arguments: sent) func `arguments are an object, however they are sent`(text: String, number: Int64?) {
    let arguments: JSON = number.map { ["n": .integer($0)] } ?? [:]
    #expect(reply(call(text)).response?.toolUses == [ToolUse(id: "a", name: "t", arguments: arguments)])
  }

  @Test(arguments: [
    #""...""#, #""{\"n\": ""#, #""[1]""#, #""7""#, #""{} {}""#, #""\"...\"""#,
    // Three times is none.
    #""\"\\\"{}\\\"\"""#,
  ])
  func `arguments that are no object are told, with the tool and without the arguments`(text: String) {
    let error = reply(call(text)).error
    #expect(error?.code == .malformedToolCall)
    #expect(error?.message == "the arguments of the call of 't' are no JSON object")
    #expect(error?.isTransient == false)
  }

  @Test func `half a call says that the limit of tokens was reached`() {
    let error = reply(call(#""{\"n\": ""#), reason: "length").error
    #expect(error?.code == .malformedToolCall)
    #expect(error?.message.hasSuffix("the answer reached its limit of tokens") == true)
    #expect(error?.hint == "allow a longer answer")
  }

  @Test func `a call without a name is malformed, wherever it stands`() {
    for nameless in [
      #"{"id": "b", "function": {"arguments": "{}"}}"#, #"{"id": "b", "function": {"name": ""}}"#, "{}", "7",
    ] {
      #expect(reply(nameless).error?.code == .malformedToolCall)
      #expect(reply(call("{}") + "," + nameless).error?.message == "tool call 2 of the answer has no name")
    }
  }

  @Test func `ids that are missing or repeated are made up, and are no other call's`() {
    let calls = [#""id": "call_2","#, "", #""id": "","#, #""id": "call_2","#, #""id": null,"#]
      .map { "{\($0) \"function\": {\"name\": \"t\"}}" }.joined(separator: ",")
    let ids = reply(calls).response?.toolUses.map(\.id) ?? []
    #expect(ids.count == 5)
    #expect(ids.first == "call_2")
    #expect(Set(ids).count == 5)
  }

  @Test func `128 calls are taken, and no more`() {
    let most = [String](repeating: call("{}"), count: 128).joined(separator: ",")
    #expect(reply(most).response?.toolUses.count == 128)
    let error = reply(most + "," + call("{}")).error
    #expect(error?.code == .malformedToolCall)
    #expect(error?.message == "the answer holds more than 128 tool calls")
  }

  @Test func `a name is repeated in errors only in part and on one line`() {
    let name = String(repeating: "x\\u001b\\n", count: 100)
    let call = "{\"function\": {\"name\": \"\(name)\", \"arguments\": \"...\"}}"
    let message = reply(call).error?.message ?? ""
    #expect(message.utf8.count < 160)
    #expect(message.utf8.allSatisfy { $0 >= 0x20 })
  }
}
