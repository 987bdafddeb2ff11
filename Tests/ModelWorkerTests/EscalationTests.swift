import ClientKit
import JSON
import ProviderServer
import Synchronization
import Testing
import Wire

/// A small model is asked first, a large one when its answer will not do, and both are counted.
@Suite(.serialized) struct EscalationTests {
  private static let common = "kind: openai-compatible, retry_first_ms: 10, attempts: 2"
  static let settings =
    "{providers: {s: {\(common), base_url: \"URL/s/v1\", model: phi}, t: {\(common), base_url: \"URL/t/v1\", model: phi}, "
    + "l: {\(common), base_url: \"URL/l/v1\", model: big}}, "
    + "roles: {worker: [s], two: [s, t], planner: [l], mixed: [s, l], home: [l, s]}, "
    + "catalog: {models: {phi: {context: 4096, prices: {input: 0.1, output: 0.2}}, big: {prices: {input: 10, output: 20}}}}}"
  private static let schema: JSON = [
    "type": "object", "properties": ["n": ["type": "integer"]], "required": ["n"], "additionalProperties": false,
  ]
  private static let good = ProviderServer.Reply.whole(body: ModelService.chat(#"{"n": 7}"#))

  private func question(_ more: JSONObject = [:]) -> JSON {
    var object: JSONObject = ["prompt": "n?", "schema": Self.schema, "escalate": "planner"]
    for member in more.members { object[member.key] = member.value }
    return .object(object)
  }

  private func count(_ service: ModelService, _ name: String) -> Int {
    service.server.requests.count { $0.line.contains("/\(name)/") }
  }

  /// What the small model says, how often it is asked (nil: libcurl repeats what a kept connection lost), and why the
  /// large one is.
  static let cases: [(name: String, reply: ProviderServer.Reply, tries: Int?, because: String)] = [
    ("unsure", .whole(body: ModelService.chat(#"{"answer": {"n": 4}, "sure": false}"#)), 1, "unsure"),
    (
      "does not fit twice", .whole(body: ModelService.chat(#"{"answer": {"n": "four"}, "sure": true}"#)), 2,
      "schema_mismatch"
    ),
    ("no JSON twice", .whole(body: ModelService.chat("four")), 2, "schema_mismatch"),
    (
      "cut", .whole(body: #"{"choices":[{"message":{"content":"{\"answer\": {"},"finish_reason":"length"}]}"#), 1,
      "length"
    ),
    (
      "refused",
      .whole(body: #"{"choices":[{"message":{"content":null,"refusal":"I cannot"},"finish_reason":"stop"}]}"#),
      1, "refusal"
    ),
    ("empty", .whole(body: #"{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}"#), 1, "empty_reply"),
    (
      "too long", .whole(status: 400, body: #"{"error":{"message":"too long","code":"context_length_exceeded"}}"#), 1,
      "context_overflow"
    ),
    ("out", .whole(status: 500, body: "{}"), 2, "server_error"),
    ("gone", .hangUp, nil, "connection_lost"),
  ]

  @Test func `the large model is asked when the small one's answer will not do, and the caller learns why`()
    async throws
  {
    let service = try await ModelService(Self.settings)
    service.server["l"] = Self.good
    for (name, reply, tries, because) in Self.cases {
      let (before, large) = (count(service, "s"), count(service, "l"))
      service.server["s"] = reply
      let output = try await service.ask(question(["model": "s"]))
      #expect(output["value"] == ["n": 7] && output["provider"] == "l" && output["role"] == "planner", "\(name)")
      #expect(output["escalated"] == ["because": .string(because), "from": "s/phi"], "\(name): \(output)")
      #expect(count(service, "s") - before == tries ?? count(service, "s") - before, "\(name)")
      #expect(count(service, "l") - large == 1, "\(name)")
    }
    // The large model is asked what the caller asked.
    let body = service.server.requests.last { $0.line.contains("/l/") }?.body ?? ""
    #expect(!body.contains("sure") && body.contains(#""n""#))
  }

  @Test func `a small model that is sure has answered, and the caller sees the inner value alone`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["s"] = .whole(body: ModelService.chat(#"{"answer": {"n": 4}, "sure": true}"#))
    let output = try await service.ask(question())
    #expect(output["value"] == ["n": 4] && output["content"] == #"{"n":4}"# && output["escalated"] == nil)
    #expect(output["provider"] == "s" && output["role"] == "worker" && count(service, "l") == 0)
    let body = try JSON(parsing: Array(try #require(service.server.requests.last).body.utf8))
    let sent = body["response_format"]?["json_schema"]
    #expect(sent?["schema"]?["properties"]?.objectValue?.keys == ["answer", "sure"] && sent?["strict"] == true)
    #expect(body["messages"]?[0]?["content"]?.stringValue?.contains("\"sure\"") == true)
  }

  @Test func `an answer that does not fit is sent back once with what is wrong`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["s"] = .sequence([
      .whole(body: ModelService.chat(#"{"answer": {"n": "four"}, "sure": true}"#)),
      .whole(body: ModelService.chat(#"{"answer": {"n": 4}, "sure": true}"#)),
    ])
    let result = try await service.client.call(tool: "model", input: question())
    #expect(result.output["value"] == ["n": 4] && result.output["escalated"] == nil && count(service, "l") == 0)
    let body = try JSON(parsing: Array(try #require(service.server.requests.last).body.utf8))
    let roles = body["messages"]?.arrayValue?.compactMap { $0["role"]?.stringValue }
    #expect(roles == ["system", "user", "assistant", "user"])
    #expect(body["messages"]?[3]?["content"]?.stringValue?.contains("/answer/n") == true)
    // Two requests of 3 + 5 tokens, of which one answer counts.
    let used = try #require(result.receipt?.models.first)
    #expect(result.receipt?.models.count == 1 && used.calls == 2 && used.isSmall && !used.isEscalated)
    #expect(used.costNanoUSD == 2_600)
    #expect(used.baselineNanoUSD == 130_000 && used.baselineModel == "big" && used.role == "worker")
  }

  @Test func `text is taken unless it is cut, refused or empty`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["l"] = .whole(body: ModelService.chat("from the large one"))
    service.server["s"] = .whole(body: ModelService.chat("hello"))
    let input: JSON = ["prompt": "x", "escalate": "planner"]
    #expect(try await service.ask(input)["content"] == "hello")
    service.server["s"] = .whole(body: #"{"choices":[{"message":{"content":"hel"},"finish_reason":"length"}]}"#)
    let cut = try await service.ask(input)
    #expect(cut["content"] == "from the large one" && cut["escalated"]?["because"] == "length")
    #expect(cut["attempts"]?.arrayValue?.count == 2 && cut["attempts"]?[0]?["error"] == "length")
    service.server["s"] = .whole(
      body:
        #"{"choices":[{"message":{"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#
    )
    let called = try await service.ask(["prompt": "x", "escalate": "planner", "tools": [["name": "f"]]])
    #expect(called["tool_calls"]?[0]?["name"] == "f" && called["escalated"] == nil)
  }

  @Test func `an outage goes along the small chain first, a bad answer does not`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["l"] = Self.good
    service.server["s"] = .hangUp
    service.server["t"] = .whole(body: ModelService.chat(#"{"answer": {"n": 5}, "sure": true}"#))
    #expect(try await service.ask(question(["role": "two"]))["provider"] == "t")
    #expect(count(service, "l") == 0)
    service.server["s"] = .whole(body: ModelService.chat(#"{"answer": {"n": 4}, "sure": false}"#))
    let tries = count(service, "t")
    #expect(try await service.ask(question(["role": "two"]))["escalated"]?["from"] == "s/phi")
    #expect(count(service, "t") == tries)
  }

  @Test func `whoever is the large model itself is asked once, and as it was asked`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["l"] = Self.good
    service.server["s"] = .hangUp
    // Of a chain that leads to the large model only what is before it is small.
    let mixed = try await service.ask(question(["role": "mixed"]))
    #expect(mixed["escalated"]?["because"] == "connection_lost" && count(service, "l") == 1)
    let same = try await service.ask(question(["role": "planner"]))
    #expect(same["escalated"] == nil && same["value"] == ["n": 7])
    // The large role's own fallback is not asked again.
    service.server["l"] = .hangUp
    service.server["s"] = .whole(body: ModelService.chat(#"{"answer": {"n": 4}, "sure": false}"#))
    let before = count(service, "s")
    let error = await service.failure(question(["escalate": "home"]))
    #expect(error?.data["errors"]?.arrayValue?.map { $0["error"] } == ["unsure", "connection_lost", "connection_lost"])
    #expect(count(service, "s") == before + 1 && error?.message.contains("not sure") == true)
  }

  @Test func `what a content filter refuses is not taken to the large model`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["l"] = Self.good
    service.server["s"] = .whole(status: 400, body: #"{"error":{"message":"no","code":"content_filter"}}"#)
    #expect(await service.failure(question())?.data["reason"] == "content_filter")
    #expect(count(service, "l") == 0)
    let unknown = await service.failure(question(["escalate": "plannr"]))
    #expect(unknown?.code.rawValue == "invalid_input" && unknown?.data["path"] == "/escalate")
  }

  @Test func `nothing of the small model's answer is streamed before it is the answer`() async throws {
    let service = try await ModelService(Self.settings)
    let input: JSON = ["prompt": "x", "stream": true, "escalate": "planner"]
    func stream() async throws -> (output: JSON, tokens: String, told: [String]) {
      let heard = Mutex<(tokens: String, told: [String])>(("", []))
      let output = try await service.client.call(tool: "model", input: input) { progress in
        heard.withLock {
          if progress.kind == .token { $0.tokens += progress.text } else { $0.told.append(progress.text) }
        }
      }.output
      return (output, heard.withLock { $0.tokens }, heard.withLock { $0.told })
    }
    service.server["s"] = .whole(body: #"{"choices":[{"message":{"content":"half a"},"finish_reason":"length"}]}"#)
    service.server["l"] = .pieces([
      (0, ModelService.delta("a whole ")), (0, ModelService.delta("one")), (0, ModelService.streamEnd),
    ])
    let (output, tokens, told) = try await stream()
    #expect(tokens == "a whole one" && output["content"] == "a whole one" && output["simulated_stream"] == nil)
    #expect(told.contains { $0.hasPrefix("s/phi: ") && $0.hasSuffix("asking the role 'planner'") }, "\(told)")
    #expect(service.server.requests.first { $0.line.contains("/s/") }?.body.contains("\"stream\":true") == false)
    service.server["s"] = .whole(body: ModelService.chat("the small one"))
    let small = try await stream()
    #expect(small.tokens == "the small one" && small.output["simulated_stream"] == true && small.told == [])
  }

  @Test func `a recording replays both, and a kept answer says whence it came`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["s"] = .whole(body: ModelService.chat("four"))
    service.server["l"] = Self.good
    let first = try await service.client.call(tool: "model", input: question(["record": true]))
    let recording = try #require(first.artifacts.first { $0.name == "recording.json" })
    (service.server["s"], service.server["l"]) = (.hangUp, .hangUp)
    let again = try await service.client.call(tool: "model", input: question(["replay": .string(recording.sha256)]))
    #expect(again.output["value"] == ["n": 7] && again.output["escalated"]?["because"] == "schema_mismatch")
    #expect(again.receipt == nil, "it was paid for when it was recorded")
    service.server["s"] = .whole(body: ModelService.chat("five"))
    service.server["l"] = Self.good
    _ = try await service.ask(question(["cache_ttl_ms": 60_000]))
    let kept = try await service.ask(question(["cache_ttl_ms": 60_000]))
    #expect(kept["cached"] == true && kept["role"] == "planner" && kept["escalated"]?["from"] == "s/phi")
    let other = try await service.ask([
      "prompt": "n?", "schema": Self.schema, "cache_ttl_ms": 60_000, "role": "planner",
    ])
    #expect(other["cached"] == nil, "another way of asking is another question")
  }
}
