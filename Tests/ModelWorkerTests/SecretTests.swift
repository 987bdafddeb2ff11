import ClientKit
import Foundation
import JSON
import ProviderServer
import Synchronization
import Testing
import Wire

/// A planted key is in nothing that the system writes or shows.
@Suite(.serialized) struct SecretTests {
  private static let key = "sk-planted-4f1d0c8e2b7a9653"

  private static let settings =
    "{providers: {openai: {kind: openai, base_url: \"URL/p/v1\", attempts: 1}, "
    + "claude: {kind: anthropic, secret: OPENAI_API_KEY, base_url: \"URL/p/v1\", attempts: 1}}}"

  @Test func `a planted key reaches the provider and nothing else`() async throws {
    let service = try await ModelService(Self.settings, environment: ["OPENAI_API_KEY": Self.key])
    var shown: [String] = []
    // A server that repeats what it was sent, in an answer, in an error and in a stream.
    service.server["p"] = .echoHeaders
    let echoed = try await service.client.call(
      tool: "model",
      input: ["prompt": "x", "model": "openai", "record": true]
    )
    shown.append(echoed.output.description)
    #expect(echoed.output["content"]?.stringValue?.contains("Bearer (secret OPENAI_API_KEY)") == true)
    service.server["p"] = .whole(status: 401, body: "{\"error\":{\"message\":\"wrong key \(Self.key) given\"}}")
    for model in ["openai", "claude"] {
      let error = try #require(await service.failure(["prompt": "x", "model": .string(model)]))
      shown.append(error.message + error.data.keys.joined() + JSON.object(error.data).description)
      #expect(error.message.contains("wrong key") && error.data["reason"] == "unauthorized")
    }
    let pieces = [ModelService.delta("my key is \(Self.key)"), ModelService.streamEnd].map { (wait: 0, text: $0) }
    service.server["p"] = .pieces(pieces)
    let streamed = try await service.ask(["prompt": "x", "model": "openai", "stream": true, "record": true])
    shown.append(streamed.description)
    shown.append(try await service.client.call(tool: "model_list", input: ["live": true]).output.description)
    // The server did see it.
    let seen = service.server.requests.map { $0.headers["authorization"] ?? $0.headers["x-api-key"] ?? "" }
    #expect(seen.contains("Bearer \(Self.key)") && seen.contains(Self.key))
    for text in shown { #expect(!text.contains(Self.key)) }
    #expect(try Self.places(of: Self.key, in: service.folder) == [])
    #expect(try Self.commandLines().allSatisfy { !$0.contains(Self.key) })
  }

  @Test func `a key in pieces is not shown live, and a recording does not hold it`() async throws {
    let service = try await ModelService(Self.settings, environment: ["OPENAI_API_KEY": Self.key])
    let characters = Self.key.map { String($0) }
    // One character at a time; and the bytes of one delta in two packets, with an accent that would hide a key from who
    // compares characters.
    let single = (["it is "] + characters + [" and s"]).map { (wait: 0, text: ModelService.delta($0)) }
    let packet = ModelService.delta("or \(Self.key)\u{301}!")
    let cut = packet.index(packet.startIndex, offsetBy: packet.utf8.count / 2)
    let halves = [(wait: 0, text: String(packet[..<cut])), (wait: 30, text: String(packet[cut...]))]
    service.server["p"] = .pieces(single + halves + [(wait: 0, text: ModelService.streamEnd)])
    let shown = Mutex<[String]>([])
    let result = try await service.client.call(
      tool: "model",
      input: ["prompt": "x", "model": "openai", "stream": true, "record": true]
    ) { progress in shown.withLock { $0.append(progress.text) } }
    let text = "it is (secret OPENAI_API_KEY) and sor (secret OPENAI_API_KEY)\u{301}!"
    #expect(shown.withLock { $0.joined() } == text && result.output["content"]?.stringValue == text)
    #expect(shown.withLock { $0.count } > 2, "what is no secret is shown as it comes")
    let recording = try #require(result.artifacts.first { $0.name == "recording.json" })
    let kept = service.folder + "/kept.json"
    _ = try await service.client.download(recording, to: kept)
    let json = try JSON(parsing: [UInt8](try #require(FileManager.default.contents(atPath: kept))))
    let chunks = json["exchanges"]?[0]?["chunks"]?.arrayValue?.compactMap(\.stringValue) ?? []
    #expect(chunks.count > 2 && !chunks.joined().contains(Self.key), "\(json.description.prefix(300))")
    #expect(chunks.joined().contains("or (secret OPENAI_API_KEY)\u{301}!"))
  }

  /// Files below `folder` that hold `text`.
  private static func places(of text: String, in folder: String) throws -> [String] {
    let needle = Data(text.utf8)
    let files = FileManager.default.enumerator(atPath: folder)?.allObjects.compactMap { $0 as? String } ?? []
    #expect(files.contains { $0.hasSuffix("log") } && files.contains { $0.contains("journal") })
    return files.filter { FileManager.default.contents(atPath: folder + "/" + $0)?.range(of: needle) != nil }
  }

  /// Of all processes: what `ps` shows.
  private static func commandLines() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.compactMap { pid in
      FileManager.default.contents(atPath: "/proc/\(pid)/cmdline").map { String(decoding: $0, as: UTF8.self) }
    }
  }

  @Test func `a key from a file that others can read is refused`() async throws {
    let file = "/tmp/bulkhead-key-\(UInt32.random(in: 0...UInt32.max))"
    try Data("sk-from-a-file-0123456789\n".utf8).write(to: URL(filePath: file))
    defer { try? FileManager.default.removeItem(atPath: file) }  // Safety: only litter is left when it fails.
    let worker = "    secrets: {OPENAI_API_KEY: {file: \(file)}}"
    chmod(file, 0o600)
    let service = try await ModelService(Self.settings, worker: worker)
    service.server["p"] = .whole(body: ModelService.chat("hello"))
    #expect(try await service.ask(["prompt": "x", "model": "openai"])["content"] == "hello")
    #expect(service.server.requests.last?.headers["authorization"] == "Bearer sk-from-a-file-0123456789")
    chmod(file, 0o644)
    do {
      _ = try await ModelService(Self.settings, worker: worker, isExpected: false)
      Issue.record("a key that others can read was taken")
    } catch let error as ModelService.NotStarted {
      #expect(error.log.contains("others can use it") && !error.log.contains("sk-from-a-file"))
    }
  }

  @Test func `without its key a provider is not asked, and the caller learns which one is missing`() async throws {
    let service = try await ModelService(Self.settings)
    let error = await service.failure(["prompt": "x", "model": "openai"])
    #expect(error?.data["reason"] == "missing_key" && error?.message.contains("'OPENAI_API_KEY'") == true)
    #expect(service.server.requests.isEmpty)
  }
}
