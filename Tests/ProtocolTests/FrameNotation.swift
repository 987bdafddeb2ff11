/// The notation of `protocol/examples/*/*.frames`, described in `protocol/examples/README.md`.
enum FrameNotation {
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  /// The bytes that a peer sends.
  static func bytes(_ text: String) throws -> [UInt8] {
    var out: [UInt8] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let (verb, rest) = line.prefix { $0 != " " } == line ? (line, "") : split(line)
      switch verb {
      case "bytes": out += try hexadecimal(rest)
      case "text": out += try expand(rest)
      case "json":
        let payload = try expand(rest)
        out += withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) }
        out += payload
      default: throw Malformed(description: "unknown verb in '\(line.prefix(80))'")
      }
    }
    return out
  }

  private static func split(_ line: Substring) -> (Substring, Substring) {
    let verb = line.prefix { $0 != " " }
    return (verb, line.dropFirst(verb.count + 1))
  }

  /// `«=hh hh»` stands for bytes, `«text×n»` for n times the text, everything else for itself.
  private static func expand(_ text: Substring) throws -> [UInt8] {
    var out: [UInt8] = []
    for (i, part) in text.split(separator: "«", omittingEmptySubsequences: false).enumerated() {
      if i == 0 {
        out += part.utf8
        continue
      }
      guard let end = part.firstIndex(of: "»") else { throw Malformed(description: "'«' without '»' in '\(part)'") }
      let body = part[..<end]
      if body.hasPrefix("=") {
        out += try hexadecimal(body.dropFirst())
      } else {
        guard let sign = body.lastIndex(of: "×"), let count = Int(body[body.index(after: sign)...]) else {
          throw Malformed(description: "no count in '«\(body)»'")
        }
        let unit = Array(body[..<sign].utf8)
        out.reserveCapacity(out.count + unit.count * count)
        for _ in 0..<count { out += unit }
      }
      out += part[part.index(after: end)...].utf8
    }
    return out
  }

  private static func hexadecimal(_ text: Substring) throws -> [UInt8] {
    try text.split(separator: " ").map { pair in
      guard pair.utf8.count == 2, let byte = UInt8(pair, radix: 16) else {
        throw Malformed(description: "'\(pair)' is no byte")
      }
      return byte
    }
  }
}
