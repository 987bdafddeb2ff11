import Foundation
import JSON
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// What a server asks where its entry lets it: nested calls of the tools `model` and `ask_person`.
@Suite struct QuestionTests {
  /// Stands in the place of a worker that offers `name`: a real process that answers every call with `answer`.
  static func worker(_ name: String, answering answer: String) throws -> WorkerManifest {
    let code = """
      import json, struct, sys
      read, write = sys.stdin.buffer, sys.stdout.buffer
      def send(message):
          data = json.dumps({"jsonrpc": "2.0", **message}).encode()
          write.write(struct.pack(">I", len(data)) + data)
          write.flush()
      while True:
          head = read.read(4)
          if len(head) < 4: break
          message = json.loads(read.read(struct.unpack(">I", head)[0]))
          method = message.get("method")
          if method == "initialize":
              tool = {"name": "\(name)", "description": "answers", "input_schema": {"type": "object"}}
              send({"id": message["id"], "result": {"protocol": message["params"]["protocol"], "worker": {"name": "a", "version": "1"}, "tools": [tool]}})
          elif method == "tool/invoke":
              given = message["params"]["input"]
              sys.stderr.write("given " + json.dumps(given) + "\\n")
              sys.stderr.flush()
              send({"id": message["id"], "result": {"output": \(answer)}})
          elif method == "shutdown": break
          elif "id" in message: send({"id": message["id"], "result": {}})
      """
    var manifest = WorkerManifest(
      name: "answers",
      command: ["/usr/bin/python3", "-I", "-S", "-c", code],
      folder: "/usr"
    )
    manifest.permissions.exec = true
    manifest.startMS = 20_000
    manifest.heartbeatMS = 0
    return manifest
  }

  @Test(arguments: ["legacy", "modern"]) func `a model is asked inside the call, within the entry's bounds`(
    _ era: String
  ) throws {
    let bench = try MCPBench(
      [MCPBench.hostile(era) { $0.settings["sampling"] = ["model": "small", "max_tokens": 100] }],
      beside: [try Self.worker("model", answering: #"{"content": "yes", "model": "m", "stop": "stop"}"#)]
    )
    let answer = try #require(try bench.call("demo.sample").parsed)
    #expect(answer["content"] == ["type": "text", "text": "yes"] && answer["model"] == "m", "\(answer)")
    let given = try #require(bench.lines.first { $0.hasPrefix("given ") })
    let input = try JSON(parsing: Array(given.dropFirst(6).utf8))
    #expect(input["max_tokens"] == 100 && input["role"] == "small" && input["messages"]?[0]?["content"] == "Say yes.")
    // A person was not granted.
    let refused = try bench.call("demo.ask")
    #expect(refused.error?.name == .refused || refused.parsed?["code"] != nil)
    try bench.end()
  }

  @Test(arguments: ["legacy", "modern"]) func `a person is asked inside the call, and told who asks`(_ era: String)
    throws
  {
    let bench = try MCPBench(
      [MCPBench.hostile(era) { $0.settings["elicitation"] = true }],
      beside: [try Self.worker("ask_person", answering: #"{"answer": {"colour": "red"}}"#)]
    )
    let answer = try #require(try bench.call("demo.ask").parsed)
    #expect(answer == ["action": "accept", "content": ["colour": "red"]], "\(answer)")
    let given = try #require(bench.lines.first { $0.hasPrefix("given ") })
    #expect(given.contains("'demo' asks: Which colour?") && given.contains("colour"))
    try bench.end()
  }

  @Test(arguments: ["legacy", "modern"]) func `roots are the folders that were granted, where the entry shows them`(
    _ era: String
  ) throws {
    let bench = try MCPBench([MCPBench.hostile(era) { $0.settings["roots"] = true }])
    let roots = try #require(try bench.call("demo.roots").parsed?["roots"]?.arrayValue)
    #expect(roots.map { $0["uri"]?.stringValue } == ["file://" + MCPBench.here])
    try bench.end()
  }
}
