import ClientKit
import Foundation
import FoundationNetworking
import JSON
import Peers
import Posix
import ProviderServer
import Synchronization
import Testing
import Wire

/// Against servers of others: stand-ins for the providers that judge their client, and a real model.
@Suite(.enabled(if: Peer.folder != nil, "the folder of peers is not on this machine"), .serialized)
struct PeerTests {
  private static let providers = ["chat", "responses", "anthropic", "gemini", "ollama"]

  private static func settings(_ fakes: Peer) -> String {
    let quick = "retry_first_ms: 100, idle_ms: 1500, breaker_failures: 100"
    return "{providers: {"
      + "chat: {kind: openai-compatible, base_url: \"\(fakes["llmock"])/v1\", model: gpt-4o, \(quick)}, "
      + "responses: {kind: openai-compatible, format: openai-responses, base_url: \"\(fakes["llmock"])/v1\", model: gpt-4o, \(quick)}, "
      + "anthropic: {kind: anthropic, auth: none, base_url: \"\(fakes["llmock"])/anthropic/v1\", model: claude-sonnet-4-5, \(quick)}, "
      + "gemini: {kind: gemini, auth: none, base_url: \"\(fakes["llmock"])/gemini/v1beta\", model: gemini-2.5-pro, \(quick)}, "
      + "ollama: {kind: ollama, base_url: \"\(fakes["ollama"])\", model: gpt-4o, \(quick)}}}"
  }

  private static let tool: JSON = [
    "name": "get_weather", "description": "Tells the weather of a city.",
    "parameters": ["type": "object", "properties": ["city": ["type": "string"]], "required": ["city"]],
  ]

  @Test func `every provider's own format works: chat, stream, tools and their results`() async throws {
    let fakes = try Peer("provider-fakes", "--port", "0")
    defer { fakes.stop() }
    let service = try await ModelService(Self.settings(fakes))
    for provider in Self.providers {
      let model = JSON.string(provider)
      let whole = try await service.ask(["prompt": "hello there", "model": model])
      #expect(whole["content"]?.stringValue?.isEmpty == false && whole["stop"] == "stop", "\(provider)")
      let tokens = Mutex(0)
      let streamed = try await service.client.call(
        tool: "model",
        input: ["prompt": "hello there", "model": model, "stream": true]
      ) { progress in if progress.kind == .token { tokens.withLock { $0 += 1 } } }
      #expect(tokens.withLock { $0 } > 1 && streamed.output["simulated_stream"] == nil, "\(provider)")
      for streams in [false, true] {
        let question: JSON = [
          "prompt": "What is the weather in Paris?", "model": model, "tools": [Self.tool], "stream": .bool(streams),
        ]
        let called = try await service.ask(question)
        let call = try #require(called["tool_calls"]?[0], "\(provider)")
        #expect(call["name"] == "get_weather" && call["arguments"]?["city"]?.stringValue != nil, "\(provider)")
        var answer: JSONObject = ["role": "assistant", "content": called["content"] ?? "", "tool_calls": [call]]
        answer["opaque"] = called["opaque"]
        let result: JSON = ["role": "tool", "content": "21 C", "tool_call_id": call["id"] ?? "", "name": "get_weather"]
        let messages: JSON = [["role": "user", "content": "What is the weather in Paris?"], .object(answer), result]
        let end = try await service.ask(["messages": messages, "model": model, "tools": [Self.tool]])
        #expect(end["content"]?.stringValue?.isEmpty == false && end["tool_calls"] == nil, "\(provider): \(end)")
      }
    }
  }

