package import JSON

/// A file or a large value that the coordinator keeps, named by its content.
public struct Artifact: Sendable, Hashable {
  /// SHA-256 of the bytes, 64 lower-case hexadecimal digits.
  public var sha256: String
  public var bytes: Int64
  public var mediaType: String
  /// A file name without folders.
  public var name: String

  public init(sha256: String, bytes: Int64, mediaType: String, name: String) {
    self.sha256 = sha256
    self.bytes = bytes
    self.mediaType = mediaType
    self.name = name
  }
}

extension Artifact: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(
      sha256: try Self.digest("artifact", &fields),
      bytes: try fields.requireInteger("bytes", in: 0...Int64(Limit.artifactBytes)),
      mediaType: try fields.require("media_type"),
      name: try fields.require("name")
    )
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("artifact", sha256)
    writer.member("bytes", bytes)
    writer.member("media_type", mediaType)
    writer.member("name", name)
  }

  package static func digest(_ name: StaticString, _ fields: inout Fields) throws(WireError) -> String {
    let text = try fields.require(name, String.self)
    let isDigest = text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    guard isDigest else {
      throw .invalidParams(fields.path(name), "\(quoted(text)) is no SHA-256 of 64 lower-case hexadecimal digits")
    }
    return text
  }
}
