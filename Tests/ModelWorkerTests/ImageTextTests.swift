import ClientKit
import Foundation
import JSON
import Posix
import ProviderServer
import Testing
import Wire

/// Azure's OCR, played by a server on loopback in its own words.
@Suite(.serialized) struct ImageTextTests {
  private static let key = "0123456789abcdef0123456789abcdef"
  private static let environment = ["AZURE_VISION_ENDPOINT": "URL/v/", "AZURE_VISION_KEY": key]
  private static let answer = ProviderServer.Reply.whole(
    body: """
      {"modelVersion":"2023-10-01","metadata":{"width":640,"height":480},"readResult":{"blocks":[{"lines":[\
      {"text":"TOTAL 3.00","boundingPolygon":[{"x":1,"y":2},{"x":90,"y":2},{"x":90,"y":12},{"x":1,"y":12}],\
      "words":[{"text":"TOTAL","confidence":0.9,"boundingPolygon":[]},{"text":"3.00","confidence":0.8}]},\
      {"text":"THANK YOU","boundingPolygon":[{"x":1,"y":20},{"x":90,"y":20},{"x":90,"y":32},{"x":1,"y":32}],"words":[]}]}]}}
      """
  )

  private static func error(_ status: Int, _ code: String, _ message: String, _ inner: String? = nil)
    -> ProviderServer.Reply
  {
    let more = inner.map { #","innererror":{"code":"\#($0)","message":"x"}"# } ?? ""
    return .whole(
      status: status,
      headers: [("content-type", "application/json"), ("retry-after", "0")],
      body: #"{"error":{"code":"\#(code)","message":"\#(message)"\#(more)}}"#
    )
  }

  private func service(_ settings: String = "{vision: {retry_first_ms: 10}}", _ more: [String: String] = [:])
    async throws -> ModelService
  {
    try await ModelService(settings, environment: Self.environment.merging(more) { $1 })
  }

  private func picture(_ service: ModelService, _ bytes: Int = 1_000) async throws -> JSON {
    let path = "\(service.folder)/picture-\(bytes).png"
    try Data((0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31) }).write(to: URL(filePath: path))
    let artifact = try await service.client.upload(path, mediaType: "image/png")
    return [
      "artifact": .string(artifact.sha256), "bytes": .integer(Int64(bytes)), "media_type": "image/png", "name": "a.png",
    ]
  }

  private func failure(_ service: ModelService, _ input: JSON, timeout: Duration = .seconds(30)) async -> ClientError? {
    do throws(ClientError) {
      let result = try await service.client.call(tool: "image_text", input: input, timeout: timeout)
      Issue.record("it answered: \(result.output)")
      return nil
    } catch {
      return error
    }
  }

