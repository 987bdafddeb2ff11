internal import CLinux
internal import Glibc
internal import JSON
internal import Posix
internal import WorkerKit

/// `file_list`.
struct ListFolder {
  /// Of all paths in one answer.
  private static let textBytes = 3 << 20

  private let request: Request
  private let isRecursive: Bool
  private let glob: Glob?
  private let limit: Int

  init(_ request: Request) throws(WireError) {
    self.request = request
    isRecursive = request.input["recursive"]?.boolValue ?? false
    glob = try Glob(request.input["glob"])
    limit = Int(request.input["limit"]?.integerValue ?? 1000)
  }

  func run(_ root: borrowing Root) throws -> JSON {
    var walk = Walk(isRecursive: isRecursive, glob: glob)
    var entries: [JSON] = []
    var bytes = 0
    var isTruncated = false
    try walk.run(root, from: request.relative) { entry in
      bytes += entry.name.utf8.count
      guard entries.count < limit, bytes <= Self.textBytes else {
        isTruncated = true
        return false
      }
      entries.append(Self.json(entry))
      return true
    }
    return [
      "path": .string(request.shown), "entries": .array(entries),
      "truncated": .bool(isTruncated || walk.isExhausted), "skipped": .integer(Int64(walk.skipped)),
    ]
  }

  private static func json(_ entry: Walk.Entry) -> JSON {
    var json: JSONObject = ["path": .string(entry.name)]
    switch entry.status.st_mode & S_IFMT {
    case S_IFREG:
      json["type"] = "file"
      json["bytes"] = .integer(Int64(entry.status.st_size))
      if entry.status.st_nlink > 1 { json["hard_links"] = .integer(Int64(entry.status.st_nlink)) }
    case S_IFDIR: json["type"] = "folder"
    case S_IFLNK: json["type"] = "link"
    default: json["type"] = "other"
    }
    json["modified"] = .string(Instant.text(entry.status.st_mtim))
    return .object(json)
  }
}
