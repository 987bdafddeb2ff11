public import Wire

/// An artifact on its way to the coordinator.
public struct ArtifactWriter: Sendable {
  private let call: Call
  private let name: String
  private let mediaType: String
  private var upload: String?
  private var offset = 0
  private var pending: [UInt8] = []

  init(_ call: Call, name: String, mediaType: String) {
    self.call = call
    self.name = name
    self.mediaType = mediaType
  }

  /// Bytes so far.
  public var count: Int { offset + pending.count }

  /// Adds bytes; sends those that fill a chunk, and waits until the coordinator has them.
  public mutating func write(_ bytes: ArraySlice<UInt8>) async throws {
    var rest = bytes
    while pending.count + rest.count > Limit.blobChunkBytes {
      let part = rest.prefix(Limit.blobChunkBytes - pending.count)
      rest = rest.dropFirst(part.count)
      guard case .upload(let name) = try await send(pending + part, isLast: false) else {
        throw WireError(.internalError, "an artifact ended before its last chunk")
      }
      upload = name
      pending = []
    }
    pending += rest
  }

  /// Sends the rest, and lists the artifact in the call's result.
  public consuming func finish() async throws -> Artifact {
    guard case .artifact(let artifact) = try await send(pending, isLast: true) else {
      throw WireError(.internalError, "an artifact did not end with its last chunk")
    }
    call.list(artifact)
    return artifact
  }

  private mutating func send(_ bytes: [UInt8], isLast: Bool) async throws -> BlobWrite.Response {
    let response = try await call.send(
      BlobWrite(
        upload: upload,
        offset: Int64(offset),
        data: bytes,
        isLast: isLast,
        mediaType: upload == nil ? mediaType : nil,
        name: upload == nil ? name : nil
      )
    )
    offset += bytes.count
    return response
  }
}
