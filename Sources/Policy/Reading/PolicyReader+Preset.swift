internal import JSON

extension PolicyReader {
  /// The guardrails of a preset: its name, or an object of its name and what it wants to know.
  mutating func preset(_ value: JSON) -> [Guardrail]? {
    switch value {
    case .string(let name): return preset(name, [:])
    case .object(let object) where object.count == 1:
      let member = object.members[0]
      return at(.key(member.key)) { $0.preset(member.key, member.value.isNull ? [:] : member.value) }
    default:
      invalid("'\(pathText)' is no preset: its name, or an object of its name alone, is due")
      return nil
    }
  }

  private mutating func preset(_ name: String, _ arguments: JSON) -> [Guardrail]? {
    guard let preset = Preset(rawValue: name) else {
      let known = Preset.allCases.map(\.rawValue)
      fail(
        .unknownPreset,
        "\(quoted(name)) is no preset: \(Self.listed(known)) is due\(Self.hint(for: name, among: known))"
      )
      return nil
    }
    let before = mistakeCount
    members(of: arguments, known: preset.arguments) { reader, key, value in
      switch key {
      case _ where !preset.arguments.contains(key): return false
      case "approver": _ = reader.approver(value)
      case "usd": _ = reader.nanoUSD(value)
      default: return false
      }
      return true
    }
    for argument in preset.dueArguments { require(argument, in: arguments) }
    guard mistakeCount == before else { return nil }
    return guardrail(preset.guardrail(arguments)).map { [$0] }
  }
}
