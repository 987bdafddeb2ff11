import ClientKit
import Foundation
import JSON
import ProviderServer
import Testing
import Wire

/// What a provider is told, and what is known of its models.
@Suite(.serialized) struct ProviderTests {
  @Test func `a picture reaches the provider in its own words`() async throws {
    let service = try await ModelService(
      "{providers: {o: {kind: openai-compatible, base_url: \"URL/p/v1\", model: m}, "
        + "a: {kind: anthropic, auth: none, base_url: \"URL/a/v1\"}}}"
    )
    service.server["p"] = .whole(body: ModelService.chat("a ship"))
    service.server["a"] = .whole(
      body:
        #"{"id":"m","content":[{"type":"text","text":"a ship"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"#
    )
    let path = service.folder + "/dot.png"
    try Data([0x89, 0x50, 0x4E, 0x47, 1, 2, 3]).write(to: URL(filePath: path))
    let artifact = try await service.client.upload(path, mediaType: "image/png")
    let image: JSON = ["artifact": .string(artifact.sha256), "media_type": "image/png"]
    for model in ["o", "a"] {
      let output = try await service.ask(["prompt": "What is this?", "images": [image], "model": .string(model)])
      #expect(output["content"] == "a ship")
    }
    let bodies = service.server.requests.map(\.body)
    #expect(bodies[0].contains("data:image/png;base64,iVBORwECAw=="))
    #expect(bodies[1].contains(#""media_type":"image/png","data":"iVBORwECAw==""#))
  }

  @Test func `a name that a local server does not list means the nearest that it does`() async throws {
    let service = try await ModelService(
      "{providers: {local: {kind: llamacpp, base_url: \"URL/l/v1\"}}, roles: {worker: [local/phi3, local], other: [local/Llama-3.2]}}"
    )
    let list = #"{"data":[{"id":"llama-3.2-3b-instruct"},{"id":"phi3:latest"}]}"#
    service.server["l"] = .sequence([.whole(body: list), .whole(body: ModelService.chat("hello"))])
    #expect(try await service.ask(["prompt": "x"])["content"] == "hello")
    #expect(service.server.requests.last?.body.contains(#""model":"phi3:latest""#) == true)
    _ = try await service.ask(["prompt": "x", "role": "other"])
    #expect(service.server.requests.last?.body.contains(#""model":"llama-3.2-3b-instruct""#) == true)
    #expect(service.server.requests.count { $0.line.hasPrefix("GET ") } == 1, "the list is asked for once")
  }

  @Test func `a proxy gets the request, and loopback never has one`() async throws {
    let service = try await ModelService(
      "{providers: {far: {kind: openai-compatible, base_url: \"http://models.invalid/v1\", proxy: \"URL\", model: m}, "
        + "near: {kind: openai-compatible, base_url: \"URL/n/v1\", model: m}}}",
      environment: ["http_proxy": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"]
    )
    service.server["http:"] = .whole(body: ModelService.chat("through the proxy"))
    service.server["n"] = .whole(body: ModelService.chat("directly"))
    #expect(try await service.ask(["prompt": "x", "model": "far"])["content"] == "through the proxy")
    #expect(service.server.requests.last?.line == "POST http://models.invalid/v1/chat/completions HTTP/1.1")
    #expect(try await service.ask(["prompt": "x", "model": "near"])["content"] == "directly")
  }

  @Test func `what a call cost is told and summed up, answers that did not fit included`() async throws {
    let service = try await ModelService(
      "{providers: {p: {kind: openai-compatible, base_url: \"URL/p/v1\", model: my-model}}, "
        + "catalog: {models: {\"my-*\": {context: 1000, prices: {input: 2, output: 10}}}}}"
    )
    let schema: JSON = ["type": "object", "required": ["n"]]
    service.server["p"] = .whole(body: ModelService.chat("no json", input: 100, output: 10))
    let failed = await service.failure(["prompt": "x", "model": "p", "schema": schema])
    #expect(failed?.data["reason"] == "schema_mismatch")
    service.server["p"] = .whole(body: ModelService.chat("{\"n\":1}", input: 100, output: 10))
    let output = try await service.ask(["prompt": "x", "model": "p", "schema": schema])
    // 100 × 2 + 10 × 10 millionths of a dollar.
    #expect(output["cost"] == ["nano_usd": 300_000, "text": "$0.0003"])
    let usage = try await service.client.usage(by: .tool)
    #expect(usage.total.calls == 2 && usage.total.inputTokens == 200 && usage.total.costNanoUSD == 600_000)
  }

  @Test func `a model that calls itself by an endless name costs nobody the worker`() async throws {
    let service = try await ModelService(
      "{providers: {p: {kind: openai-compatible, base_url: \"URL/p/v1\", model: m}}}"
    )
    // One character of two thousand bytes, sixty times.
    let name = String(repeating: "e" + String(repeating: "\u{301}", count: 1_000), count: 60)
    let body = ModelService.chat("fine").replacingOccurrences(of: "m-1", with: name)
    service.server["p"] = .whole(body: body)
    for _ in 0..<2 { #expect(try await service.ask(["prompt": "x", "model": "p"])["content"] == "fine") }
    let key = try await service.client.usage(by: .model).rows.first?.key ?? ""
    #expect((1...256).contains(key.utf8.count) && name.utf8.starts(with: key.utf8.prefix(200)))
  }

  @Test func `vectors come for every text in order, in batches`() async throws {
    let service = try await ModelService(
      "{providers: {p: {kind: openai-compatible, base_url: \"URL/p/v1\", embedder: e}}}"
    )
    func batch(_ numbers: ClosedRange<Int>) -> ProviderServer.Reply {
      let data = numbers.enumerated().reversed().map { #"{"index":\#($0.offset),"embedding":[\#($0.element),0.5]}"# }
      return .whole(body: #"{"data":[\#(data.joined(separator: ","))],"usage":{"prompt_tokens":7}}"#)
    }
    service.server["p"] = .sequence([batch(1...100), batch(101...130)])
    let texts = JSON.array((1...130).map { .string("text \($0)") })
    let output = try await service.client.call(tool: "embed", input: ["input": texts]).output
    #expect(output["dimensions"] == 2 && output["usage"]?["input_tokens"] == 14)
    #expect((output["embeddings"]?.arrayValue ?? []).map { $0[0]?.integerValue } == (1...130).map(Int64.init))
    service.server["p"] = .whole(body: #"{"data":[{"index":0,"embedding":[1]}]}"#)
    do throws(ClientError) {
      _ = try await service.client.call(tool: "embed", input: ["input": ["a", "b"]])
      Issue.record("a missing vector was accepted")
    } catch {
      #expect(error.data["reason"] == "malformed_reply")
    }
  }

  @Test func `who holds keys cannot be looked into by its own user`() async throws {
    let service = try await ModelService(
      "{providers: {openai: {kind: openai, base_url: \"URL/p/v1\"}}}",
      environment: ["OPENAI_API_KEY": "sk-in-memory-0123456789"]
    )
    let pid = try #require(try await service.client.workers().first?["instances"]?[0]?["pid"]?.integerValue)
    // A process that is not dumpable has files in /proc that belong to root, whoever it runs as (proc(5)).
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let uid = status.split(separator: "\n").first { $0.hasPrefix("Uid:") }?.split(separator: "\t").dropFirst().first
    let owner = try FileManager.default.attributesOfItem(atPath: "/proc/\(pid)/environ")[.ownerAccountID] as? NSNumber
    #expect(owner == 0 && uid != "0", "environ belongs to \(owner ?? -1), the process to \(uid ?? "?")")
  }
}
