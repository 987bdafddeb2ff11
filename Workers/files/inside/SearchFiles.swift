internal import CLinux
internal import Glibc
internal import JSON
internal import Posix
internal import WorkerKit

/// `file_search`.
struct SearchFiles {
  /// Larger files are skipped, and files with a NUL near their start are not text.
  private static let fileBytes = 16 << 20
  private static let probeBytes = 8192
  /// Of one line in the answer, and of all of them.
  private static let lineBytes = 500
  private static let textBytes = 2 << 20
  /// Searches of a line that gave up before this one does.
  private static let patience = 10

  private let request: Request
  private let pattern: Pattern
  private let glob: Glob?
  private let context: Int
  private let limit: Int
  private let deadline: BootTime

  init(_ request: Request) throws(WireError) {
    self.request = request
    let source = request.input["pattern"]?.stringValue ?? ""
    var limits = Pattern.Limits()
    limits.searchMilliseconds = 100
    do throws(PatternError) {
      pattern = try Pattern(source, ignoringCase: request.input["ignore_case"]?.boolValue ?? false, limits: limits)
    } catch {
      throw WireError(.invalidInput, "'/pattern' is no regular expression: \(error)", data: ["reason": "bad_pattern"])
    }
    glob = try Glob(request.input["glob"])
    context = Int(request.input["context"]?.integerValue ?? 0)
    limit = Int(request.input["limit"]?.integerValue ?? 200)
    deadline = .now + Milliseconds(request.budgetMS)
  }

  private struct Found {
    var matches: [JSON] = []
    var files = 0
    var skipped = 0
    var bytes = 0
    var gaveUp = 0
    /// Why the search ended before its end.
    var stop: String?
  }

  func run(_ root: borrowing Root) throws -> JSON {
    var found = Found()
    var exhausted = false
    if try isFile(root) {
      try search(root, request.relative, request.relative, &found)
      if found.files == 0, found.stop == nil { _ = try root.openFile(request.relative) }
    } else {
      var walk = Walk(isRecursive: true, glob: glob)
      try walk.run(root, from: request.relative) { entry in
        guard entry.status.st_mode & S_IFMT == S_IFREG else { return true }
        try search(root, entry.path, entry.name, &found)
        return found.stop == nil
      }
      found.skipped += walk.skipped
      exhausted = walk.isExhausted
    }
    let stop = found.stop ?? (exhausted ? "entries" : found.gaveUp > 0 ? "pattern" : nil)
    var answer: JSONObject = [
      "path": .string(request.shown), "matches": .array(found.matches), "files": .integer(Int64(found.files)),
      "skipped": .integer(Int64(found.skipped)), "truncated": .bool(stop != nil),
    ]
    if let stop { answer["stopped_by"] = .string(stop) }
    return .object(answer)
  }

  private func isFile(_ root: borrowing Root) throws -> Bool {
    if !root.isFolder { return true }
    let place = try root.open(request.relative, OpenFlag.path)
    var status = stat()
    let raw = place.raw
    try posix("fstat") { fstat(raw, &status) }
    return status.st_mode & S_IFMT != S_IFDIR
  }

  private func search(_ root: borrowing Root, _ path: String, _ name: String, _ found: inout Found) throws {
    if BootTime.now > deadline { found.stop = found.stop ?? "time" }
    if found.stop != nil { return }
    let bytes: [UInt8]
    do {
      bytes = try FileBytes.all(try root.openFile(path), limit: Self.fileBytes, path)
    } catch {
      // The file that was asked for itself is told; one of many is counted.
      if path == request.relative { throw error }
      found.skipped += 1
      return
    }
    if bytes.prefix(Self.probeBytes).contains(0) {
      found.skipped += 1
      return
    }
    found.files += 1
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (i, line) in lines.enumerated() {
      // What follows the last line end is no line.
      if i == lines.count - 1, line.isEmpty { break }
      if i & 1023 == 1023, BootTime.now > deadline { return found.stop = "time" }
      switch pattern.firstMatch(in: Self.text(line)) {
      case .noMatch: continue
      case .gaveUp:
        found.gaveUp += 1
        if found.gaveUp >= Self.patience { return found.stop = "pattern" }
      case .match(let range):
        if found.matches.count == limit { return found.stop = "limit" }
        add(name, lines, i, range, &found)
        if found.bytes > Self.textBytes { return found.stop = "bytes" }
      }
    }
  }

  private func add(
    _ name: String,
    _ lines: [ArraySlice<UInt8>],
    _ index: Int,
    _ range: Range<Int>,
    _ found: inout Found
  ) {
    var match: JSONObject = [
      "path": .string(name), "line": .integer(Int64(index + 1)),
      "text": .string(Self.shortened(Self.text(lines[index]), around: range.lowerBound)),
    ]
    func some(_ range: Range<Int>) -> JSON {
      .array(range.map { .string(Self.shortened(Self.text(lines[$0]), around: 0)) })
    }
    if context > 0 {
      match["before"] = some(max(0, index - context)..<index)
      let last = lines.last?.isEmpty == true ? lines.count - 1 : lines.count
      match["after"] = some(min(index + 1, last)..<min(index + 1 + context, last))
    }
    let json = JSON.object(match)
    found.bytes += json.serialized().count
    found.matches.append(json)
  }

  /// Without the carriage return of some files; what is no UTF-8 becomes U+FFFD.
  private static func text(_ line: ArraySlice<UInt8>) -> String {
    String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
  }

  /// At most `lineBytes` of a line, with the match in it.
  private static func shortened(_ line: String, around place: Int) -> String {
    let utf8 = line.utf8
    guard utf8.count > lineBytes else { return line }
    let start = max(0, min(place - 100, utf8.count - lineBytes))
    let bytes = Array(utf8.dropFirst(start).prefix(lineBytes))
    let whole = bytes.drop { $0 & 0xC0 == 0x80 }
    var text = String(decoding: whole, as: UTF8.self)
    if text.unicodeScalars.last == "\u{FFFD}" { text.unicodeScalars.removeLast() }
    return (start > 0 ? "…" : "") + text + (start + lineBytes < utf8.count ? "…" : "")
  }
}
