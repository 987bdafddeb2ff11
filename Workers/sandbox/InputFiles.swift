internal import JSON
internal import WorkerKit

/// A file that is in the workspace when the program starts.
struct InputFile: Sendable {
  let path: String
  let contents: [UInt8]
}

/// The `files` of an input: `{path, text | base64 | artifact}`.
enum InputFiles {
  /// All of a call's files together.
  static let limit = 32 << 20

  static func read(_ json: JSON?, of call: Call) async throws -> [InputFile] {
    var files: [InputFile] = []
    var paths: Set<String> = []
    var bytes = 0
    for (i, item) in (json?.arrayValue ?? []).enumerated() {
      let path = try checked(item["path"]?.stringValue ?? "", i)
      guard paths.insert(path).inserted else {
        throw WireError(.invalidInput, "'/files/\(i)/path' is '\(path)', which another file has")
      }
      let contents: [UInt8]
      if let text = item["text"]?.stringValue {
        contents = Array(text.utf8)
      } else if let text = item["base64"]?.stringValue {
        guard let decoded = Base64.decode(text) else {
          throw WireError(.invalidInput, "'/files/\(i)/base64' is not base64 (RFC 4648 section 4)")
        }
        contents = decoded
      } else {
        contents = try await call.readArtifact(item["artifact"]?.stringValue ?? "", limit: limit - bytes)
      }
      bytes += contents.count
      if bytes > limit {
        throw WireError(.limitExceeded, "files of more than \(limit) bytes", data: ["limit": "files"])
      }
      files.append(InputFile(path: path, contents: contents))
    }
    return files
  }

  /// A plain relative path: what the jail takes, and what cannot lead out of the workspace.
  private static func checked(_ path: String, _ index: Int) throws -> String {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }
    guard isPlain, parts.count <= 16, path.utf8.count <= 1024, !path.utf8.contains(0) else {
      throw WireError(.invalidInput, "'/files/\(index)/path' is '\(path)' where a plain path in the workspace is due")
    }
    return path
  }
}
