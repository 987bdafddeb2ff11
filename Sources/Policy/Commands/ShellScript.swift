/// A word of a command as far as it is known before the script runs.
struct ShellWord: Sendable, Equatable {
  enum Shape: Sendable {
    /// `text` is the word.
    case literal
    /// Exactly one word, which begins with `text`.
    case one
    /// Any number of words, each of which begins with `text`: a glob pattern.
    case each
    /// Any number of words, of which the first, if there is one, begins with `text`.
    case free
  }

  var shape: Shape
  var text: String

  static func literal(_ text: String) -> ShellWord { ShellWord(shape: .literal, text: text) }
  /// Any words at all.
  static let anything = ShellWord(shape: .free, text: "")

  var literal: String? { shape == .literal ? text : nil }

  /// Whether it may be, or bring, a word that begins with a dash.
  var mayBeOption: Bool {
    switch shape {
    case .literal: text.hasPrefix("-") && text != "-"
    case .one, .each: text.isEmpty || text.hasPrefix("-")
    case .free: true
    }
  }
}

/// A simple command of a script, wherever it stands.
struct ShellCommand: Sendable {
  /// What its standard input is, if the script says so.
  enum Input: Sendable {
    case inherited, unknown
    case text(String)
    /// The output of a simple command of the same script.
    case command(Int)
  }

  /// The program first; never empty.
  var words: [ShellWord]
  var input = Input.inherited
  var writesElsewhere = false
  /// The commands that stand in its own words and redirections.
  var inside: Range<Int>
  /// The commands in its here-documents.
  var below: Range<Int> = 0..<0
  /// As it is written, shortened.
  var source: String
}

/// What a script was found to hold.
struct ShellScript: Sendable {
  /// Something that keeps commands from being known.
  struct Doubt: Sendable {
    var source: String
    var reason: String
  }

  struct Function: Sendable {
    /// Number of commands that stand before its end.
    var place: Int
    /// Whether it is surely defined by then.
    var isCertain: Bool
  }

  var commands: [ShellCommand] = []
  /// The commands of each stage of each pipeline of two stages and more.
  var pipelines: [[Range<Int>]] = []
  var functions: [String: [Function]] = [:]
  var doubts: [Doubt] = []
  /// Literal texts that are no words of commands: here-documents and values.
  var texts: [String] = []
  /// Variables that may hold something that is no number.
  var tainted: Set<String> = []
  /// Variables that are evaluated as arithmetic, where a text such as `a[$(ls)]` runs a command.
  var calculated: Set<String> = []
  /// Variables that hold arrays, and those to which builtins assign what is not known: a text in parentheses that becomes
  /// an array is read once more.
  var arrays: Set<String> = []
  var reread: Set<String> = []
  /// Something that other shells read otherwise than bash.
  var isForBash = false
}

/// Bounds of what is read; what is beyond them is unknown.
enum ShellLimit {
  /// Of a script, in bytes: no longer than a coordinator can read in passing, hostile or not.
  static let bytes = 1 << 17
  /// Of constructs within each other, scripts within scripts included.
  static let depth = 32
  static let commands = 4_000
  /// Words that one word's braces become.
  static let braces = 256
  /// Of a command that is quoted in a message, in bytes.
  static let quoted = 80
  static let matches = 20
  static let doubts = 64
}

/// Why a script was not read to its end.
enum ShellStop: Error {
  case syntax, depth, work, commands

  var reason: String {
    switch self {
    case .syntax: "it cannot be read"
    case .depth: "it is nested too deeply"
    case .work: "it is too complicated"
    case .commands: "it has too many commands"
    }
  }
}
