import ClientKit
import Foundation
import JSON
import Posix
import ProviderServer
import Synchronization
import Testing
import Wire

@Suite(.serialized) struct StreamTests {
  private static let settings =
    "{providers: {a: {kind: openai-compatible, base_url: \"URL/a/v1\", model: m}, "
    + "b: {kind: openai-compatible, base_url: \"URL/b/v1\", model: m}, "
    + "whole: {kind: openai-compatible, base_url: \"URL/w/v1\", model: m, quirks: {streams: false}}, "
    + "words: {kind: openai-compatible, base_url: \"URL/t/v1\", model: m, quirks: {tools: emulated, schema: prompt}}}}"

  private static func pieces(_ texts: [String], wait: Int = 0) -> ProviderServer.Reply {
    .pieces(texts.map { (wait, ModelService.delta($0)) } + [(0, ModelService.streamEnd)])
  }

  private func stream(_ service: ModelService, _ input: JSON) async throws -> (output: JSON, tokens: [String]) {
    let tokens = Mutex<[String]>([])
    let output = try await service.client.call(tool: "model", input: input) { progress in
      if progress.kind == .token { tokens.withLock { $0.append(progress.text) } }
    }.output
    return (output, tokens.withLock { $0 })
  }

  @Test func `tokens come while they are made, and are the answer`() async throws {
    let service = try await ModelService(Self.settings)
    let texts = (0..<200).map { "w\($0) " } + ["ein Schiff ⛵️"]
    service.server["a"] = Self.pieces(texts)
    let (output, tokens) = try await stream(service, ["prompt": "x", "model": "a", "stream": true])
    #expect(tokens.joined() == texts.joined() && output["content"]?.stringValue == texts.joined())
    #expect(output["usage"] == ["input_tokens": 3, "output_tokens": 2])
    #expect(output["simulated_stream"] == nil)
  }

  @Test func `an imitated stream says so`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["w"] = .whole(body: ModelService.chat("one two three"))
    let (output, tokens) = try await stream(service, ["prompt": "x", "model": "whole", "stream": true])
    #expect(tokens == ["one ", "two ", "three"] && output["simulated_stream"] == true)
    #expect(service.server.requests.last?.body.contains("\"stream\"") == false)
  }

  @Test func `who asks for a stream of a server that has none gets the answer all the same`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["a"] = .whole(body: ModelService.chat("in one piece"))
    let (output, tokens) = try await stream(service, ["prompt": "x", "model": "a", "stream": true])
    #expect(tokens.joined() == "in one piece" && output["content"] == "in one piece")
    #expect(output["simulated_stream"] == true)
  }

  @Test func `a reader that does not read stalls nobody else`() async throws {
    let service = try await ModelService(Self.settings)
    // 6 MB, more than the socket in between holds.
    service.server["a"] = Self.pieces([String](repeating: String(repeating: "x", count: 40_000), count: 150))
    service.server["b"] = Self.pieces((0..<50).map { "t\($0) " }, wait: 5)
    let slow = try await BulkheadClient.connect(socket: service.socket, name: "slow", version: "1")
    let started = Mutex(false)
    let release = Mutex(false)
    let task = Task {
      try await slow.call(tool: "model", input: ["prompt": "x", "model": "a", "stream": true]) { _ in
        started.withLock { $0 = true }
        // The client's own reading thread waits here.
        while !release.withLock({ $0 }) { usleep(1_000) }
      }
    }
    while !started.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
    let began = BootTime.now
    let (output, tokens) = try await stream(service, ["prompt": "x", "model": "b", "stream": true])
    #expect(BootTime.now.milliseconds(since: began) < 5_000)
    #expect(output["content"]?.stringValue == tokens.joined())
    release.withLock { $0 = true }
    // What was not read in time is told, and the answer is whole all the same.
    #expect(try await task.value.output["content"]?.stringValue?.utf8.count == 6_000_000)
  }

  @Test func `what a model cannot do by itself is made up for, and said`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["t"] = .whole(
      body: ModelService.chat("I need the weather.\nTOOL: get_weather\nARGS: {\"city\": \"Oslo\"}")
    )
    let tool: JSON = [
      "name": "get_weather", "parameters": ["type": "object", "properties": ["city": ["type": "string"]]],
    ]
    let called = try await service.ask(["prompt": "weather?", "model": "words", "tools": [tool]])
    #expect(
      called["tool_calls"]?[0]?["name"] == "get_weather" && called["tool_calls"]?[0]?["arguments"] == ["city": "Oslo"]
    )
    #expect(called["emulated_tools"] == true && called["stop"] == "tool_calls")
    let body = service.server.requests.last?.body ?? ""
    #expect(!body.contains("\"tools\"") && body.contains("get_weather"))
    service.server["t"] = .whole(body: ModelService.chat("Sure!\n```json\n{\"n\": 4}\n```"))
    let schema: JSON = ["type": "object", "properties": ["n": ["type": "integer"]], "required": ["n"]]
    let value = try await service.ask(["prompt": "n?", "model": "words", "schema": schema])
    #expect(value["value"] == ["n": 4] && value["schema_mode"] == "prompt")
    service.server["t"] = .whole(body: ModelService.chat("{\"n\": \"four\"}"))
    #expect(
      await service.failure(["prompt": "n?", "model": "words", "schema": schema])?.data["reason"] == "schema_mismatch"
    )
  }

  @Test func `a conversation that is too long is made to fit, or refused before it is sent`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["a"] = .whole(body: ModelService.chat("fine"))
    let old = JSON.string(String(repeating: "word ", count: 4_000))
    let messages: JSON = [
      ["role": "user", "content": old], ["role": "assistant", "content": "noted"],
      ["role": "user", "content": "And now?"],
    ]
    func question(_ strategy: String) -> JSON {
      ["messages": messages, "model": "a", "context": ["strategy": .string(strategy), "max_tokens": 500]]
    }
    let slid = try await service.ask(question("sliding"))
    #expect(slid["context"]?["dropped"] == 2)
    #expect(service.server.requests.last?.body.contains("word word") == false)
    #expect(try await service.ask(question("truncate"))["context"]?["cut"] == 1)
    let before = service.server.requests.count
    #expect(try await service.ask(question("summarise"))["context"]?["dropped"]?.integerValue ?? 0 > 0)
    #expect(service.server.requests.count == before + 2, "a summary was asked for first")
    #expect(service.server.requests.last?.body.contains("Summary of the conversation so far") == true)
    #expect(await service.failure(question("fail"))?.data["reason"] == "context_overflow")
    #expect(service.server.requests.count == before + 2)
  }

  @Test func `a recording answers without the provider, and holds no key`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["a"] = Self.pieces(["recorded ", "ünïcode ⛵️"])
    let first = try await service.client.call(
      tool: "model",
      input: ["prompt": "x", "model": "a", "stream": true, "record": true]
    )
    let recording = try #require(first.artifacts.first { $0.name == "recording.json" })
    service.server["a"] = .hangUp
    let again: JSON = ["prompt": "x", "model": "a", "replay": .string(recording.sha256)]
    for streams in [true, false] {
      var question = again.objectValue ?? JSONObject()
      question["stream"] = .bool(streams)
      let (output, tokens) = try await stream(service, .object(question))
      #expect(output["content"] == "recorded ünïcode ⛵️")
      #expect(tokens.joined() == (streams ? "recorded ünïcode ⛵️" : ""))
    }
    let other = await service.failure(["prompt": "y", "model": "a", "replay": .string(recording.sha256)])
    #expect(other?.data["reason"] == "replay_miss")
  }
}
