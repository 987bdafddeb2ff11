internal import JSON

extension PolicyReader {
  private static let guardrailMembers = [
    "name", "effect", "at", "when", "message", "approver", "timeout", "on_timeout", "escalate_to", "preset", "tests",
  ]

  /// A guardrail that holds what its own tests say; nil after a mistake.
  mutating func guardrail(_ value: JSON) -> Guardrail? {
    let before = mistakeCount
    let root = path.count
    var it = Guardrail(name: "", effect: .block, when: .always, message: "")
    var tests: JSON?
    members(of: value, known: Self.guardrailMembers) { reader, key, value in
      switch key {
      case "name": it.name = reader.name(value) ?? ""
      case "effect": it.effect = reader.word(value, except: ["allow"]) ?? .block
      case "at": it.at = reader.points(value)
      case "when": it.when = reader.condition(value, below: root)
      case "message": it.message = reader.text(value, limit: PolicyLimit.messageBytes) ?? ""
      case "approver": it.approver = reader.approver(value)
      case "timeout": it.timeoutMS = reader.duration(value, in: Self.timeouts)
      case "on_timeout": it.onTimeout = reader.word(value)
      case "escalate_to": it.escalateTo = reader.approver(value)
      case "preset": it.preset = reader.name(value)
      case "tests": tests = value
      default: return false
      }
      return true
    }
    for name in ["name", "effect", "when", "message"] { require(name, in: value) }
    refuseDeciders(it, value)
    // A rule with mistakes would fail its tests for reasons that are no news.
    let isSound = mistakeCount == before
    if let tests { at(.key("tests")) { $0.inlineTests(tests, of: isSound ? it : nil) } }
    return mistakeCount == before ? it : nil
  }

  static let timeouts: ClosedRange<Int64> = 1_000...31_536_000_000

  private mutating func points(_ value: JSON) -> Set<Facts.Point> {
    let points = list(value) { $0.word($1, Facts.Point.self) }
    if value.arrayValue?.isEmpty == true { invalid("'\(pathText)' is empty: the rule would never be looked at") }
    return Set(points)
  }

  /// Who decides, and until when, is said where somebody decides.
  private mutating func refuseDeciders(_ guardrail: Guardrail, _ value: JSON) {
    guard guardrail.effect != .requireApproval, value["effect"]?.stringValue != nil else { return }
    for name in ["approver", "timeout", "on_timeout", "escalate_to"] where !(value[name]?.isNull ?? true) {
      at(.key(name)) { $0.invalid("'\(name)' is for the effect 'require_approval'") }
    }
  }

  /// `user:NAME`, `group:NAME`, `role:NAME`, or the URI of a channel.
  mutating func approver(_ value: JSON) -> String? {
    guard let text = text(value, limit: PolicyLimit.messageBytes) else { return nil }
    let due = "user:NAME, group:NAME, role:NAME, or the URI of a channel such as mailto:NAME@HOST"
    guard let colon = text.firstIndex(of: ":") else {
      let hint = text.contains("@") ? " (did you mean \(quoted("mailto:" + text))?)" : ""
      invalid("'\(pathText)' is \(quoted(text)) where \(due) is due\(hint)")
      return nil
    }
    let kind = String(text[..<colon])
    let rest = String(text[text.index(after: colon)...])
    switch kind {
    case "user" where Self.isAccount(rest), "group" where Self.isAccount(rest): return text
    case "role":
      let words = ["approver", "admin"]
      if words.contains(rest) { return text }
      invalid("role \(quoted(rest)) decides nothing: \(Self.listed(words)) is due\(Self.hint(for: rest, among: words))")
      return nil
    case "mailto" where rest.contains("@") && Self.isPrintable(rest): return text
    default:
      if rest.hasPrefix("//"), rest.utf8.count > 2, Self.isScheme(kind), Self.isPrintable(rest) { return text }
      let hint = Self.hint(for: kind, among: ["user", "group", "role", "mailto"])
      invalid("'\(pathText)' is \(quoted(text)) where \(due) is due\(hint)")
      return nil
    }
  }

  /// The name of a user or a group as useradd(8) makes them, or longer as directories have them.
  static func isAccount(_ name: String) -> Bool {
    (1...PolicyLimit.nameBytes).contains(name.utf8.count) && !name.hasPrefix("-")
      && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: ",") }
  }

  private static func isScheme(_ text: String) -> Bool {
    guard let first = text.utf8.first, (first | 0x20) &- 0x61 < 26 else { return false }
    return text.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || "+-.".utf8.contains($0) }
  }

  private static func isPrintable(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F } }
}