  @Test func `faults are taken as a good client takes them, says the server that made them`() async throws {
    let fakes = try Peer("provider-fakes", "--port", "0")
    defer { fakes.stop() }
    let service = try await ModelService(Self.settings(fakes))
    let faults = [
      #"{"type": "fail", "status": 429, "retry_after": 1, "times": 1}"#,
      #"{"type": "fail", "status": 503, "times": 2}"#,
      #"{"type": "fail", "status": 529, "times": 1}"#, #"{"type": "fail", "status": 401, "times": 1}"#,
      #"{"type": "stream_fault", "kind": "disconnect", "after_chunks": 2}"#,
      #"{"type": "stream_fault", "kind": "truncate", "after_chunks": 2}"#,
      #"{"type": "stream_fault", "kind": "malformed", "after_chunks": 2}"#,
      #"{"type": "stream_fault", "kind": "stall", "after_chunks": 2, "stall_seconds": 8}"#,
    ]
    for provider in Self.providers where provider != "ollama" {
      for (index, fault) in faults.enumerated() {
        // Long enough to be broken in the middle; a hang-up is noticed only while something is left to send.
        let words = (0..<(fault.contains("malformed") ? 4_000 : 40)).map { "word\($0)" }.joined(separator: " ")
        let reply = #"{"type": "reply", "text": "\#(words)", "times": 1}"#
        _ = try await control(fakes["llmock"] + "/_llmock/reset", "{}")
        _ = try await control(fakes["llmock"] + "/_llmock/scenario", #"{"behaviors": [\#(reply), \#(fault)]}"#)
        let input: JSON = [
          "prompt": .string("tell me a longer story, number \(index)"), "model": .string(provider),
          "stream": .bool(fault.contains("stream_fault")),
        ]
        if fault.contains("401") {
          #expect(await service.failure(input)?.data["reason"] == "unauthorized", "\(provider)")
        } else {
          let output = try await service.ask(input)
          #expect(output["attempts"]?.arrayValue?.count ?? 0 > 1, "\(provider), \(fault): \(output)")
        }
        let verdict = try JSON(parsing: try await control(fakes["llmock"] + "/_llmock/verdict"))
        let findings = verdict["findings"]?.arrayValue ?? []
        #expect(findings.isEmpty, "\(provider), \(fault): \(verdict)")
      }
    }
  }

  @Test func `a real model chats, streams, fits a schema, calls a tool and is hung up on`() async throws {
    let peer = try Peer("model-server", "--port", "0")
    defer { peer.stop() }
    let fakes = try Peer("provider-fakes", "--port", "0", "--upstream", peer.ready[1] + "/v1")
    defer { fakes.stop() }
    let service = try await ModelService(
      "{providers: {real: {kind: llamacpp, base_url: \"\(peer.ready[1])/v1\"}, "
        + "ollama: {kind: ollama, base_url: \"\(fakes["ollama"])\", model: smollm2}}}"
    )
    for provider in ["real", "ollama"] {
      let model = JSON.string(provider)
      let tokens = Mutex(0)
      let chat = try await service.client.call(
        tool: "model",
        input: ["prompt": "Say hello.", "model": model, "stream": true, "max_tokens": 24, "temperature": 0],
        timeout: .seconds(120)
      ) { progress in if progress.kind == .token { tokens.withLock { $0 += 1 } } }
      #expect(tokens.withLock { $0 } > 2 && chat.output["model"] == "smollm2-135m-instruct", "\(provider)")
      #expect(chat.output["usage"]?["input_tokens"]?.integerValue ?? 0 > 0 && chat.output["usage"]?["estimated"] == nil)
      let schema: JSON = [
        "type": "object", "properties": ["even": ["type": "boolean"]], "required": ["even"],
        "additionalProperties": false,
      ]
      let value = try await service.ask(
        ["prompt": "Is four even?", "model": model, "schema": schema, "max_tokens": 64],
        timeout: .seconds(120)
      )
      #expect(value["value"]?["even"]?.boolValue != nil && value["schema_mode"] == nil)
      let called = try await service.ask(
        [
          "prompt": "What is the weather in Paris?", "model": model, "tools": [Self.tool], "temperature": 0,
          "max_tokens": 128,
        ],
        timeout: .seconds(120)
      )
      #expect(called["tool_calls"]?[0]?["name"] == "get_weather", "\(provider): \(called)")
    }
    // Hanging up frees the server's slot: neither of two endless answers keeps the next one waiting.
    let client = service.client!
    for _ in 0..<2 {
      let first = Mutex(false)
      let task = Task {
        try await client.call(tool: "model", input: ["prompt": "Count to a million.", "model": "real", "stream": true])
        {
          _ in first.withLock { $0 = true }
        }
      }
      while !first.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
      task.cancel()
      _ = await task.result
    }
    let began = BootTime.now
    _ = try await service.ask(["prompt": "Hi", "model": "real", "max_tokens": 4], timeout: .seconds(120))
    #expect(BootTime.now.milliseconds(since: began) < 30_000)
  }

  @Test func `a real small model answers before it judges, and what it does not know is taken away from it`()
    async throws
  {
    let peer = try Peer("model-server", "--port", "0")
    defer { peer.stop() }
    let provider = "base_url: \"\(peer.ready[1])/v1\""
    let service = try await ModelService(
      "{providers: {native: {kind: llamacpp, \(provider)}, object: {kind: llamacpp, \(provider), quirks: {schema: object}}, "
        + "words: {kind: llamacpp, \(provider), quirks: {schema: prompt}}, "
        + "large: {kind: openai-compatible, base_url: \"URL/l/v1\", model: gpt-4o}}, roles: {planner: [large]}}"
    )
    service.server["l"] = .whole(body: ModelService.chat(#"{"colour": "from the large one"}"#))
    let schema: JSON = [
      "type": "object", "properties": ["colour": ["type": "string", "maxLength": 40]], "required": ["colour"],
      "additionalProperties": false,
    ]
    for model in ["native", "object", "words"] {
      let result = try await service.client.call(
        tool: "model",
        input: [
          "prompt": "Which colour is the sky on a clear day?", "model": .string(model), "schema": schema,
          "escalate": "planner", "max_tokens": 80, "temperature": 0,
        ],
        timeout: .seconds(240)
      )
      #expect(result.output["value"]?["colour"]?.stringValue != nil, "\(model): \(result.output)")
      let used = try #require(result.receipt?.models)
      #expect(used[0].isSmall && used[0].calls >= 1 && used[0].inputTokens > 0 && used[0].costNanoUSD == 0)
      #expect(used[0].baselineModel == "gpt-4o" && used[0].isEscalated == (result.output["escalated"] != nil))
      #expect(used[0].isEscalated ? used[0].baselineNanoUSD == 0 : used[0].baselineNanoUSD ?? 0 > 0)
      // What is held to its schema answers by it.
      if model == "native" {
        #expect(["unsure", nil].contains(result.output["escalated"]?["because"]), "\(result.output)")
      }
    }
  }

  @Test func `real vectors find what means the same`() async throws {
    let peer = try Peer("model-server", "--model", "minilm", "--port", "0")
    defer { peer.stop() }
    let service = try await ModelService(
      "{providers: {mini: {kind: llamacpp, base_url: \"\(peer.ready[1])/v1\", embedder: minilm}}}"
    )
    let texts: JSON = ["The ship is taking on water.", "The boat is sinking.", "Interest rates were raised again."]
    let output = try await service.client.call(tool: "embed", input: ["input": texts]).output
    let vectors = (output["embeddings"]?.arrayValue ?? []).map { ($0.arrayValue ?? []).compactMap(\.doubleValue) }
    #expect(output["dimensions"] == 384 && vectors.map(\.count) == [384, 384, 384])
    func likeness(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map(*).reduce(0, +) }
    #expect(likeness(vectors[0], vectors[1]) > 0.5 && likeness(vectors[0], vectors[2]) < 0.3)
  }
}
