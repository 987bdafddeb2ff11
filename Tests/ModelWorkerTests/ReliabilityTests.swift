import ClientKit
import JSON
import Posix
import ProviderServer
import Synchronization
import Testing
import Wire

@Suite(.serialized) struct ReliabilityTests {
  private static let common = "kind: openai-compatible, model: m, retry_first_ms: 20"
  private static let settings =
    "{providers: {a: {\(common), base_url: \"URL/a/v1\"}, b: {\(common), base_url: \"URL/b/v1\"}, "
    + "c: {\(common), base_url: \"URL/c/v1\", breaker_failures: 2, breaker_rest_ms: 600000, attempts: 1}}, "
    + "roles: {worker: [a, b], three: [a, b, c], breaking: [c, b]}}"
  private static let busy = ProviderServer.Reply.whole(
    status: 429,
    headers: [("retry-after-ms", "250")],
    body: #"{"error":{"message":"slow down"}}"#
  )

  private func count(_ service: ModelService, _ name: String) -> Int {
    service.server.requests.count { $0.line.contains("/\(name)/") }
  }

  @Test func `a busy provider is asked again after the rest it asked for`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["a"] = .sequence([Self.busy, .whole(body: ModelService.chat("at last"))])
    let began = BootTime.now
    let output = try await service.ask(["prompt": "x"])
    #expect(output["content"] == "at last")
    #expect(BootTime.now.milliseconds(since: began) >= 250)
    #expect(output["attempts"]?[0]?["error"] == "rate_limited" && output["attempts"]?[0]?["status"] == 429)
    #expect(output["attempts"]?.arrayValue?.count == 2)
    #expect(count(service, "b") == 0)
  }

  @Test func `a rest longer than the patience is not waited for, the next provider is asked`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["a"] = .whole(status: 503, headers: [("retry-after", "3600")], body: "{}")
    service.server["b"] = .whole(body: ModelService.chat("from b"))
    let output = try await service.ask(["prompt": "x"])
    #expect(output["provider"] == "b" && output["content"] == "from b")
    #expect(count(service, "a") == 1)
  }

  @Test func `what a provider says about trying again is believed`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["a"] = .whole(status: 500, headers: [("x-should-retry", "false")], body: "{}")
    service.server["b"] = .whole(body: ModelService.chat("from b"))
    #expect(try await service.ask(["prompt": "x"])["provider"] == "b")
    #expect(count(service, "a") == 1)
  }

  @Test func `a wrong request is not repeated, and a chain tells every provider's error`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["a"] = .whole(status: 400, body: #"{"error":{"message":"bad a","type":"invalid_request_error"}}"#)
    service.server["b"] = .whole(status: 500, body: "bad b")
    service.server["c"] = .whole(headers: [], body: "<html>")
    let error = try #require(await service.failure(["prompt": "x", "role": "three"]))
    let errors = error.data["errors"]?.arrayValue ?? []
    #expect(errors.map { $0["provider"] } == ["a", "b", "b", "b", "c"])
    #expect(errors.map { $0["error"] } == ["invalid_request", "server_error", "server_error", "server_error", "html"])
    #expect(error.message.contains("bad a") && error.message.contains("bad b"))
    #expect(error.data["reason"] == "html")
  }

  @Test func `what a content filter refuses is not taken to the next provider`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["a"] = .whole(status: 400, body: #"{"error":{"message":"no","code":"content_filter"}}"#)
    service.server["b"] = .whole(body: ModelService.chat("from b"))
    #expect(await service.failure(["prompt": "x"])?.data["reason"] == "content_filter")
    #expect(count(service, "b") == 0)
  }

  @Test func `a provider that fails is left alone, and the caller is told`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["c"] = .whole(status: 500, headers: [("x-should-retry", "false")], body: "{}")
    service.server["b"] = .whole(body: ModelService.chat("from b"))
    for _ in 0..<5 { #expect(try await service.ask(["prompt": "x", "role": "breaking"])["provider"] == "b") }
    #expect(count(service, "c") == 2, "after two failures it is not asked")
    let error = await service.failure(["prompt": "x", "model": "c"])
    #expect(error?.data["reason"] == "circuit_open")
  }

  @Test func `a stream that breaks is asked for anew, and its reader is told`() async throws {
    let service = try await ModelService(Self.settings)
    let whole = [ModelService.delta("one "), ModelService.delta("two"), ModelService.streamEnd].map {
      (wait: 0, text: $0)
    }
    service.server["a"] = .sequence([.pieces([(0, ModelService.delta("one "))], isCut: true), .pieces(whole)])
    let told = Mutex<[Progress.Kind: [String]]>([:])
    let output = try await service.client.call(tool: "model", input: ["prompt": "x", "stream": true]) { progress in
      told.withLock { $0[progress.kind, default: []].append(progress.text) }
    }.output
    #expect(output["content"] == "one two")
    let heard = told.withLock { $0 }
    #expect(heard[.token]?.joined() == "one one two")
    #expect(heard[.status]?.first?.contains("trying again") == true)
  }

  @Test func `a cancelled call closes its connection, and the next one works`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["a"] = .endless(ModelService.delta("on "), wait: 5)
    let client = service.client!
    let first = Mutex(false)
    let task = Task {
      try await client.call(tool: "model", input: ["prompt": "x", "stream": true]) { _ in first.withLock { $0 = true } }
    }
    while !first.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    _ = await task.result
    for _ in 0..<400 where service.server.closedByPeer == 0 { try await Task.sleep(for: .milliseconds(5)) }
    #expect(service.server.closedByPeer == 1)
    service.server["a"] = .whole(body: ModelService.chat("fine"))
    #expect(try await service.ask(["prompt": "x"])["content"] == "fine")
  }

  @Test func `the call's deadline ends it with a reason`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["a"] = .endless(ModelService.delta("on "), wait: 5)
    let error = await service.failure(["prompt": "x", "stream": true], timeout: .milliseconds(700))
    #expect(error?.code.rawValue == "deadline_exceeded", "\(error?.message ?? "")")
    #expect(error?.message.contains("a/m") == true && error?.data["reason"] == "deadline_exceeded")
  }

  @Test func `who has no time says nothing of the provider`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["c"] = .silence
    for _ in 0..<3 {
      let error = await service.failure(["prompt": "x", "model": "c"], timeout: .milliseconds(300))
      #expect(error?.data["reason"] == "deadline_exceeded", "\(error?.message ?? "")")
    }
    service.server["c"] = .whole(body: ModelService.chat("fine"))
    #expect(try await service.ask(["prompt": "x", "model": "c"])["content"] == "fine", "it was not left alone")
  }

  @Test func `a connection serves call after call`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["a"] = .whole(body: ModelService.chat("fine"))
    for _ in 0..<20 { _ = try await service.ask(["prompt": "x"]) }
    #expect(service.server.accepted == 1)
  }

  @Test func `an answer that was kept is given again until its time is over`() async throws {
    let service = try await ModelService(Self.settings)
    service.server["a"] = .sequence([
      .whole(body: ModelService.chat("first")), .whole(body: ModelService.chat("second")),
    ])
    let question: JSON = ["prompt": "x", "cache_ttl_ms": 400]
    #expect(try await service.ask(question)["cached"] == nil)
    let kept = try await service.ask(question)
    #expect(kept["cached"] == true && kept["content"] == "first" && count(service, "a") == 1)
    #expect(try await service.ask(["prompt": "y", "cache_ttl_ms": 400])["content"] == "second")
    let recorded: JSON = ["prompt": "x", "cache_ttl_ms": 400, "record": true]
    #expect(try await service.ask(recorded)["cached"] == nil, "what is recorded is asked")
    try await Task.sleep(for: .milliseconds(450))
    #expect(try await service.ask(question)["content"] == "second")
  }
}
