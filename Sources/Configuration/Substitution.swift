internal import JSON

/// Replaces `${NAME}` and `${NAME:-default}` by variables of the environment, and `$$` by `$`. Every other `$` stands
/// for itself. The default is taken when the variable is unset or empty; it is plain text up to the next `}`.
///
/// Works on texts that are already parsed, and never reads a value again: a variable can inject neither YAML nor
/// further references.
struct Substitution {
  private let environment: [String: String]
  /// Bytes that values may still add; bounds what many references to one long variable grow to.
  private var budget: Int

  static let expandedBytes = 1 << 20

  init(environment: [String: String], budget: Int = Self.expandedBytes) {
    self.environment = environment
    self.budget = budget
  }

  struct Failure: Error {
    let code: ConfigurationError.Code
    let message: String
    let hint: String?
  }

  static func isReferenced(in text: String) -> Bool {
    var previousIsDollar = false
    for byte in text.utf8 {
      if previousIsDollar, byte == "{" { return true }
      previousIsDollar = byte == "$" && !previousIsDollar
    }
    return false
  }

  /// Escapes `text` so that `expand` gives it back.
  static func escaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    return text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
  }

  mutating func expand(_ text: String) throws(Failure) -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    let utf8 = Array(text.utf8)
    var result: [UInt8] = []
    var i = 0
    while i < utf8.count {
      guard utf8[i] == "$", i + 1 < utf8.count, utf8[i + 1] == "$" || utf8[i + 1] == "{" else {
        result.append(utf8[i])
        i += 1
        continue
      }
      guard utf8[i + 1] == "{" else {
        result.append(UInt8(ascii: "$"))
        i += 2
        continue
      }
      let body = utf8[(i + 2)...].prefix { $0 != UInt8(ascii: "}") }
      guard body.endIndex < utf8.count else {
        throw Failure(
          code: .substitution,
          message: "reference in \(quoted(text)) has no end",
          hint: "write $$ for a dollar sign"
        )
      }
      result += try value(of: body)
      i = body.endIndex + 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  private mutating func value(of body: ArraySlice<UInt8>) throws(Failure) -> [UInt8] {
    let name = String(decoding: body.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
    let rest = body.dropFirst(name.utf8.count)
    let reference = "${" + String(decoding: body, as: UTF8.self) + "}"
    guard isVariableName(name), rest.isEmpty || rest.starts(with: ":-".utf8), !body.contains(UInt8(ascii: "$")) else {
      throw Failure(
        code: .substitution,
        message: "\(quoted(reference)) is no reference to a variable",
        hint: "write ${NAME} or ${NAME:-default}, and $$ for a dollar sign"
      )
    }
    var value = environment[name]
    if !rest.isEmpty, value?.isEmpty ?? true { value = String(decoding: rest.dropFirst(2), as: UTF8.self) }
    guard let value else {
      throw Failure(
        code: .substitution,
        message: "variable \(quoted(name)) is not set",
        hint: "set it, or give a default: ${\(name):-default}"
      )
    }
    guard !value.utf8.contains(0) else {
      throw Failure(code: .substitution, message: "variable \(quoted(name)) holds the character U+0000", hint: nil)
    }
    budget -= value.utf8.count
    guard budget >= 0 else {
      throw Failure(
        code: .limitExceeded,
        message: "values of variables exceed the limit of \(Self.expandedBytes) bytes in one file",
        hint: nil
      )
    }
    return Array(value.utf8)
  }
}

/// `[A-Za-z_][A-Za-z0-9_]*`, at most 128 bytes.
func isVariableName(_ name: String) -> Bool {
  guard let first = name.utf8.first, !isDigit(first), name.utf8.count <= 128 else { return false }
  return name.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == "_" }
}

func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
