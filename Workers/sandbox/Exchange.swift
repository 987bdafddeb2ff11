internal import JSON

/// The request on an interpreter's descriptor 3 and the reply on its descriptor 4.
///
///     request = length header file…     length: 4 bytes, big-endian; header: {"code", "input", "files": [{"path", "bytes"}]}
///     reply   = "R" used [length answer] ["E" status]   R: ready, used: processor µs so far, 8 bytes; answer: {"output", "error"?};
///                                                       E: everything has been done and written, status: the exit code, 1 byte
///
/// After "E" a Python interpreter exits once its request pipe is closed, or after a second: until then its result can be
/// had without its end.
///
/// The reply comes from inside a jail: whoever runs there may write anything, and says only what it could have said by
/// its output anyway.
enum Exchange {
  /// Of one answer.
  static let replyLimit = 4 << 20
  static let ready = UInt8(ascii: "R")

  /// "R" and the processor time.
  private static let head = 9

  /// What a waiting interpreter has used, as it said itself before any foreign code was in it; nil until it is ready.
  static func usedWhenReady(_ reply: [UInt8]) -> UInt64? {
    guard reply.count >= head, reply[0] == ready else { return nil }
    return reply[1..<head].reduce(0) { $0 << 8 | UInt64($1) }
  }

  static func request(code: String, input: JSON, files: [InputFile]) -> [UInt8] {
    let list = files.map { JSON.object(["path": .string($0.path), "bytes": .integer(Int64($0.contents.count))]) }
    let header = JSON.object(["code": .string(code), "input": input, "files": .array(list)]).serialized()
    var bytes = withUnsafeBytes(of: UInt32(truncatingIfNeeded: header.count).bigEndian) { Array($0) }
    bytes += header
    for file in files { bytes += file.contents }
    return bytes
  }

  private static func endOfAnswer(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= head + 4 else { return nil }
    return bytes[head..<(head + 4)].reduce(0) { $0 << 8 | Int($1) } + head + 4
  }

  /// The exit code that a complete reply announces.
  static func announcedExit(_ bytes: [UInt8]) -> Int32? {
    guard let end = endOfAnswer(bytes), bytes.count == end + 2, bytes[end] == UInt8(ascii: "E") else { return nil }
    return Int32(bytes[end + 1])
  }

  struct Answer {
    var output = JSON.null
    /// {"name", "message", "type"?, "line"?}
    var error: JSON?
  }

  /// What the program said at its end. A program that ended without an answer has no output; an answer that is none is
  /// an error of its own.
  static func answer(_ bytes: [UInt8], isTruncated: Bool) -> Answer {
    guard bytes.count > head else { return Answer() }
    if isTruncated { return failed("output_too_large", "output of more than \(replyLimit) bytes") }
    guard let end = endOfAnswer(bytes), bytes.count >= end else {
      return failed("output_not_json", "the program ended while it gave its output")
    }
    do {
      guard case .object(let answer) = try JSON(parsing: bytes[(head + 4)..<end], limits: limits) else {
        return failed("output_not_json", "the reply is not an object")
      }
      return Answer(output: answer["output"] ?? .null, error: answer["error"].flatMap(checked))
    } catch {
      return failed("output_not_json", "output is not strict JSON: \(error)")
    }
  }

  /// What a described language left in its file.
  static func answer(file: [UInt8]) -> Answer {
    if file.count > replyLimit { return failed("output_too_large", "output of more than \(replyLimit) bytes") }
    do {
      return Answer(output: try JSON(parsing: file, limits: limits))
    } catch {
      return failed("output_not_json", "output is not strict JSON: \(error)")
    }
  }

  /// What still fits into a message with the rest of the record.
  private static let limits = JSONLimits(depth: 100, values: 900_000)

  private static func failed(_ name: String, _ message: String) -> Answer {
    Answer(error: ["name": .string(name), "message": .string(message)])
  }

  /// An error with the members that its schema knows, and no others.
  private static func checked(_ json: JSON) -> JSON {
    var error = JSONObject([("name", .string(bounded(json["name"], 64) ?? "exception"))])
    if let type = bounded(json["type"], 256) { error["type"] = .string(type) }
    error["message"] = .string(bounded(json["message"], 8192) ?? "")
    if let line = json["line"]?.integerValue, line > 0 { error["line"] = .integer(line) }
    return .object(error)
  }

  private static func bounded(_ json: JSON?, _ limit: Int) -> String? {
    json?.stringValue.map { String($0.prefix(limit)) }
  }
}
