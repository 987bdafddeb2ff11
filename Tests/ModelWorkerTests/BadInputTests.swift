import ClientKit
import JSON
import ProviderServer
import Testing

/// What goes wrong between here and an answer: each with a code of its own, provider, model and hint, and never a hang.
@Suite(.serialized) struct BadInputTests {
  private static let settings =
    "{providers: {p: {kind: openai-compatible, base_url: \"URL/p/v1\", model: m, attempts: 1, connect_ms: 2000, "
    + "first_byte_ms: 1500, idle_ms: 1500, breaker_failures: 1000}, "
    + "none: {kind: openai-compatible, base_url: \"http://127.0.0.1:1/v1\", model: m, attempts: 1}, "
    + "name: {kind: openai-compatible, base_url: \"http://no-such-host.invalid/v1\", model: m, attempts: 1}, "
    + "tls: {kind: openai-compatible, base_url: \"https://127.0.0.1:PORT/v1\", model: m, attempts: 1}}}"

  private static func error(_ status: Int, _ body: String) -> ProviderServer.Reply {
    .whole(status: status, body: body)
  }

  /// What the provider does, whether it is asked to stream, and what the caller is told.
  static let cases: [(name: String, reply: ProviderServer.Reply, streams: Bool, reason: String)] = [
    (
      "wrong key", error(401, #"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#), false,
      "unauthorized"
    ),
    (
      "unknown model", error(404, #"{"error":{"message":"The model m does not exist","code":"model_not_found"}}"#),
      false, "unknown_model"
    ),
    ("wrong address", .whole(status: 404, headers: [], body: "404 page not found"), false, "not_found"),
    ("redirect", .whole(status: 302, headers: [("location", "http://127.0.0.1:1/")], body: ""), false, "redirected"),
    (
      "context overflow",
      error(
        400,
        #"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#
      ), false, "context_overflow"
    ),
    (
      "content filter", error(400, #"{"error":{"message":"filtered","code":"content_filter"}}"#), false,
      "content_filter"
    ),
    (
      "bad request", error(400, #"{"error":{"message":"no","type":"invalid_request_error"}}"#), false, "invalid_request"
    ),
    ("rate limit", error(429, #"{"error":{"message":"slow down"}}"#), false, "rate_limited"),
    (
      "quota", error(429, #"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#),
      false, "quota_exceeded"
    ),
    (
      "overloaded", error(529, #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#), false,
      "overloaded"
    ),
    ("server error", error(500, "oops"), false, "server_error"),
    ("html", .whole(headers: [("content-type", "text/html")], body: "<!doctype html><p>login"), false, "html"),
    ("html in a stream", .pieces([(0, "<html></html>")], type: "text/html"), true, "html"),
    ("truncated json", .whole(body: #"{"choices":[{"message":{"conte"#), false, "stream_cut"),
    (
      "no json", .whole(body: "sorry, I am a teapot"), false, "not_json"
    ),
    ("nothing", .whole(body: ""), false, "empty_reply"),
    ("no choices", .whole(body: "{}"), false, "malformed_reply"),
    (
      "empty answer", .whole(body: #"{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}"#), false,
      "empty_reply"
    ),
    ("not http", .raw("SSH-2.0-OpenSSH_9.2\r\n"), false, "malformed_reply"),
    ("hang up", .hangUp, false, "connection_lost"),
    ("malformed stream", .pieces([(0, "data: {\"choices\": [{\n\n")]), true, "not_json"),
    ("cut stream", .pieces([(0, ModelService.delta("half"))], isCut: true), true, "stream_cut"),
    ("stream without its end", .pieces([(0, ModelService.delta("half"))]), true, "stream_cut"),
    (
      "error in a stream",
      .pieces([(0, ModelService.delta("half")), (0, "data: {\"error\":{\"message\":\"gpu on fire\"}}\n\n")]), true,
      "error_in_stream"
    ),
    ("silence", .silence, false, "first_byte_timeout"),
    ("silence after the head", .pieces([(5_000, "x")]), true, "stalled"),
    ("a byte at a time", .endless("d", wait: 20), true, "stalled"),
    ("a byte at a time of a whole answer", .endless(" ", wait: 20, type: "application/json"), false, "stalled"),
    ("comments alone", .endless(": ping\n\n", wait: 20), true, "stalled"),
  ]

  @Test func `each has a code of its own, with provider, model and no hang`() async throws {
    let service = try await ModelService(Self.settings.replacing("PORT", with: "1"))
    for (name, reply, streams, reason) in Self.cases {
      service.server["p"] = reply
      let error = try #require(await service.failure(["prompt": "x", "model": "p", "stream": .bool(streams)]))
      #expect(error.data["reason"]?.stringValue == reason, "\(name): \(error.message)")
      #expect(error.data["provider"] == "p" && error.data["model"] == "m", "\(name)")
      #expect(error.message.hasPrefix("p/m: "), "\(name): \(error.message)")
    }
  }

  @Test func `the way to a provider fails in ways of its own`() async throws {
    let service = try await ModelService(Self.settings.replacing("PORT", with: "9"))
    #expect(await service.failure(["prompt": "x", "model": "none"])?.data["reason"] == "connection_refused")
    #expect(await service.failure(["prompt": "x", "model": "name"])?.data["reason"] == "host_not_found")
    let wrong = await service.failure(["prompt": "x", "model": "nobody"])
    #expect(wrong?.data["reason"] == "no_provider" && wrong?.message.contains("'nobody'") == true)
    #expect(
      await service.failure(["prompt": "x", "role": "plnner"])?.message.contains("did you mean 'planner'?") == true
    )
    #expect(
      await service.failure(["prompt": "x", "messages": [["role": "user", "content": "y"]]])?.code.rawValue
        == "invalid_input"
    )
  }

  @Test func `an untrusted certificate and a server without TLS are told apart`() async throws {
    let tls = try TLSServer()
    defer { tls.stop() }
    let plain = try ProviderServer()
    defer { plain.stop() }
    let settings =
      "{providers: {"
      + "plain: {kind: openai-compatible, base_url: \"https://127.0.0.1:\(plain.port)/v1\", model: m, attempts: 1, connect_ms: 500}, "
      + "tls: {kind: openai-compatible, base_url: \"https://127.0.0.1:\(tls.port)/v1\", model: m, attempts: 1}}}"
    let service = try await ModelService(settings)
    #expect(await service.failure(["prompt": "x", "model": "plain"])?.data["reason"] == "connect_timeout")
    let untrusted = await service.failure(["prompt": "x", "model": "tls"])
    #expect(untrusted?.data["reason"] == "tls_untrusted" && untrusted?.message.contains("ca_file") == true)
  }

  @Test func `an answer that is larger than an output may be is refused, and the worker goes on`() async throws {
    let service = try await ModelService(Self.settings.replacing("PORT", with: "9"))
    for megabytes in [9, 20, 40] {
      service.server["p"] = .whole(body: ModelService.chat(String(repeating: "x", count: megabytes << 20)))
      let error = await service.failure(["prompt": "x", "model": "p"])
      let reason = error?.data["reason"]?.stringValue ?? error?.code.rawValue
      #expect(
        ["reply_too_large", "limit_exceeded", "frame_too_large"].contains(reason),
        "\(megabytes): \(error?.message ?? "")"
      )
    }
    service.server["p"] = .whole(body: ModelService.chat("fine"))
    #expect(try await service.ask(["prompt": "x", "model": "p"])["content"] == "fine")
    #expect(!service.log.contains("worker ended"))
  }

  @Test func `without any provider the caller learns what to set`() async throws {
    let service = try await ModelService("{}")
    let error = await service.failure(["prompt": "x"])
    #expect(error?.data["reason"] == "no_provider")
    #expect(error?.message.contains("OPENAI_API_KEY") == true)
    let list = try await service.client.call(tool: "model_list", input: [:]).output
    #expect(list["providers"] == [])
  }

  @Test func `settings that are wrong are named with their place`() async throws {
    for (settings, place) in [
      ("{providers: {p: {kind: opnai}}}", "did you mean 'openai'?"),
      ("{providers: {p: {kind: openai-compatible}}}", "base_url"),
      ("{providers: {p: {kind: openai, base_url: \"ftp://x\"}}}", "no http or https address"),
      ("{providers: {p: {kind: openai, tempreture: 1}}}", "unknown member 'tempreture'"),
      ("{providers: {p: {kind: ollama}}, roles: {worker: [q/m]}}", "'q/m' names no configured provider"),
    ] {
      do {
        _ = try await ModelService(settings, isExpected: false)
        Issue.record("started with \(settings)")
      } catch let error as ModelService.NotStarted {
        #expect(error.log.contains(place), "\(settings): \(error.log.suffix(600))")
      }
    }
  }
}
