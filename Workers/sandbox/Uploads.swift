internal import Jail
internal import WorkerKit

/// What a run left in its workspace, on its way to the coordinator.
///
/// Artifacts are all plain files that are new or have changed, wherever in the workspace, within the limits of
/// `CallPolicy`. Links, pipes and sockets are never followed or read; what was left out is named in `skipped`.
enum Uploads {
  static func send(_ files: [JailArtifact], of call: Call) async throws -> [Artifact] {
    var artifacts: [Artifact] = []
    var names: Set<String> = []
    for file in files {
      let name = name(of: file.path, avoiding: names)
      names.insert(name)
      artifacts.append(try await call.addArtifact(name: name, mediaType: mediaType(of: name), file.contents))
    }
    return artifacts
  }

  /// Names have no folders: the last component, or the whole path in one word where that name is taken.
  private static func name(of path: String, avoiding names: Set<String>) -> String {
    let last = String(path.split(separator: "/").last ?? "file")
    if !names.contains(last) { return last }
    let joined = String(
      decoding: path.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0 }.suffix(240),
      as: UTF8.self
    )
    if !names.contains(joined) { return joined }
    var number = 2
    while names.contains("\(number)_\(joined)") { number += 1 }
    return "\(number)_\(joined)"
  }

  private static let types = [
    "csv": "text/csv", "gif": "image/gif", "html": "text/html", "jpeg": "image/jpeg", "jpg": "image/jpeg",
    "json": "application/json", "md": "text/markdown", "pdf": "application/pdf", "png": "image/png",
    "svg": "image/svg+xml", "tar": "application/x-tar", "txt": "text/plain", "xml": "application/xml",
    "yaml": "application/yaml", "zip": "application/zip",
  ]

  private static func mediaType(of name: String) -> String {
    guard let dot = name.lastIndex(of: ".") else { return "application/octet-stream" }
    return types[name[name.index(after: dot)...].lowercased()] ?? "application/octet-stream"
  }
}
