internal import JSON
internal import WorkerKit

/// Where a body goes: into memory while it is short, and from then on to the coordinator as it comes.
struct BodySink {
  /// The longest body that is answered as text.
  static let inlineBytes = 256 << 10

  private let call: Call
  private let name: String
  private let mediaType: String
  private var held: [UInt8] = []
  private var writer: ArtifactWriter?

  private(set) var count = 0

  init(_ call: Call, name: String, mediaType: String) {
    self.call = call
    self.name = name
    self.mediaType = mediaType
  }

  mutating func add(_ bytes: [UInt8]) async throws {
    count += bytes.count
    if writer == nil {
      held += bytes
      guard held.count > Self.inlineBytes else { return }
      writer = call.openArtifact(name: name, mediaType: mediaType)
      try await writer?.write(held[...])
      held = []
    } else {
      try await writer?.write(bytes[...])
    }
  }

  /// `body` or `artifact` of the answer. A text that was cut inside a character is one all the same.
  mutating func finish(isCut: Bool) async throws -> (key: String, value: JSON) {
    if let writer { return ("artifact", Self.json(try await writer.finish())) }
    if let text = String(validating: held, as: UTF8.self) { return ("body", .string(text)) }
    if isCut {
      for back in 1...3 where back <= held.count {
        if let text = String(validating: held.dropLast(back), as: UTF8.self) { return ("body", .string(text)) }
      }
    }
    return ("artifact", Self.json(try await call.addArtifact(name: name, mediaType: mediaType, held)))
  }

  private static func json(_ artifact: Artifact) -> JSON {
    [
      "artifact": .string(artifact.sha256), "bytes": .integer(artifact.bytes),
      "media_type": .string(artifact.mediaType), "name": .string(artifact.name),
    ]
  }
}
