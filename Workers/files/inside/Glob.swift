internal import JSON
internal import WorkerKit

/// A pattern for names: `*` and `?` stay within a name, `**` crosses folders, `[a-z]`, `[!a]` and `{a,b}` choose.
struct Glob {
  private let pattern: Pattern
  /// Whether only the last name is compared.
  private let isForNames: Bool

  /// nil: the call has none.
  init?(_ json: JSON?) throws(WireError) {
    guard let text = json?.stringValue else { return nil }
    isForNames = !text.contains("/")
    do throws(PatternError) {
      pattern = try Pattern(Self.expression(text))
    } catch {
      throw WireError(.invalidInput, "'/glob' is '\(text)': \(error)", data: ["reason": "bad_glob"])
    }
  }

  func matches(_ path: String) -> Bool {
    let subject = isForNames ? String(path.split(separator: "/").last ?? "") : path
    if case .match = pattern.firstMatch(in: subject) { return true }
    return false
  }

  private static func expression(_ glob: String) -> String {
    var out = "^"
    var rest = Substring(glob)
    var depth = 0
    while let character = rest.popFirst() {
      switch character {
      case "*" where rest.first == "*":
        rest.removeFirst()
        if rest.first == "/" {
          rest.removeFirst()
          out += "(?:.*/)?"
        } else {
          out += ".*"
        }
      case "*": out += "[^/]*"
      case "?": out += "[^/]"
      case "[":
        // Without its end it stands for itself.
        guard let end = rest.dropFirst().firstIndex(of: "]") else {
          out += "\\["
          continue
        }
        var set = rest[..<end]
        rest = rest[rest.index(after: end)...]
        let isNegated = set.first == "!" || set.first == "^"
        if isNegated { set.removeFirst() }
        out += (isNegated ? "[^/" : "[") + set.flatMap { "\\[]^".contains($0) ? "\\\($0)" : "\($0)" } + "]"
      case "{":
        depth += 1
        out += "(?:"
      case "}" where depth > 0:
        depth -= 1
        out += ")"
      case "," where depth > 0: out += "|"
      default: out += ".^$+()|\\]}/{".contains(character) ? "\\\(character)" : "\(character)"
      }
    }
    return out + "$"
  }
}
