import JSON
import Testing

@testable import Wire

private func invalid<T: WireBody>(_ type: T.Type, _ text: String) throws -> WireError? {
  let object = try #require(try JSON(parsing: text).objectValue)
  do throws(WireError) {
    _ = try T.decode(object)
    return nil
  } catch {
    return error
  }
}

@Suite struct FieldsTests {
  @Test func `missing, mistyped and unknown members are named with their paths`() throws {
    let cases: [(String, String, String)] = [
      (#"{"input":{}}"#, "/tool", "missing member 'tool'"),
      (#"{"tool":7,"input":{}}"#, "/tool", "'/tool' is integer where string is due"),
      (#"{"tool":"t"}"#, "/input", "missing member 'input'"),
      (#"{"tool":"t","input":{},"timeout":1}"#, "/timeout", "unknown member 'timeout' (did you mean 'timeout_ms'?)"),
      (
        #"{"tool":"t","input":{},"timeout_m":1}"#, "/timeout_m",
        "unknown member 'timeout_m' (did you mean 'timeout_ms'?)"
      ),
      (#"{"tool":"t","input":{},"progress":"yes"}"#, "/progress", "'/progress' is string where boolean is due"),
      (#"{"tool":"t","input":{},"needs":[]}"#, "/needs", "'/needs' is array where object is due"),
      (#"{"tool":"t","input":{},"needs":{"read":"/a"}}"#, "/needs/read", "'/needs/read' is string where array is due"),
      (
        #"{"tool":"t","input":{},"needs":{"read":["/a",3]}}"#, "/needs/read/1",
        "'/needs/read/1' is integer where string is due"
      ),
      (#"{"tool":"t","input":{},"needs":{"read":["a"]}}"#, "/needs/read/0", "'a' is no plain absolute path"),
      (#"{"tool":"t","input":{},"needs":{"raed":[]}}"#, "/needs/raed", "unknown member 'raed' (did you mean 'read'?)"),
      (
        #"{"tool":"t","input":{},"limits":{"cpu_ms":0}}"#, "/limits/cpu_ms",
        "'/limits/cpu_ms' is 0 where at least 1 is due"
      ),
      (
        #"{"tool":"t","input":{},"limits":{"cpu_ms":1.5}}"#, "/limits/cpu_ms",
        "'/limits/cpu_ms' is '1.5' where a 64-bit integer is due"
      ),
      (
        #"{"tool":"t","input":{},"timeout_ms":9223372036854775808}"#, "/timeout_ms",
        "'/timeout_ms' is '9223372036854775808' where a 64-bit integer is due"
      ),
      (
        #"{"tool":"t","input":{},"timeout_ms":1e400}"#, "/timeout_ms",
        "'/timeout_ms' is '1e400' where a 64-bit integer is due"
      ),
      (#"{"tool":"t","input":{},"timeout_ms":null}"#, "/timeout_ms", "'/timeout_ms' is null where integer is due"),
      (
        #"{"tool":"t","input":{},"invocation":-1}"#, "/invocation",
        "'/invocation' is -1 where an integer from 0 to 9007199254740991 is due"
      ),
      (#"{"tool":"t","input":{},"meta":3}"#, "/meta", "'/meta' is integer where object is due"),
    ]
    for (text, path, message) in cases {
      let error = try invalid(ToolCall.self, text)
      #expect(error?.name == .invalidParams, "\(text)")
      #expect(error?.message == message)
      #expect(error?.data["path"] == .string(path), "\(text)")
    }
  }

  @Test func `meta is allowed everywhere and integers may be spelt with a fraction of zero`() throws {
    #expect(try invalid(ToolCall.self, #"{"tool":"t","input":{},"meta":{"anything":[1]},"timeout_ms":1e3}"#) == nil)
    #expect(try invalid(Ping.self, #"{"meta":{}}"#) == nil)
    #expect(try invalid(ToolCall.self, #"{"tool":"t","input":{},"needs":{"meta":{}}}"#) == nil)
    #expect(try invalid(Ping.self, #"{"a":1}"#)?.data["path"] == "/a")
  }

  @Test func `required members of every body are missed`() throws {
    let digest = String(repeating: "a", count: 64)
    let bodies: [(any WireBody.Type, String)] = [
      (
        ToolInvoke.self,
        #"{"tool":"t","input":1,"job":"j","step":"s","attempt":1,"idempotency_key":"k","timeout_ms":1}"#
      ),
      (ToolCall.self, #"{"tool":"t","input":1}"#), (ToolResult.self, #"{"output":1}"#),
      (Artifact.self, #"{"artifact":"\#(digest)","bytes":1,"media_type":"t/p","name":"n"}"#),
      (BlobRead.self, #"{"artifact":"\#(digest)"}"#), (BlobRead.Response.self, #"{"data":"","bytes":0}"#),
      (BlobWrite.self, #"{"offset":0,"data":"","last":true}"#), (Cancel.self, #"{"id":1}"#),
      (Progress.self, #"{"id":1,"kind":"stdout","text":""}"#), (LogsRead.Response.self, #"{"lines":[]}"#),
      (ToolsList.Response.self, #"{"tools":[]}"#), (WorkersList.Response.self, #"{"workers":[]}"#),
      (LogLine.self, #"{"time":"t","worker":"w","instance":1,"pid":1,"text":"x"}"#),
      (InitializeWorker.Response.self, #"{"protocol":"1.0","worker":{"name":"n","version":"v"},"tools":[]}"#),
      (InitializeClient.self, #"{"protocol":"1.0","client":{"name":"n","version":"v"}}"#),
      (InitializeClient.Response.self, #"{"protocol":"1.0","coordinator":{"name":"n","version":"v","pid":1}}"#),
      (
        InitializeWorker.self,
        #"{"protocol":"1.0","coordinator":{"name":"n","version":"v"},"worker":{"kind":"k","instance":1,"generation":1}}"#
      ),
      (Peer.self, #"{"name":"n","version":"v"}"#),
      (Tool.self, #"{"name":"n","description":"","input_schema":{"type":"object"}}"#),
    ]
    for (type, text) in bodies {
      #expect(try invalid(type, text) == nil, "\(type)")
      let object = try #require(try JSON(parsing: text).objectValue)
      for member in object.keys {
        var less = object
        less[member] = nil
        let error = try invalid(type, JSON.object(less).description)
        #expect(error?.name == .invalidParams, "\(type) without '\(member)'")
        #expect(error?.data["path"] == .string("/\(member)"), "\(type) without '\(member)'")
      }
    }
  }

  @Test func `limits hold at n and not at n + 1`() throws {
    let digest = String(repeating: "0", count: 64)
    func progress(_ count: Int) -> String {
      #"{"id":1,"kind":"stdout","text":"\#(String(repeating: "x", count: count))"}"#
    }
    #expect(try invalid(Progress.self, progress(Limit.progressBytes)) == nil)
    #expect(
      try invalid(Progress.self, progress(Limit.progressBytes + 1))?.data == [
        "limit": "progress_bytes", "value": 65_537,
      ]
    )

    func tools(_ count: Int) -> String {
      let tools = (0..<count).map { #"{"name":"t\#($0)","description":"","input_schema":{}}"# }
      return #"{"protocol":"1.0","worker":{"name":"n","version":"v"},"tools":[\#(tools.joined(separator: ","))]}"#
    }
    #expect(try invalid(InitializeWorker.Response.self, tools(Limit.tools)) == nil)
    #expect(
      try invalid(InitializeWorker.Response.self, tools(Limit.tools + 1))?.data == ["limit": "tools", "value": 257]
    )

    func artifacts(_ count: Int) -> String {
      let one = #"{"artifact":"\#(digest)","bytes":1,"media_type":"t/p","name":"n"}"#
      return #"{"output":1,"artifacts":[\#(Array(repeating: one, count: count).joined(separator: ","))]}"#
    }
    #expect(try invalid(ToolResult.self, artifacts(Limit.artifacts)) == nil)
    #expect(try invalid(ToolResult.self, artifacts(Limit.artifacts + 1))?.data == ["limit": "artifacts", "value": 257])

    func blob(_ length: Int) -> String { #"{"artifact":"\#(digest)","offset":0,"length":\#(length)}"# }
    #expect(try invalid(BlobRead.self, blob(Limit.blobChunkBytes)) == nil)
    #expect(try invalid(BlobRead.self, blob(Limit.blobChunkBytes + 1))?.name == .limitExceeded)
    func chunk(_ count: Int) -> String {
      #"{"offset":0,"last":false,"data":"\#(Base64.encode([UInt8](repeating: 0, count: count)))"}"#
    }
    #expect(try invalid(BlobWrite.self, chunk(Limit.blobChunkBytes)) == nil)
    #expect(
      try invalid(BlobWrite.self, chunk(Limit.blobChunkBytes + 1))?.data == [
        "limit": "blob_chunk_bytes", "value": 1_048_577,
      ]
    )

    func tool(description: Int = 0, schema: Int = 20) -> String {
      let filler = String(repeating: "s", count: schema - 8)
      return
        #"{"name":"t","description":"\#(String(repeating: "d", count: description))","input_schema":{"a":"\#(filler)"}}"#
    }
    #expect(try invalid(Tool.self, tool(description: Limit.descriptionBytes)) == nil)
    #expect(try invalid(Tool.self, tool(description: Limit.descriptionBytes + 1))?.data["value"] == 8193)
    #expect(try invalid(Tool.self, tool(schema: Limit.schemaBytes)) == nil)
    #expect(
      try invalid(Tool.self, tool(schema: Limit.schemaBytes + 1))?.data == ["limit": "schema_bytes", "value": 262_145]
    )

    func call(_ timeout: Int64) -> String { #"{"tool":"t","input":1,"timeout_ms":\#(timeout)}"# }
    #expect(try invalid(ToolCall.self, call(Limit.timeoutMS)) == nil)
    #expect(try invalid(ToolCall.self, call(Limit.timeoutMS + 1))?.data["path"] == "/timeout_ms")
  }

  @Test func `only initialize ignores what it does not know`() throws {
    let worker = #"{"name":"n","version":"v","extra":1}"#
    #expect(
      try invalid(InitializeWorker.Response.self, #"{"protocol":"1.9","worker":\#(worker),"tools":[],"new":{}}"#) == nil
    )
    #expect(try invalid(InitializeClient.self, #"{"protocol":"1.9","client":\#(worker),"new":{}}"#) == nil)
    #expect(try invalid(Drain.self, #"{"new":{}}"#)?.message == "unknown member 'new'")
  }

  @Test func `a tool offered twice is refused`() throws {
    let tool = #"{"name":"t","description":"","input_schema":{}}"#
    let error = try invalid(
      InitializeWorker.Response.self,
      #"{"protocol":"1.0","worker":{"name":"n","version":"v"},"tools":[\#(tool),\#(tool)]}"#
    )
    #expect(error?.message == "tool 't' is offered twice")
    #expect(error?.data["path"] == "/tools/1/name")
  }

  @Test func `a hint is given only for a name that is near`() {
    #expect(nearest(to: "tool/cal", among: ["tool/call", "ping"]) == "tool/call")
    #expect(nearest(to: "tool/clal", among: ["tool/call", "ping"]) == "tool/call")
    #expect(nearest(to: "completely", among: ["tool/call", "ping"]) == nil)
    #expect(nearest(to: "", among: ["id"]) == nil)
    #expect(nearest(to: String(repeating: "x", count: 1 << 20), among: ["ping"]) == nil)
    #expect(nearest(to: "ping", among: []) == nil)
  }
}
