import JSON
import Testing

@testable import Wire

func envelope(_ text: String) throws(WireError) -> Envelope { try envelope(Array(text.utf8)) }

func envelope(_ bytes: [UInt8]) throws(WireError) -> Envelope {
  try bytes.withUnsafeBytes { bytes -> Result<Envelope, WireError> in
    do throws(WireError) { return .success(try Envelope(payload: bytes)) } catch { return .failure(error) }
  }.get()
}

func refusal(_ text: String) -> WireError? {
  do throws(WireError) {
    _ = try envelope(text)
    return nil
  } catch {
    return error
  }
}

@Suite struct EnvelopeTests {
  @Test func `the four kinds are told apart`() throws {
    guard case .request(.number(7), "ping", let params) = try envelope(#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#)
    else { return #expect(Bool(false)) }
    #expect(params.isEmpty, "absent params are empty params")
    guard
      case .request(.string("a"), "ping", let given) = try envelope(
        #"{"method":"ping","params":{"x":1},"id":"a","jsonrpc":"2.0"}"#
      )
    else { return #expect(Bool(false)) }
    #expect(given == ["x": 1])
    guard
      case .notification("cancel", ["id": 1]) = try envelope(
        #"{"jsonrpc":"2.0","method":"cancel","params":{"id":1}}"#
      )
    else { return #expect(Bool(false)) }
    guard
      case .result(.number(0), ["output": nil]) = try envelope(
        #"{"jsonrpc":"2.0","id":0,"result":{"output":null}}"#
      )
    else { return #expect(Bool(false)) }
    guard
      case .failure(.number(1)?, let error) = try envelope(
        #"{"jsonrpc":"2.0","id":1,"error":{"code":4010,"message":"no","data":{"name":"tool_failed","x":[1]}}}"#
      )
    else { return #expect(Bool(false)) }
    #expect(error == WireError(.toolFailed, "no", data: ["x": [1]]))
    guard case .failure(nil, _) = try envelope(#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}"#)
    else { return #expect(Bool(false)) }
  }

  @Test(arguments: [
    ("[]", "payload is array where object is due"),
    (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, "payload is array where object is due"),
    ("3", "payload is integer where object is due"),
    ("null", "payload is null where object is due"),
    ("{}", "'jsonrpc' is missing where \"2.0\" is due"),
    (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, #"'jsonrpc' is '"1.0"' where "2.0" is due"#),
    (#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, #"'jsonrpc' is '2.0' where "2.0" is due"#),
    (#"{"jsonrpc":"2.0","id":1,"methd":"ping"}"#, "unknown member 'methd' (did you mean 'method'?)"),
    (#"{"jsonrpc":"2.0","id":1,"method":"ping","parms":{}}"#, "unknown member 'parms' (did you mean 'params'?)"),
    (#"{"jsonrpc":"2.0","id":1,"method":"ping","zzzzzz":{}}"#, "unknown member 'zzzzzz'"),
    (#"{"jsonrpc":"2.0","id":1,"method":"ping","meta":{}}"#, "unknown member 'meta'"),
    (#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#, "both 'method' and 'result'"),
    (#"{"jsonrpc":"2.0","id":1,"method":"ping","error":{}}"#, "both 'method' and 'error'"),
    (#"{"jsonrpc":"2.0","id":1,"params":{}}"#, "'params' without 'method'"),
    (#"{"jsonrpc":"2.0","id":1}"#, "neither 'method', 'result' nor 'error'"),
    (#"{"jsonrpc":"2.0","result":{}}"#, "neither 'method' nor 'id'"),
    (#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#, "both 'result' and 'error'"),
    (#"{"jsonrpc":"2.0","id":1,"result":[]}"#, "'result' is array where object is due"),
    (#"{"jsonrpc":"2.0","id":1,"result":null}"#, "'result' is null where object is due"),
    (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#, "'params' is array where object is due"),
    (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":null}"#, "'params' is null where object is due"),
    (#"{"jsonrpc":"2.0","id":1,"method":7}"#, "'method' is '7' where a name of 1 to 64 bytes is due"),
    (#"{"jsonrpc":"2.0","id":1,"method":""}"#, #"'method' is '""' where a name of 1 to 64 bytes is due"#),
    (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, "'/id' is 'null' where an integer or a string is due"),
    (#"{"jsonrpc":"2.0","id":null,"result":{}}"#, "'/id' is 'null' where an integer or a string is due"),
    (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, "'/id' is '1.5' where an integer or a string is due"),
    (#"{"jsonrpc":"2.0","id":1.0,"method":"ping"}"#, "'/id' is '1.0' where an integer or a string is due"),
    (#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, "'/id' is 'true' where an integer or a string is due"),
    (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, "'/id' is '{}' where an integer or a string is due"),
    (#"{"jsonrpc":"2.0","id":-1,"method":"ping"}"#, "'/id' is -1 where an integer from 0 to 9007199254740991 is due"),
    (
      #"{"jsonrpc":"2.0","id":9007199254740992,"method":"ping"}"#,
      "'/id' is 9007199254740992 where an integer from 0 to 9007199254740991 is due"
    ),
    (
      #"{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"ping"}"#,
      "'/id' is '123456789012345678901234567890' where an integer or a string is due"
    ),
    (#"{"jsonrpc":"2.0","id":"","method":"ping"}"#, "'/id' of 0 bytes where 1 to 128 are due"),
    (#"{"jsonrpc":"2.0","id":1,"error":"no"}"#, "'/error' is string where object is due"),
    (#"{"jsonrpc":"2.0","id":1,"error":{"message":"no"}}"#, "missing member 'code' in '/error'"),
    (#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#, "missing member 'message' in '/error'"),
    (#"{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}}"#, "'/error/code' is string where integer is due"),
    (
      #"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"","dat":{}}}"#,
      "unknown member 'dat' (did you mean 'data'?)"
    ),
  ])
  func `what is no message is an invalid request with the offending value`(text: String, message: String) {
    let error = refusal(text)
    #expect(error?.name == .invalidRequest)
    #expect(error?.code == -32600)
    #expect(error?.message == message)
  }

  @Test(arguments: [
    ("", "truncated"), ("{", "truncated"), ("{}x", "trailing_bytes"), ("{,}", "unexpected_byte"),
    (#"{"jsonrpc":"2.0","jsonrpc":"2.0"}"#, "duplicate_key"),
    (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":{"b":1,"b":2}}}"#, "duplicate_key"),
    (#"{"a":"\ud800"}"#, "lone_surrogate"), (#"{"a":01}"#, "invalid_number"), ("\u{feff}{}", "unexpected_byte"),
    ("{\"a\":\"\u{1}\"}", "control_character"),
  ])
  func `what is not strict JSON is a parse error with its reason`(text: String, reason: String) {
    let error = refusal(text)
    #expect(error?.name == .parseError)
    #expect(error?.code == -32700)
    #expect(error?.data["reason"] == .string(reason))
    #expect(error?.data["offset"]?.integerValue != nil)
  }

  @Test func `invalid UTF-8 is a parse error`() {
    for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82]] {
      let payload = Array(#"{"a":""#.utf8) + bytes + Array(#""}"#.utf8)
      let error = #expect(throws: WireError.self) { () throws in _ = try envelope(payload) }
      #expect(error?.name == .parseError)
      #expect(error?.data["reason"] == "invalid_utf8")
    }
  }

  @Test func `ids and methods are accepted at their limits and refused one above`() throws {
    func text(id: String = "1", method: String = "m") -> String {
      #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)"}"#
    }
    for id in ["0", "9007199254740991", "\"\(String(repeating: "i", count: 128))\""] {
      #expect(refusal(text(id: id)) == nil)
    }
    #expect(refusal(text(id: "\"\(String(repeating: "i", count: 129))\""))?.message.contains("of 129 bytes") == true)
    #expect(refusal(text(id: "\"\(String(repeating: "é", count: 65))\""))?.message.contains("of 130 bytes") == true)
    #expect(refusal(text(method: String(repeating: "m", count: 64))) == nil)
    #expect(refusal(text(method: String(repeating: "m", count: 65)))?.name == .invalidRequest)
  }

  @Test func `depth and values are accepted at their limits and refused one above`() {
    func nested(_ depth: Int) -> String {
      let inner = depth - 2
      return #"{"jsonrpc":"2.0","method":"m","params":{"a":"# + String(repeating: "[", count: inner)
        + String(repeating: "]", count: inner) + "}}"
    }
    #expect(refusal(nested(Limit.depth)) == nil)
    #expect(refusal(nested(Limit.depth + 1))?.data["reason"] == "depth_exceeded")
    #expect(refusal(nested(100_000))?.data["reason"] == "depth_exceeded")
    #expect(refusal(String(repeating: "[", count: 1_000_000))?.data["reason"] == "depth_exceeded")
    // The object, three members and the list are five values.
    func wide(_ values: Int) -> String {
      #"{"jsonrpc":"2.0","method":"m","params":{"a":[0"# + String(repeating: ",0", count: values - 6) + "]}}"
    }
    #expect(refusal(wide(Limit.values)) == nil)
    #expect(refusal(wide(Limit.values + 1))?.data["reason"] == "values_exceeded")
  }

  @Test func `ids that look alike but differ in bytes are different ids`() {
    #expect(RequestID.string("\u{e9}") != RequestID.string("e\u{301}"))
    #expect(Set([RequestID.string("\u{e9}"), .string("e\u{301}"), .string("\u{e9}"), .number(1)]).count == 3)
    #expect(RequestID.string("1") != .number(1))
  }

  @Test func `errors survive the wire, with names this version does not know too`() throws {
    for name in WireError.codes.keys {
      let sent = WireError(name, "why \"so\"", data: ["path": "/a/b", "value": 3])
      let text = String(decoding: try Frame.failure(.string("x"), sent).bytes.dropFirst(4), as: UTF8.self)
      guard case .failure(.string("x")?, let received) = try envelope(text) else { return #expect(Bool(false)) }
      #expect(received == sent)
    }
    guard
      case .failure(_, let strange) = try envelope(
        #"{"jsonrpc":"2.0","id":1,"error":{"code":4999,"message":"m","data":{"name":"from_the_future"}}}"#
      )
    else { return #expect(Bool(false)) }
    #expect(strange.name == WireError.Name(rawValue: "from_the_future"))
    #expect(strange.code == 4999)
    guard case .failure(_, let bare) = try envelope(#"{"jsonrpc":"2.0","id":1,"error":{"code":4004,"message":""}}"#)
    else { return #expect(Bool(false)) }
    #expect(bare.name == .unknownTool, "without data the code gives the name")
  }

  @Test func `a member 'name' in an error's own data does not make its frame unreadable`() throws {
    let error = WireError(.toolFailed, "m", data: ["name": "Bob", "age": 3])
    let text = String(decoding: try Frame.failure(.number(1), error).bytes.dropFirst(4), as: UTF8.self)
    guard case .failure(_, let received) = try envelope(text) else { return #expect(Bool(false)) }
    #expect(received.name == .toolFailed)
    #expect(received.data == ["age": 3])
  }

  @Test func `a frame over the limit is not built`() throws {
    let body = ToolResult(output: .string(String(repeating: "x", count: 1000)))
    let size = try Frame.result(.number(1), body).bytes.count - 4
    #expect(try Frame.result(.number(1), body, limit: size).bytes.count == size + 4)
    let error = #expect(throws: WireError.self) { try Frame.result(.number(1), body, limit: size - 1) }
    #expect(error?.name == .frameTooLarge)
    #expect(error?.data == ["limit": .integer(Int64(size) - 1), "value": .integer(Int64(size))])
  }
}
