internal import CLinux
internal import Glibc
internal import JSON
internal import Posix
internal import WorkerKit

/// `file_edit`.
struct EditFile {
  private struct Edit {
    let old: [UInt8]
    let new: [UInt8]
    let count: Int
  }

  /// The largest file that is edited.
  private static let limit = 8 << 20

  private let request: Request
  private let edits: [Edit]

  init(_ request: Request) {
    self.request = request
    edits = (request.input["edits"]?.arrayValue ?? []).map { edit in
      Edit(
        old: Array((edit["old"]?.stringValue ?? "").utf8),
        new: Array((edit["new"]?.stringValue ?? "").utf8),
        count: Int(edit["count"]?.integerValue ?? 1)
      )
    }
  }

  func run(_ root: borrowing Root) throws -> JSON {
    do {
      var replacement = AtomicWrite(try root.openParent(of: request.relative))
      guard let entry = try replacement.current() else { throw root.failure(ENOENT, request.relative) }
      try Root.checkPlain(entry, request.shown)
      let file = try root.openFile(request.relative, O_RDONLY | O_NOFOLLOW)
      let status = file.status
      var bytes = try FileBytes.all(file, limit: Self.limit, request.shown)
      _ = try TextContent(bytes, offset: 0, isEnd: true, shown: request.shown)
      var replacements = 0
      for (i, edit) in edits.enumerated() {
        bytes = try apply(edit, i, to: bytes)
        replacements += edit.count
      }
      try replacement.write(bytes, mode: UInt32(status.st_mode))
      guard let now = try replacement.current(), Self.isSame(now, status) else {
        throw WireError(
          .toolFailed,
          "'\(request.shown)' was changed by somebody else meanwhile; nothing was written",
          data: ["reason": "changed"]
        )
      }
      try replacement.place(replacing: true)
      var answer: JSONObject = [
        "path": .string(request.shown), "bytes": .integer(Int64(bytes.count)),
        "replacements": .integer(Int64(replacements)),
      ]
      if status.st_nlink > 1 { answer["hard_links"] = .integer(Int64(status.st_nlink)) }
      return .object(answer)
    } catch let error as PosixError {
      throw root.failure(error.errno, request.relative)
    }
  }

  private static func isSame(_ a: stat, _ b: stat) -> Bool {
    a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size
      && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec
  }

  private func apply(_ edit: Edit, _ index: Int, to bytes: [UInt8]) throws(WireError) -> [UInt8] {
    let places = Self.occurrences(of: edit.old, in: bytes)
    guard places.count == edit.count else {
      let lines = places.prefix(5).map { String(Self.line(of: $0, in: bytes)) }.joined(separator: ", ")
      let found =
        places.isEmpty
        ? "does not occur" : "occurs \(places.count) times (line \(lines)\(places.count > 5 ? ", …" : ""))"
      throw WireError(
        .toolFailed,
        "'/edits/\(index)/old' \(found) in '\(request.shown)' where \(edit.count) is due; nothing was written",
        data: [
          "reason": "mismatch", "edit": .integer(Int64(index)), "found": .integer(Int64(places.count)),
          "expected": .integer(Int64(edit.count)),
        ]
      )
    }
    let size = bytes.count + places.count * (edit.new.count - edit.old.count)
    if size > Self.limit {
      throw WireError(
        .toolFailed,
        "'\(request.shown)' would become \(size) bytes, more than \(Self.limit)",
        data: ["reason": "too_large", "limit": .integer(Int64(Self.limit))]
      )
    }
    var result: [UInt8] = []
    result.reserveCapacity(size)
    var start = 0
    for place in places {
      result += bytes[start..<place]
      result += edit.new
      start = place + edit.old.count
    }
    return result + bytes[start...]
  }

  /// Where `old` stands, without overlaps. Valid UTF-8 is never found inside a character.
  private static func occurrences(of old: [UInt8], in bytes: [UInt8]) -> [Int] {
    var places: [Int] = []
    bytes.withUnsafeBytes { text in
      old.withUnsafeBytes { wanted in
        var start = 0
        while start + wanted.count <= text.count,
          let found = memmem(text.baseAddress! + start, text.count - start, wanted.baseAddress!, wanted.count)
        {
          let place = UnsafeRawPointer(found) - text.baseAddress!
          places.append(place)
          start = place + wanted.count
        }
      }
    }
    return places
  }

  private static func line(of place: Int, in bytes: [UInt8]) -> Int {
    bytes[..<place].reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
  }
}
