internal import CLinux
internal import Glibc
internal import JSON
internal import Posix
internal import WorkerKit

/// `file_read`.
struct ReadFile {
  private let request: Request
  private let offset: Int
  private let length: Int
  private let isText: Bool

  init(_ request: Request) {
    self.request = request
    offset = Int(request.input["offset"]?.integerValue ?? 0)
    length = min(Int(request.input["length"]?.integerValue ?? 262_144), Request.readBytes)
    isText = request.input["encoding"]?.stringValue != "base64"
  }

  func run(_ root: borrowing Root) throws -> JSON {
    let file = try root.openFile(request.relative)
    let status = file.status
    var bytes = [UInt8](repeating: 0, count: length)
    let read = try FileBytes.read(file.descriptor, into: &bytes, from: offset)
    bytes.removeLast(bytes.count - read)
    // A file can be longer than it says, in /proc, or grow meanwhile.
    let total = max(Int(status.st_size), offset + (read > 0 ? read : 0))
    var isEnd = read < length || offset + read >= total
    let content: String
    if isText {
      let text = try TextContent(bytes, offset: offset, isEnd: isEnd, shown: request.shown)
      if text.cut > 0 { isEnd = false }
      bytes.removeLast(text.cut)
      content = text.string
    } else {
      content = Base64.encode(bytes)
    }
    return [
      "path": .string(request.shown), "content": .string(content), "encoding": isText ? "utf8" : "base64",
      "offset": .integer(Int64(offset)), "length": .integer(Int64(bytes.count)), "bytes": .integer(Int64(total)),
      "end": .bool(isEnd), "modified": .string(Instant.text(status.st_mtim)),
    ]
  }
}

enum FileBytes {
  /// Fills `buffer` from `offset` as far as the file goes; returns how many bytes came.
  static func read(_ file: borrowing Descriptor, into buffer: inout [UInt8], from offset: Int) throws -> Int {
    let raw = file.raw
    var filled = 0
    while filled < buffer.count {
      let from = filled
      let count = try posix("read") {
        buffer.withUnsafeMutableBytes { pread(raw, $0.baseAddress! + from, $0.count - from, off_t(offset + from)) }
      }
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// A whole file of at most `limit` bytes.
  static func all(_ file: borrowing OpenFile, limit: Int, _ shown: String) throws -> [UInt8] {
    func tooLarge(_ size: Int) -> WireError {
      WireError(
        .toolFailed,
        "'\(shown)' of \(size) bytes or more is larger than \(limit), which is the most for this",
        data: ["reason": "too_large", "limit": .integer(Int64(limit))]
      )
    }
    let size = Int(file.status.st_size)
    if size > limit { throw tooLarge(size) }
    var bytes = [UInt8](repeating: 0, count: size + 1)
    let count = try read(file.descriptor, into: &bytes, from: 0)
    // It grew while it was read.
    if count == bytes.count { throw tooLarge(count) }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

/// A part of a file as text.
struct TextContent {
  let string: String
  /// Bytes at the end that begin a character whose rest was not read.
  let cut: Int

  /// `offset` and `isEnd` say which part of the file `bytes` are. Throws `not_utf8` with the place of the first byte that
  /// is none.
  init(_ bytes: [UInt8], offset: Int, isEnd: Bool, shown: String) throws(WireError) {
    var bytes = bytes
    let open = isEnd ? 0 : Self.openEnd(bytes)
    bytes.removeLast(open)
    cut = open
    if let text = String(validating: bytes, as: UTF8.self) {
      string = text
      return
    }
    let place = Self.firstInvalid(bytes)
    if offset > 0, place == 0, bytes[0] & 0xC0 == 0x80 {
      throw WireError(
        .invalidInput,
        "offset \(offset) of '\(shown)' lies inside a character; hint: continue where the last part ended",
        data: ["reason": "inside_character"]
      )
    }
    throw WireError(
      .toolFailed,
      "'\(shown)' is no UTF-8 at byte \(offset + place); hint: read it with \"encoding\": \"base64\"",
      data: ["reason": "not_utf8", "offset": .integer(Int64(offset + place))]
    )
  }

  private static func openEnd(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte & 0xC0 == 0x80 { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > back ? back : 0
    }
    return 0
  }

  private static func firstInvalid(_ bytes: [UInt8]) -> Int {
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    var place = 0
    while case .scalarValue(let scalar) = decoder.decode(&iterator) { place += UTF8.width(scalar) }
    return place
  }
}

/// RFC 3339 in UTC.
enum Instant {
  static func text(_ time: timespec) -> String {
    var seconds = time.tv_sec
    var parts = tm()
    guard gmtime_r(&seconds, &parts) != nil else { return "1970-01-01T00:00:00Z" }
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let year = String(parts.tm_year + 1900)
    let padded = String(repeating: "0", count: max(0, 4 - year.count)) + year
    return
      "\(padded)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }
}
