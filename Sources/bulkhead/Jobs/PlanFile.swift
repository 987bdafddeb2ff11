internal import JSON
internal import Plan
internal import TerminalText
internal import Wire

/// A plan as the user keeps it.
enum PlanFile {
  /// The document in the file `name`, `-` being standard input.
  static func read(_ name: String) async throws(Failure) -> JSON {
    let bytes =
      name == "-"
      ? try await readStandardInput(limit: Limit.frameBytes)
      : try await readFile(name, limit: Limit.frameBytes, "the plan")
    do throws(Failure) {
      return try parseJSON(bytes, "plan \(quoted(name))")
    } catch {
      // A mistake of the plan, not of the command line.
      var failure = Failure("invalid_plan", error.message, details: error.details)
      failure.hint = bytes.isEmpty ? "it is empty" : nil
      throw failure
    }
  }

  /// The plan, checked as far as it can be without tools.
  static func decode(_ source: JSON, _ name: String) throws(Failure) -> Plan {
    do throws(PlanErrors) {
      return try Plan(decoding: source)
    } catch {
      throw failure(mistakes(error), name)
    }
  }

  /// What can be found without tools.
  static func mistakes(_ source: JSON) -> [PlanMistake] {
    do throws(PlanErrors) {
      _ = try Plan(decoding: source)
      return []
    } catch {
      return mistakes(error)
    }
  }

  private static func mistakes(_ errors: PlanErrors) -> [PlanMistake] {
    errors.errors.map { PlanMistake(path: $0.path, name: $0.name.rawValue, message: $0.message) }
  }

  /// All mistakes, each with its place.
  static func failure(_ mistakes: [PlanMistake], _ name: String) -> Failure {
    // Where more were found than are listed, the last entry counts the rest.
    let count =
      mistakes.last?.name == "more_errors"
      ? "more than \(mistakes.count - 1) mistakes" : counted(mistakes.count, "mistake")
    var failure = Failure(
      "invalid_plan",
      "plan \(quoted(name)) has \(count)",
      details: mistakes.map { "\($0.path.isEmpty ? "(plan)" : $0.path): \($0.message)" }
    )
    failure.data = ["mistakes": .array(mistakes.map(\.json))]
    return failure
  }
}

extension PlanFile {
  /// The plan must have a place for each file.
  static func check(_ files: [GivenFile], in plan: JSON) throws(Failure) {
    for file in files where !plan.contains(text: "file:\(file.name)") {
      throw Failure(
        usage: "the plan has no place for file \(quoted(file.name)): \"file:\(file.name)\" is nowhere in it"
      )
    }
  }
}

extension JSON {
  /// This value with every string that is exactly `text` replaced; keys stay.
  func replacing(text: String, with value: JSON) -> JSON {
    switch self {
    case .string(text): return value
    case .array(let elements): return .array(elements.map { $0.replacing(text: text, with: value) })
    case .object(let object):
      return .object(JSONObject(object.members.map { ($0.key, $0.value.replacing(text: text, with: value)) }))
    default: return self
    }
  }

  func contains(text: String) -> Bool {
    switch self {
    case .string(let own): own == text
    case .array(let elements): elements.contains { $0.contains(text: text) }
    case .object(let object): object.members.contains { $0.value.contains(text: text) }
    default: false
    }
  }
}
