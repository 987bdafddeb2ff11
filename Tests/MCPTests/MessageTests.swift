import JSON
import MCP
import Testing

struct MessageTests {
  @Test(arguments: [
    #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, #"{"jsonrpc":"2.0","id":"a","method":"x","params":{"y":[1]}}"#,
    #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, #"{"jsonrpc":"2.0","id":-7,"result":{"a":null}}"#,
    #"{"jsonrpc":"2.0","id":"b","error":{"code":-32601,"message":"no","data":{"a":1}}}"#,
    #"{"jsonrpc":"2.0","error":{"code":-32700,"message":"what"}}"#,
  ])
  func `a message is written as it was read`(text: String) throws {
    let message = try MCPMessage(try json(text))
    #expect(message.json == (try json(text)))
    #expect(try MCPMessage(try JSON(parsing: message.serialized())) == message)
  }

  @Test(arguments: [
    "[]", "1", "{}", #"{"jsonrpc":"1.0","id":1,"method":"x"}"#, #"{"jsonrpc":"2.0","id":null,"method":"x"}"#,
    #"{"jsonrpc":"2.0","id":1.5,"method":"x"}"#, #"{"jsonrpc":"2.0","id":1,"method":5}"#,
    #"{"jsonrpc":"2.0","id":1,"method":""}"#, #"{"jsonrpc":"2.0","id":1,"method":"x","params":[1]}"#,
    #"{"jsonrpc":"2.0","id":1}"#, #"{"jsonrpc":"2.0","id":1,"result":5}"#, #"{"jsonrpc":"2.0","result":{}}"#,
    #"{"jsonrpc":"2.0","id":1,"error":{"code":"x","message":"y"}}"#, #"{"jsonrpc":"2.0","id":1,"error":"bad"}"#,
    #"{"jsonrpc":"2.0","id":{},"error":{"code":1,"message":"y"}}"#,
  ])
  func `what is no message is refused`(text: String) throws {
    let value = try json(text)
    #expect(throws: MCPMessage.Fault.self) { try MCPMessage(value) }
  }

  @Test func `a fault keeps the id, and says whether it was to be an answer`() throws {
    let value = try json(#"{"jsonrpc":"2.0","id":9,"result":5}"#)
    #expect { try MCPMessage(value) } throws: {
      ($0 as? MCPMessage.Fault)?.id == .integer(9) && ($0 as? MCPMessage.Fault)?.isAnswer == true
    }
    let request = try json(#"{"jsonrpc":"2.0","id":9,"method":"x","params":[]}"#)
    #expect { try MCPMessage(request) } throws: {
      ($0 as? MCPMessage.Fault)?.code == .invalidParams && ($0 as? MCPMessage.Fault)?.isAnswer == false
    }
  }

  @Test func `ids are integers or texts of a bounded length, and 1 is not "1"`() {
    #expect(MessageID(.string("1")) != MessageID(.integer(1)))
    #expect(MessageID(.string(String(repeating: "x", count: 1024))) != nil)
    #expect(MessageID(.string(String(repeating: "x", count: 1025))) == nil)
    #expect(MessageID(.null) == nil && MessageID(nil) == nil && MessageID(.bool(true)) == nil)
  }

  @Test func `a batch is taken apart, and each of its messages judged alone`() throws {
    let text = #"[{"jsonrpc":"2.0","id":1,"result":{}},5,{"jsonrpc":"2.0","method":"x"}]"#
    let read = try MCPMessage.read(Array(text.utf8))
    #expect(read.count == 3)
    #expect((try? read[0].get()) == .result(.integer(1), [:]) && (try? read[1].get()) == nil)
    #expect((try? read[2].get()) == .notification(method: "x", params: [:]))
    #expect(throws: MCPMessage.Fault.self) { try MCPMessage.read(Array("[]".utf8)) }
    var limits = MCPLimits()
    limits.batch = 2
    #expect(throws: MCPMessage.Fault.self) { try MCPMessage.read(Array(text.utf8), limits) }
    #expect(throws: MCPMessage.Fault.self) { try MCPMessage.read(Array(text.utf8), allowsBatch: false) }
  }

  @Test func `a message beyond the limit is refused before it is parsed`() throws {
    var limits = MCPLimits()
    limits.messageBytes = 20
    #expect { try MCPMessage.read(Array(repeating: UInt8(ascii: "x"), count: 21), limits) } throws: {
      ($0 as? MCPMessage.Fault)?.code == .invalidRequest
    }
    #expect { try MCPMessage.read(Array("{".utf8), limits) } throws: { ($0 as? MCPMessage.Fault)?.code == .parseError }
  }

  @Test(arguments: [1, 2, 3, 7, 1000]) func `lines are the same in whatever pieces they come`(piece: Int) {
    let bytes = Array("one\ntwo\r\n\n  \n{\"a\":1}\nrest".utf8)
    var framing = LineFraming()
    var lines: [String] = []
    for start in stride(from: 0, to: bytes.count, by: piece) {
      framing.take(bytes[start..<min(bytes.count, start + piece)]) { lines.append(String(decoding: $0, as: UTF8.self)) }
    }
    #expect(lines == ["one", "two", #"{"a":1}"#] && framing.held == 4)
  }

  @Test func `a line that is too long is left out, and the next one is read`() {
    var limits = MCPLimits()
    limits.messageBytes = 4
    var framing = LineFraming(limits)
    var lines: [String] = []
    framing.take("12345678\n1234\n12345\nab\n".utf8) { lines.append(String(decoding: $0, as: UTF8.self)) }
    #expect(lines == ["1234", "ab"] && framing.oversized == 2 && framing.held == 0)
  }

  @Test func `an error of another program is kept short`() throws {
    let long = String(repeating: "é", count: 5000)
    let error = RPCError(["code": 1, "message": .string(long)])
    #expect(error?.message.utf8.count == RPCError.longestMessage)
  }

  @Test func `versions are ordered, and the last one is of another era`() {
    #expect(MCPVersion.allCases == MCPVersion.allCases.sorted())
    #expect(MCPVersion.allCases.filter { $0.era == .modern } == [.v20260728])
    #expect(MCPVersion(rawValue: "2026-07-29") == nil)
  }
}
