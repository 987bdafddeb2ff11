package import JSON

/// Writes the next part of an artifact.
package struct BlobWrite: WireRequest {
  package static let method = "blob/write"

  /// Absent in the first chunk.
  package var upload: String?
  /// Where the last chunk ended.
  package var offset: Int64
  package var data: [UInt8]
  package var isLast: Bool
  package var mediaType: String?
  package var name: String?

  package init(
    upload: String?,
    offset: Int64,
    data: [UInt8],
    isLast: Bool,
    mediaType: String? = nil,
    name: String? = nil
  ) {
    self.upload = upload
    self.offset = offset
    self.data = data
    self.isLast = isLast
    self.mediaType = mediaType
    self.name = name
  }

  package init(from fields: inout Fields) throws(WireError) {
    upload = try fields.optional("upload")
    offset = try fields.requireInteger("offset")
    data = try fields.base64("data")
    isLast = try fields.require("last")
    mediaType = try fields.optional("media_type")
    name = try fields.optional("name")
    if data.count > Limit.blobChunkBytes {
      throw .limitExceeded("blob_chunk_bytes", "chunk", value: data.count, limit: Limit.blobChunkBytes)
    }
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("upload", upload)
    writer.member("offset", offset)
    writer.member("data", Base64.encode(data))
    writer.member("last", isLast)
    writer.member("media_type", mediaType)
    writer.member("name", name)
  }

  package enum Response: WireBody {
    /// More is expected under this name.
    case upload(String)
    /// The last chunk made the artifact.
    case artifact(Artifact)

    package init(from fields: inout Fields) throws(WireError) {
      if let upload = try fields.optional("upload", String.self) {
        self = .upload(upload)
      } else {
        self = .artifact(try Artifact(from: &fields))
      }
    }

    package func encode(into writer: inout JSONWriter) {
      switch self {
      case .upload(let name): writer.member("upload", name)
      case .artifact(let artifact): artifact.encode(into: &writer)
      }
    }
  }
}
