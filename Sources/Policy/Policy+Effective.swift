internal import Digest
package import JSON
internal import Wire

extension Policy {
  /// Everything with its defaults, as a policy that reads to the same one: presets as the guardrails that they are, the
  /// overlay applied, the inline tests left out.
  package var effective: JSON {
    var it: JSONObject = [:]
    if let environment {
      it["environment"] = .string(environment)
      it["environments"] = .object([environment: [:]])
    }
    it["guardrails"] = .array(guardrails.map(\.json))
    if let commands { it["commands"] = commands.json }
    it["limits"] = .array(limits.map(\.json))
    it["approvals"] = approvals.json
    if let roles { it["roles"] = roles.json }
    it["four_eyes"] = .bool(fourEyes)
    it["privileges"] = privileges.json
    it["audit"] = audit.json
    it["alerts"] = .array(alerts.map(\.json))
    return .object(it)
  }

  /// Of everything above: 16 hexadecimal digits of the SHA-256 of its canonical form.
  var digest: String { String(SHA256.digest(effective.canonical()).prefix(16)) }
}

extension JSONObject {
  fileprivate mutating func put(_ key: String, _ text: String?) { if let text { self[key] = .string(text) } }
  fileprivate mutating func put(_ key: String, milliseconds: Int64?) {
    if let milliseconds { self[key] = .string(Units.text(milliseconds: milliseconds)) }
  }
  fileprivate mutating func put(_ key: String, _ texts: [String]) { self[key] = .array(texts.map { .string($0) }) }
}

extension Guardrail {
  fileprivate var json: JSON {
    var it: JSONObject = ["name": .string(name), "effect": .string(effect.rawValue)]
    it.put("at", Facts.Point.allCases.filter(at.contains).map(\.rawValue))
    it["when"] = when.source
    it.put("message", message)
    it.put("approver", approver)
    it.put("timeout", milliseconds: timeoutMS)
    it.put("on_timeout", onTimeout?.rawValue)
    it.put("escalate_to", escalateTo)
    it.put("preset", preset)
    return .object(it)
  }
}

extension CommandRules {
  fileprivate var json: JSON {
    var it: JSONObject = [:]
    if let allow { it.put("allow", allow) }
    it.put("forbid", forbid)
    it.put("approve", approve)
    it.put("unknown", unknown.rawValue)
    return .object(it)
  }
}

extension LimitRule {
  fileprivate var json: JSON {
    var it: JSONObject = ["name": .string(name), "of": .string(of.rawValue)]
    it.put("tool", tool)
    switch of {
    case .cpu, .wall: it.put("at_most", milliseconds: atMost)
    case .usd: it["at_most"] = JSONNumber(Self.dollars(atMost)).map { .number($0) } ?? .null
    default: it["at_most"] = .integer(atMost)
    }
    it.put("per", per?.rawValue)
    it.put("for", sharing.rawValue)
    it.put("over", over.rawValue)
    return .object(it)
  }

  private static func dollars(_ nano: Int64) -> String { Decimal("\(nano)e-9").canonicalText }
}

extension ApprovalDefaults {
  fileprivate var json: JSON {
    var it: JSONObject = [:]
    it.put("approver", approver)
    it.put("timeout", milliseconds: timeoutMS)
    it.put("on_timeout", onTimeout.rawValue)
    it.put("escalate_to", escalateTo)
    return .object(it)
  }
}

extension RoleRules {
  fileprivate var json: JSON {
    var it: JSONObject = [:]
    for role in Role.allCases { if let subjects = subjects[role] { it.put(role.rawValue, subjects.map(\.text)) } }
    return .object(it)
  }
}

extension PrivilegeRules {
  fileprivate var json: JSON {
    ["approve": .string(approve.rawValue), "allow": allow.json, "forbid": forbid.json]
  }
}

extension PrivilegeRules.Grants {
  /// As it is written and as it is shown.
  package var json: JSON {
    var it: JSONObject = [:]
    for (key, texts) in [("read", read), ("write", write), ("programs", programs), ("hosts", hosts)] {
      if !texts.isEmpty { it.put(key, texts) }
    }
    return .object(it)
  }
}

extension AuditRules {
  fileprivate var json: JSON {
    var it: JSONObject = ["inputs": .string(inputs.rawValue), "results": .string(results.rawValue)]
    it.put("keep", milliseconds: keepMS)
    it.put("redact", redact)
    it["sign_every"] = .integer(signEvery)
    return .object(it)
  }
}

extension AlertRule {
  fileprivate var json: JSON {
    var it: JSONObject = ["name": .string(name), "of": .string(of.rawValue)]
    it.put("tool", tool)
    it[side.rawValue] = JSON(bound) ?? .null
    it.put("over", milliseconds: overMS)
    it["at_least"] = .integer(atLeast)
    return .object(it)
  }
}
