package import JSON

/// Reads a part of an artifact.
package struct BlobRead: WireRequest {
  package static let method = "blob/read"

  package var sha256: String
  package var offset: Int64
  /// At most `blob_chunk_bytes`.
  package var length: Int64

  package init(sha256: String, offset: Int64, length: Int64) {
    self.sha256 = sha256
    self.offset = offset
    self.length = length
  }

  package init(from fields: inout Fields) throws(WireError) {
    sha256 = try Artifact.digest("artifact", &fields)
    offset = try fields.integer("offset") ?? 0
    length = try fields.integer("length", in: 0...Int64.max) ?? Int64(Limit.blobChunkBytes)
    if length > Limit.blobChunkBytes {
      throw .limitExceeded("blob_chunk_bytes", "chunk", value: Int(length), limit: Limit.blobChunkBytes)
    }
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("artifact", sha256)
    writer.member("offset", offset)
    writer.member("length", length)
  }

  package struct Response: WireBody {
    /// Empty past the end.
    package var data: [UInt8]
    /// Of the whole artifact.
    package var total: Int64

    package init(data: [UInt8], total: Int64) {
      self.data = data
      self.total = total
    }

    package init(from fields: inout Fields) throws(WireError) {
      data = try fields.base64("data")
      total = try fields.requireInteger("bytes")
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("data", Base64.encode(data))
      writer.member("bytes", total)
    }
  }
}