  @Test func `a picture's lines come with their places`() async throws {
    let service = try await service()
    service.server["v"] = Self.answer
    let result = try await service.client.call(tool: "image_text", input: try await picture(service))
    #expect(result.output["text"] == "TOTAL 3.00\nTHANK YOU" && result.output["provider"] == "azure-vision")
    #expect(
      result.output["lines"]?[0] == ["text": "TOTAL 3.00", "box": [1, 2, 90, 2, 90, 12, 1, 12], "confidence": 0.85]
    )
    #expect(result.output["lines"]?[1]?["confidence"] == nil && result.output["width"] == 640)
    let request = try #require(service.server.requests.last)
    #expect(
      request.line == "POST /v/computervision/imageanalysis:analyze?features=read&api-version=2024-02-01 HTTP/1.1"
    )
    #expect(request.headers["ocp-apim-subscription-key"] == Self.key && request.headers["authorization"] == nil)
    #expect(
      request.headers["content-type"] == "application/octet-stream" && request.headers["content-length"] == "1000"
    )
    let listed = try await service.client.call(tool: "model_list", input: [:]).output
    #expect(listed["vision"]?["has_key"] == true && listed["providers"] == [], "no role can name it")
  }

  @Test func `a language is passed on, and one that is none is refused`() async throws {
    let service = try await service()
    service.server["v"] = Self.answer
    var input = try #require(try await picture(service).objectValue)
    input["language"] = "ms"
    _ = try await service.client.call(tool: "image_text", input: .object(input))
    #expect(service.server.requests.last?.line.contains("&language=ms&api-version=") == true)
    input["language"] = "ms&features=people"
    #expect(await failure(service, .object(input))?.code.rawValue == "invalid_input")
  }

  @Test func `its errors are told apart`() async throws {
    let service = try await service("{vision: {retry_first_ms: 1, attempts: 2, breaker_failures: 1000}}")
    let picture = try await picture(service)
    for (reply, reason, requests) in [
      (Self.error(401, "401", "Access denied due to invalid subscription key \(Self.key)"), "unauthorized", 1),
      (Self.error(403, "403", "Out of call volume quota"), "forbidden", 1),
      (Self.error(400, "InvalidRequest", "The image dimension is not allowed", "InvalidImageSize"), "invalid_image", 1),
      (Self.error(400, "InvalidRequest", "Not a picture", "InvalidImageFormat"), "invalid_image", 1),
      (Self.error(400, "InvalidRequest", "no", "NotSupportedLanguage"), "invalid_request", 1),
      (Self.error(404, "404", "Resource not found"), "not_found", 1),
      (Self.error(429, "429", "exceeded call rate limit"), "rate_limited", 2),
      (Self.error(500, "InternalServerError", "oops"), "server_error", 2),
      (.whole(status: 503, headers: [], body: ""), "overloaded", 2), (.whole(body: "{}"), "malformed_reply", 1),
      (.whole(body: "not json"), "not_json", 1), (.whole(headers: [], body: "<html>"), "html", 1),
      (.whole(body: ""), "empty_reply", 2), (.raw("SSH-2.0\r\n"), "malformed_reply", 1),
    ] {
      service.server["v"] = reply
      let before = service.server.requests.count
      let error = try #require(await failure(service, picture))
      #expect(error.data["reason"]?.stringValue == reason, "\(error.message)")
      #expect(service.server.requests.count - before == requests, "\(reason)")
      #expect(error.message.hasPrefix("azure-vision/read: ") && !error.message.contains(Self.key), "\(error.message)")
      #expect(!JSON.object(error.data).description.contains(Self.key))
    }
    #expect(!service.log.contains(Self.key))
  }

  @Test func `a busy service is asked again after the rest it asks for`() async throws {
    let service = try await service()
    service.server["v"] = .sequence([
      .whole(status: 429, headers: [("retry-after", "1")], body: #"{"error":{"code":"429","message":"slow down"}}"#),
      Self.answer,
    ])
    let began = BootTime.now
    let output = try await service.client.call(tool: "image_text", input: try await picture(service)).output
    #expect(output["width"] == 640 && BootTime.now.milliseconds(since: began) >= 1_000)
  }

  @Test func `silence ends with the call's deadline, and a cancelled call closes its connection`() async throws {
    let service = try await service()
    service.server["v"] = .silence
    let picture = try await picture(service)
    let error = await failure(service, picture, timeout: .milliseconds(600))
    #expect(error?.code.rawValue == "deadline_exceeded" && error?.data["reason"] == "deadline_exceeded")
    let closed = service.server.closedByPeer
    let client = service.client!
    let task = Task { try await client.call(tool: "image_text", input: picture) }
    for _ in 0..<400 where service.server.requests.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    _ = await task.result
    for _ in 0..<400 where service.server.closedByPeer == closed { try await Task.sleep(for: .milliseconds(5)) }
    #expect(service.server.closedByPeer == closed + 1)
  }

  @Test func `a picture of 20 MB is sent, one of a byte more is not`() async throws {
    let service = try await service()
    service.server["v"] = Self.answer
    let most = try await service.client.call(tool: "image_text", input: try await picture(service, 20 << 20)).output
    #expect(most["width"] == 640 && service.server.requests.last?.headers["content-length"] == "20971520")
    let error = await failure(service, try await picture(service, 20 << 20 | 1))
    #expect(error?.code.rawValue == "limit_exceeded" && service.server.requests.count == 1)
    #expect(await failure(service, try await picture(service, 0))?.data["reason"] == "invalid_image")
    #expect(service.server.requests.count == 1)
  }

  @Test func `what is missing is named`() async throws {
    let none = try await ModelService("{}")
    let unset = await failure(none, try await picture(none))
    #expect(unset?.data["reason"] == "no_provider" && unset?.message.contains("AZURE_VISION_ENDPOINT") == true)
    let keyless = try await ModelService("{vision: {endpoint: \"URL/v\", secret: OTHER_KEY}}")
    let error = await failure(keyless, try await picture(keyless))
    #expect(error?.data["reason"] == "missing_key" && error?.message.contains("'OTHER_KEY'") == true)
    for (settings, place) in [
      ("{vision: {secret: K}}", "'endpoint' in '/vision'"), ("{vision: {endpoint: \"ftp://x\"}}", "no http or https"),
      ("{vision: {endpoint: x, attemps: 1}}", "unknown member 'attemps'"),
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
