internal import ClientKit
internal import Wire

/// A file of `--file [NAME=]PATH`.
struct GivenFile: Sendable {
  /// The file's own unless given.
  let name: String
  let path: String
  /// Whether somebody chose the name.
  let isNamed: Bool

  init(_ value: String) throws(Failure) {
    if !exists(value), let equals = value.firstIndex(of: "="), equals != value.startIndex {
      name = String(value[..<equals])
      path = String(value[value.index(after: equals)...])
      isNamed = true
    } else {
      name = String(value.split(separator: "/").last ?? "")
      path = value
      isNamed = false
    }
    guard !name.isEmpty, !path.isEmpty else {
      throw Failure(usage: "'--file' is \(quoted(value)) where a path or NAME=PATH is due")
    }
    guard exists(path) else { throw Failure("file", "there is no file \(quoted(path))") }
  }

  /// The artifact is called as the file is unless `name` says otherwise.
  func upload(_ client: BulkheadClient, as name: String? = nil) async throws(Failure) -> Artifact {
    let (path, type) = (path, mediaType)
    return try await asking { () async throws(ClientError) in
      try await client.upload(path, name: name, mediaType: type)
    }
  }

  /// By the end of its name, as most programs go by.
  var mediaType: String {
    let types = [
      "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
      "tif": "image/tiff", "tiff": "image/tiff", "bmp": "image/bmp", "pdf": "application/pdf", "txt": "text/plain",
      "md": "text/markdown", "csv": "text/csv", "html": "text/html", "json": "application/json",
      "xml": "application/xml",
      "yaml": "application/yaml", "yml": "application/yaml", "zip": "application/zip", "gz": "application/gzip",
    ]
    let parts = path.split(separator: "/").last?.split(separator: ".") ?? []
    guard parts.count > 1, let end = parts.last else { return "application/octet-stream" }
    return types[end.lowercased()] ?? "application/octet-stream"
  }
}
