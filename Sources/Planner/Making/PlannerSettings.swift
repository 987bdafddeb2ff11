package import JSON
package import Wire

/// What an operator says about planning, in `workers.planner.settings`.
package struct PlannerSettings: Sendable, Equatable {
  package enum Size: String, Sendable, CaseIterable { case auto, small, large }
  package enum Recipes: String, Sendable, CaseIterable { case auto, first, offered, off }
  package enum Verify: String, Sendable, CaseIterable { case auto, always, never }

  /// How large the model of a role is taken to be; a role that is not there: `auto`.
  package var sizes: [String: Size] = [:]
  /// Of every other role.
  package var size = Size.auto
  /// Tools that a prompt shows at most; a small model's no more than `smallTools`.
  package var tools = 24
  package var smallTools = 8
  /// Steps of a small model's plan.
  package var smallSteps = 4
  /// Times that a model is asked for one plan.
  package var tries = 3
  package var recipes = Recipes.auto
  package var verify = Verify.auto
  /// Role of the model that writes an answer of outputs.
  package var writer = "worker"
  /// Tokens of a large model's answer; nil: its provider's own limit.
  package var maxTokens: Int64?

  package init() {}

  package init(_ json: JSONObject) throws(WireError) {
    for member in json.members {
      switch member.key {
      case "size": try readSize(member.value)
      case "tools": tools = Int(try Self.number(member, 1...200))
      case "small_tools": smallTools = Int(try Self.number(member, 1...64))
      case "small_steps": smallSteps = Int(try Self.number(member, 1...8))
      case "tries": tries = Int(try Self.number(member, 1...10))
      case "max_tokens": maxTokens = try Self.number(member, 16...1_000_000)
      case "recipes": recipes = try Self.word(member.key, member.value)
      case "verify": verify = try Self.word(member.key, member.value)
      case "writer":
        guard let role = member.value.stringValue, (1...64).contains(role.utf8.count) else {
          throw Self.wrong(member.key, "the name of a role is due")
        }
        writer = role
      default:
        let hint = nearest(to: member.key, among: Self.names).map { " (did you mean '\($0)'?)" } ?? ""
        throw .invalidParams("/\(member.key)", "there is no setting \(quoted(member.key)) of the planner\(hint)")
      }
    }
  }

  private static let names = [
    "size", "tools", "small_tools", "small_steps", "tries", "recipes", "verify", "writer", "max_tokens",
  ]

  /// One word, or one for each role.
  private mutating func readSize(_ json: JSON) throws(WireError) {
    guard let roles = json.objectValue else {
      size = try Self.word("size", json)
      return
    }
    for role in roles.members { sizes[role.key] = try Self.word("size/\(role.key)", role.value) }
  }

  private static func word<Word: RawRepresentable & CaseIterable>(_ name: String, _ json: JSON) throws(WireError)
    -> Word
  where Word.RawValue == String {
    if let word = json.stringValue.flatMap(Word.init) { return word }
    throw wrong(name, "one of \(Word.allCases.map(\.rawValue).joined(separator: ", ")) is due")
  }

  private static func number(_ member: JSONObject.Member, _ range: ClosedRange<Int64>) throws(WireError) -> Int64 {
    guard let number = member.value.integerValue, range.contains(number) else {
      throw wrong(member.key, "an integer of \(range.lowerBound) to \(range.upperBound) is due")
    }
    return number
  }

  private static func wrong(_ name: String, _ detail: String) -> WireError {
    .invalidParams("/\(name)", "setting '\(name)' of the planner: \(detail)")
  }

  /// As the settings say, or as it was found to be.
  package func sized(_ profile: ModelProfile, role: String) -> ModelProfile {
    var profile = profile
    switch sizes[role] ?? size {
    case .auto: break
    case .small: profile.size = .small
    case .large: profile.size = .large
    }
    return profile
  }
}
