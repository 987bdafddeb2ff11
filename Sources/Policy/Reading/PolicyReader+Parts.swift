internal import JSON
internal import Wire

extension PolicyReader {
  mutating func approvals(_ value: JSON) -> ApprovalDefaults {
    var it = ApprovalDefaults()
    members(of: value, known: ["approver", "timeout", "on_timeout", "escalate_to"]) { reader, key, value in
      switch key {
      case "approver": it.approver = reader.approver(value)
      case "timeout": it.timeoutMS = reader.duration(value, in: Self.timeouts) ?? it.timeoutMS
      case "on_timeout": it.onTimeout = reader.word(value) ?? it.onTimeout
      case "escalate_to": it.escalateTo = reader.approver(value)
      default: return false
      }
      return true
    }
    if it.onTimeout == .escalate { require("escalate_to", in: value) }
    return it
  }

  mutating func commands(_ value: JSON) -> CommandRules {
    var it = CommandRules()
    members(of: value, known: ["allow", "forbid", "approve", "unknown"]) { reader, key, value in
      switch key {
      case "allow": it.allow = reader.commandList(value)
      case "forbid": it.forbid = reader.commandList(value)
      case "approve": it.approve = reader.commandList(value)
      case "unknown": it.unknown = reader.word(value) ?? it.unknown
      default: return false
      }
      return true
    }
    for mistake in CommandRules.mistakes(in: it) {
      let tokens = mistake.path.split(separator: "/").map { Token.key(String($0)) }
      path += tokens
      invalid(mistake.message)
      path.removeLast(tokens.count)
    }
    return it
  }

  private mutating func commandList(_ value: JSON) -> [String] {
    list(value) { $0.text($1, limit: PolicyLimit.messageBytes) }
  }

  mutating func audit(_ value: JSON) -> AuditRules {
    var it = AuditRules()
    members(of: value, known: ["inputs", "results", "keep", "redact", "sign_every"]) { reader, key, value in
      switch key {
      case "inputs": it.inputs = reader.word(value) ?? it.inputs
      case "results": it.results = reader.word(value) ?? it.results
      case "keep": it.keepMS = reader.duration(value, in: 86_400_000...3_155_760_000_000) ?? it.keepMS
      case "redact": it.redact = reader.list(value) { $0.text($1, limit: PolicyLimit.nameBytes) }
      case "sign_every": it.signEvery = reader.integer(value, in: 1...1_000_000) ?? it.signEvery
      default: return false
      }
      return true
    }
    return it
  }

  // MARK: Roles

  mutating func roles(_ value: JSON) -> RoleRules {
    var it = RoleRules()
    let known = Role.allCases.map(\.rawValue)
    members(of: value, known: known) { reader, key, value in
      guard let role = Role(rawValue: key) else { return false }
      it.subjects[role] = reader.list(value) { $0.roleSubject($1) }
      return true
    }
    // Nobody could change that again without the file, or stop another's job.
    if case .object = value, it.subjects[.admin]?.isEmpty ?? true {
      at(.key("admin")) { $0.fail(.missingMember, "'roles' without an 'admin': name at least one, such as 'uid:1000'") }
    }
    return it
  }

  private mutating func roleSubject(_ value: JSON) -> RoleRules.Subject? {
    guard let text = text(value, limit: PolicyLimit.messageBytes) else { return nil }
    if text == "everyone" { return .everyone }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2 {
      switch parts[0] {
      case "user" where Self.isAccount(parts[1]) && !Self.isNumber(parts[1]): return .user(parts[1])
      case "group" where Self.isAccount(parts[1]) && !Self.isNumber(parts[1]): return .group(parts[1])
      case "uid" where Self.isNumber(parts[1]): if let id = UInt32(parts[1]) { return .uid(id) }
      case "gid" where Self.isNumber(parts[1]): if let id = UInt32(parts[1]) { return .gid(id) }
      case "user" where Self.isNumber(parts[1]), "group" where Self.isNumber(parts[1]):
        let kind = parts[0] == "user" ? "uid" : "gid"
        invalid("\(quoted(text)) is a number where a name is due (did you mean '\(kind):\(parts[1])'?)")
        return nil
      default: break
      }
    }
    let hint = Self.hint(for: parts[0], among: ["user", "group", "uid", "gid", "everyone"])
    invalid("\(quoted(text)) is nobody: user:NAME, group:NAME, uid:NUMBER, gid:NUMBER or everyone is due\(hint)")
    return nil
  }

  private static func isNumber(_ text: String) -> Bool {
    (1...10).contains(text.utf8.count) && text.utf8.allSatisfy { $0 &- 48 < 10 }
  }

  // MARK: Privileges

  mutating func privileges(_ value: JSON) -> PrivilegeRules {
    var it = PrivilegeRules()
    var approve: PrivilegeRules.Approve?
    members(of: value, known: ["approve", "allow", "forbid"]) { reader, key, value in
      switch key {
      case "approve": approve = reader.word(value)
      case "allow": it.allow = reader.grants(value)
      case "forbid": it.forbid = reader.grants(value)
      default: return false
      }
      return true
    }
    // Who says what needs nobody wants to see the rest.
    it.approve = approve ?? ((value["allow"]?.isNull ?? true) ? .never : .beyond)
    return it
  }

  private mutating func grants(_ value: JSON) -> PrivilegeRules.Grants {
    var it = PrivilegeRules.Grants()
    members(of: value, known: ["read", "write", "programs", "hosts"]) { reader, key, value in
      switch key {
      case "read": it.read = reader.list(value) { $0.plainPath($1) }
      case "write": it.write = reader.list(value) { $0.plainPath($1) }
      case "programs": it.programs = reader.list(value) { $0.program($1) }
      case "hosts": it.hosts = reader.list(value) { $0.host($1) }
      default: return false
      }
      return true
    }
    return it
  }

  /// Without slashes at its end.
  private mutating func plainPath(_ value: JSON) -> String? {
    guard let text = text(value, limit: PolicyLimit.messageBytes) else { return nil }
    if let path = PathRule.plain(text) { return path }
    invalid("\(quoted(text)) is no plain absolute path: no '.', '..' or empty part may stand in it")
    return nil
  }

  private mutating func program(_ value: JSON) -> String? {
    guard let text = text(value, limit: PolicyLimit.messageBytes) else { return nil }
    if !text.contains("/") || PathRule.plain(text) == text, text != "/" { return text }
    invalid("\(quoted(text)) is neither a program's name nor a plain absolute path")
    return nil
  }

  private mutating func host(_ value: JSON) -> String? {
    guard let text = text(value, limit: PolicyLimit.messageBytes) else { return nil }
    if let pattern = HostPattern(text) { return pattern.text }
    invalid("\(quoted(text)) is no 'name:port': a name may be '*' or begin with '*.', a port may be '*'")
    return nil
  }
}
