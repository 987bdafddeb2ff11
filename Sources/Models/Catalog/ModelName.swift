/// How the names that providers, routers and people give one model are alike.
enum ModelName {
  struct Candidate: Equatable {
    var full: String
    /// Without a date, a version or `latest` at its end.
    var undated: String
  }

  /// Of a name, in bytes; what is longer is cut, as no model has such a name.
  static let lengthLimit = 256
  private static let prefixLimit = 8

  /// The name in small letters, then without its first prefix (`openrouter/openai/gpt-4o`), and so on.
  static func candidates(_ name: String) -> [Candidate] {
    var rest = String(decoding: name.utf8.prefix(lengthLimit), as: UTF8.self).lowercased()[...]
    var candidates: [Candidate] = []
    while candidates.count < prefixLimit {
      candidates.append(Candidate(full: String(rest), undated: undated(rest)))
      guard let slash = rest.firstIndex(of: "/") else { break }
      let behind = rest[rest.index(after: slash)...]
      if behind.isEmpty { break }
      rest = behind
    }
    // Bedrock's way: region and maker before dots.
    if let last = candidates.last?.full, candidates.count < prefixLimit {
      for maker in ["anthropic.", "meta.", "mistral.", "amazon.", "deepseek.", "openai.", "qwen."] {
        guard let place = firstRange(of: maker, in: last) else { continue }
        let plain = last[place...]
        candidates.append(Candidate(full: String(plain), undated: undated(plain)))
        break
      }
    }
    return candidates
  }

  /// Behind `maker` at the start of `name` or behind a dot.
  private static func firstRange(of maker: String, in name: String) -> String.Index? {
    if name.hasPrefix(maker) { return name.index(name.startIndex, offsetBy: maker.count) }
    guard let dot = name.firstIndex(of: ".") else { return nil }
    let rest = name[name.index(after: dot)...]
    return rest.hasPrefix(maker) ? rest.index(rest.startIndex, offsetBy: maker.count) : nil
  }

  /// `-2024-08-06`, `-20240806`, `@20240806`, `-latest`, and Bedrock's `-v1:0`.
  private static func undated(_ name: Substring) -> String {
    var bytes = Array(name.utf8)
    if let colon = bytes.lastIndex(of: UInt8(ascii: ":")), bytes[(colon + 1)...].allSatisfy(isDigit),
      let dash = bytes[..<colon].lastIndex(of: UInt8(ascii: "-")), colon - dash >= 3,
      bytes[dash + 1] == UInt8(ascii: "v"), bytes[(dash + 2)..<colon].allSatisfy(isDigit)
    {
      bytes.removeSubrange(dash...)
    }
    if bytes.count > 7, bytes.suffix(7).elementsEqual("-latest".utf8) {
      bytes.removeLast(7)
    } else if bytes.count > 9, bytes.suffix(8).allSatisfy(isDigit), [0x2D, 0x40].contains(bytes[bytes.count - 9]) {
      bytes.removeLast(9)
    } else if bytes.count > 11, isDashedDate(bytes.suffix(11)) {
      bytes.removeLast(11)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isDashedDate(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.enumerated().allSatisfy { [0, 5, 8].contains($0.offset) ? $0.element == 0x2D : isDigit($0.element) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// Whether `*` in `pattern` can stand for something, or nothing, so that `name` comes out. At most n × m steps.
  static func matches(_ name: String, pattern: String) -> Bool {
    let name = Array(name.utf8)
    let pattern = Array(pattern.utf8)
    var (i, j) = (0, 0)
    // Where the last star is, and where its text ends so far.
    var star: (pattern: Int, name: Int)?
    while i < name.count {
      if j < pattern.count, pattern[j] == UInt8(ascii: "*") {
        star = (j, i)
        j += 1
      } else if j < pattern.count, pattern[j] == name[i] {
        i += 1
        j += 1
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        i = last.name + 1
        j = last.pattern + 1
      } else {
        return false
      }
    }
    return pattern[j...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// More letters of its own, or else first by name.
  static func isCloser(_ left: String, _ right: String) -> Bool {
    let (a, b) = (left.utf8.lazy.filter { $0 != 0x2A }.count, right.utf8.lazy.filter { $0 != 0x2A }.count)
    return a == b ? left < right : a > b
  }
}
