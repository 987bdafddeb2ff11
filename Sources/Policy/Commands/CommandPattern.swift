/// A rule of a list, read.
struct CommandPattern: Sendable {
  enum Kind: Sendable {
    /// The stages of a pipeline; nearly always one.
    case command([Stage])
    /// Folded text that stands anywhere.
    case text(String)
  }

  /// What one command is compared with.
  struct Stage: Sendable {
    /// Name of the program, or its path where the rule says one.
    var program: String
    /// Words that begin with a dash, in any order.
    var options: [String]
    /// The first words that are no options, in this order.
    var operands: [String]
  }

  /// As the operator wrote it.
  var source: String
  var kind: Kind

  /// Reads a rule; throws what is wrong with it.
  ///
  /// `text:DROP TABLE`, and a rule of several words of which the first has capitals only, is text that may stand anywhere.
  init(_ source: String) throws(Mistake) {
    self.source = source
    if source.hasPrefix("text:") || Self.looksLikeText(source) {
      let text = FoldedText.fold(source.hasPrefix("text:") ? String(source.dropFirst(5)) : source)
      guard !text.isEmpty else { throw Mistake(message: "'\(source)' holds no text") }
      kind = .text(text)
    } else {
      kind = .command(try Self.stages(source))
    }
  }

  struct Mistake: Error {
    var message: String
  }

  private static func looksLikeText(_ source: String) -> Bool {
    let words = source.split(separator: " ")
    guard words.count > 1, let first = words.first else { return false }
    return first.allSatisfy { $0.isLetter && $0.isUppercase && $0.isASCII }
  }

  private static func stages(_ source: String) throws(Mistake) -> [Stage] {
    guard source.utf8.count <= 1_024 else { throw Mistake(message: "a rule has more than 1024 bytes") }
    let script = ShellReader.read(Array(source.utf8))
    let pieces = script.pipelines.first?.count ?? 1
    guard script.doubts.isEmpty, script.commands.count == pieces, script.pipelines.count <= 1, script.functions.isEmpty
    else {
      throw Mistake(message: "'\(source)' is not a command's words, nor commands with '|' between them")
    }
    var stages: [Stage] = []
    for command in script.commands {
      guard !command.writesElsewhere, command.words.allSatisfy({ $0.literal != nil }) else {
        throw Mistake(message: "'\(source)' has words that are not literal")
      }
      let words = command.words.map(\.text)
      guard let program = words.first, !program.isEmpty, !program.hasPrefix("-") else {
        throw Mistake(message: "'\(source)' names no program")
      }
      let rest = words.dropFirst()
      stages.append(
        Stage(
          program: program.contains("/") ? ProgramName.normal(program) : program,
          options: rest.filter { $0.hasPrefix("-") && $0 != "-" },
          operands: rest.filter { !$0.hasPrefix("-") || $0 == "-" }
        )
      )
    }
    return stages
  }
}

/// The program of a command, as its first word names it.
struct ProgramName {
  /// Folders in which the system keeps programs; what lies elsewhere may be anything.
  static let folders: Set<String> = [
    "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin",
  ]

  let path: String
  let base: String
  /// Whether it surely is the system's program of that name, or a builtin.
  let isSystem: Bool
  /// Neither look-alikes nor control characters.
  let isPlain: Bool

  init(_ text: String) {
    path = text.contains("/") ? Self.normal(text) : text
    base = String(path.split(separator: "/").last ?? "")
    isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    if text.contains("/") {
      let folder = String(path.dropLast(base.count + 1))
      isSystem = isPlain && Self.folders.contains(folder) && Self.isSafe(text)
    } else {
      isSystem = isPlain && !text.isEmpty
    }
  }

  /// Without empty, `.` and `..` components, as far as the path alone tells.
  static func normal(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
    }
    return (path.hasPrefix("/") ? "/" : "./") + parts.joined(separator: "/")
  }

  /// Whether nothing on the way can be a link to elsewhere.
  private static func isSafe(_ path: String) -> Bool {
    let known: Set<Substring> = ["usr", "local", "bin", "sbin", ".", ".."]
    return path.hasPrefix("/") && path.split(separator: "/").dropLast().allSatisfy { known.contains($0) }
  }
}
