internal import CLinux
internal import Glibc
internal import JSON
internal import Posix
internal import WorkerKit

/// `file_write`.
struct WriteFile {
  private let request: Request
  private let bytes: [UInt8]
  private let mode: String

  init(_ request: Request) throws(WireError) {
    self.request = request
    mode = request.input["mode"]?.stringValue ?? "create"
    let content = request.input["content"]?.stringValue ?? ""
    if request.input["encoding"]?.stringValue == "base64" {
      guard let decoded = Base64.decode(content) else {
        throw WireError(
          .invalidInput,
          "'/content' is not base64 (RFC 4648 section 4)",
          data: ["reason": "not_base64"]
        )
      }
      bytes = decoded
    } else {
      bytes = Array(content.utf8)
    }
  }

  func run(_ root: borrowing Root) throws -> JSON {
    do {
      return mode == "append" ? try append(root) : try replace(root)
    } catch let error as PosixError {
      throw root.failure(error.errno, request.relative)
    }
  }

  private func replace(_ root: borrowing Root) throws -> JSON {
    var file = AtomicWrite(try root.openParent(of: request.relative))
    let old = try file.current()
    if let old {
      if mode == "create" { throw root.failure(EEXIST, request.relative) }
      try Root.checkPlain(old, request.shown)
    }
    try file.write(bytes, mode: UInt32(old?.st_mode ?? 0o644))
    // Creating must not replace what came meanwhile, overwriting may.
    try file.place(replacing: mode == "overwrite")
    return answer(size: bytes.count, created: old == nil, links: old.map { Int($0.st_nlink) } ?? 1)
  }

  /// In place: other names of the file see it too, and a crash may leave a part.
  private func append(_ root: borrowing Root) throws -> JSON {
    let parent = try root.openParent(of: request.relative)
    // A pipe's reader would be woken by opening it.
    let before = try parent.current()
    if let before { try Root.checkPlain(before, request.shown) }
    let file = try root.open(request.relative, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, mode: 0o644)
    var status = stat()
    let raw = file.raw
    try posix("fstat") { fstat(raw, &status) }
    try Root.checkPlain(status, request.shown)
    try file.setNonBlocking(false)
    try file.writeAll(bytes)
    try posix("fsync") { fsync(raw) }
    if before == nil {
      let holder = parent.folder.raw
      try posix("fsync") { fsync(holder) }
    }
    try posix("fstat") { fstat(raw, &status) }
    return answer(size: Int(status.st_size), created: before == nil, links: Int(status.st_nlink))
  }

  private func answer(size: Int, created: Bool, links: Int) -> JSON {
    var answer: JSONObject = [
      "path": .string(request.shown), "bytes": .integer(Int64(size)), "written": .integer(Int64(bytes.count)),
      "created": .bool(created),
    ]
    // Overwriting gives this name a file of its own; the others keep the old contents.
    if links > 1 { answer["hard_links"] = .integer(Int64(links)) }
    return .object(answer)
  }
}
