package import JSON

extension Policy {
  /// The policy that `json` describes, with the overlay `environment`; nil: the one that `json` itself names. All overlays
  /// are read. Throws all mistakes at once, each with its path; also runs the inline tests.
  package init(reading json: JSON, environment: String?) throws(PolicyErrors) {
    var reader = PolicyReader()
    let sections = reader.policy(json, environment: environment)
    try reader.finish()
    self = sections.policy
  }
}

extension PolicyReader {
  fileprivate mutating func policy(_ json: JSON, environment: String?) -> Sections {
    var base = Sections()
    var overlays: [String: Sections] = [:]
    members(of: json, known: ["environment"] + Sections.members + ["environments"]) { reader, key, value in
      switch key {
      case "environment": base.environment = reader.name(value)
      case "environments": overlays = reader.overlays(value)
      default: return reader.section(key, value, into: &base)
      }
      return true
    }
    checkNames(base)
    checkEscalation(base, at: [])
    for (name, overlay) in overlays.sorted(by: { $0.key < $1.key }) {
      var whole = base
      whole.overlay(overlay)
      checkEscalation(whole, at: [.key("environments"), .key(name)])
    }
    return apply(overlays, environment, to: base)
  }

  private mutating func overlays(_ value: JSON) -> [String: Sections] {
    var overlays: [String: Sections] = [:]
    guard (value.objectValue?.count ?? 0) <= PolicyLimit.environments else {
      fail(.limitExceeded, "more than \(PolicyLimit.environments) environments")
      return [:]
    }
    guard case .object(let object) = value else {
      fail(value, due: "object")
      return [:]
    }
    for member in object.members {
      at(.key(member.key)) { reader in
        guard reader.name(.string(member.key)) != nil else { return }
        overlays[member.key] = reader.overlay(member.value)
      }
    }
    return overlays
  }

  /// Nothing at all is an overlay as well: an environment that is like the rest.
  private mutating func overlay(_ value: JSON) -> Sections {
    var overlay = Sections()
    guard !value.isNull else { return overlay }
    members(of: value, known: Sections.members) { reader, key, value in reader.section(key, value, into: &overlay) }
    checkNames(overlay)
    return overlay
  }

  private mutating func apply(_ overlays: [String: Sections], _ option: String?, to base: Sections) -> Sections {
    var whole = base
    guard let name = option ?? base.environment else { return whole }
    whole.environment = name
    guard let overlay = overlays[name] else {
      let known = overlays.keys.sorted()
      let what =
        known.isEmpty ? "there are no 'environments'" : "'environments' has \(Self.listed(known))"
      let message = "environment \(quoted(name)) is unknown: \(what)\(Self.hint(for: name, among: known))"
      path = option == nil ? [.key("environment")] : []
      fail(.unknownEnvironment, message)
      path = []
      return whole
    }
    whole.overlay(overlay)
    return whole
  }

  /// Who escalates says to whom.
  private mutating func checkEscalation(_ sections: Sections, at place: [Token]) {
    let defaults = sections.approvals ?? ApprovalDefaults()
    guard defaults.escalateTo == nil else { return }
    for rule in sections.presets + sections.guardrails where rule.onTimeout == .escalate && rule.escalateTo == nil {
      path = place
      fail(
        .missingMember,
        "guardrail \(quoted(rule.name)) escalates to nobody: 'escalate_to' is due there or in 'approvals'"
      )
      path = []
    }
  }
}
