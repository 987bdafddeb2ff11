internal import JSON
internal import Wire

/// The dotted names of values. A backslash takes away the meaning of the character behind it, so that `input.a\.b` is one
/// member with a dot in its name.
enum SubjectName {
  enum Outcome {
    case subject(Subject)
    case mistake(String)
  }

  static let taskMembers = ["description", "type", "mode", "context", "estimated_cost"]

  private static let plain: [String: Subject] = {
    var names: [String: Subject] = [
      "point": .point, "job": .job, "step": .step, "tool": .tool, "worker": .worker,
      "needs.profile": .profile, "needs.grade": .grade,
      "caller.user": .user, "caller.uid": .uid, "caller.role": .role, "caller.worker": .callingWorker,
    ]
    for list in Subject.List.allCases {
      names[list.rawValue] = .list(list, isEach: false)
      names[list.rawValue + ".*"] = .list(list, isEach: true)
    }
    for limit in Subject.LimitName.allCases { names["limits.\(limit.rawValue)"] = .limit(limit) }
    return names
  }()

  static func read(_ text: String) -> Outcome {
    if let subject = plain[text] { return .subject(subject) }
    guard let parts = split(text) else { return .mistake("\(quoted(text)) is no name of a value") }
    switch parts[0] {
    case "input": return .subject(.input(parts.dropFirst().map(part)))
    case "task": return task(text, parts)
    case "needs" where parts.count == 3 && parts[1] == "environment": return .subject(.variable(parts[2]))
    default: return unknown(text)
    }
  }

  private static func task(_ text: String, _ parts: [String]) -> Outcome {
    if parts.count > 1, !taskMembers.contains(parts[1]) {
      let hint = PolicyReader.hint(for: parts[1], among: taskMembers)
      return .mistake("\(quoted(text)): a task has \(PolicyReader.listed(taskMembers))\(hint)")
    }
    return .subject(.task(parts.dropFirst().map(part)))
  }

  private static func part(_ text: String) -> Subject.Part { text == "*" ? .each : .key(text) }

  private static func unknown(_ text: String) -> Outcome {
    let known = plain.keys.sorted() + ["input"] + taskMembers.map { "task.\($0)" }
    return .mistake("\(quoted(text)) names nothing that is known\(PolicyReader.hint(for: text, among: known))")
  }

  /// nil for an empty part, too many of them, or a backslash at the end. An escaped `*` is still each element.
  private static func split(_ text: String) -> [String]? {
    var parts: [String] = [""]
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if isEscaped || scalar != "." && scalar != "\\" {
        parts[parts.count - 1].unicodeScalars.append(scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        parts.append("")
      }
    }
    guard !isEscaped, parts.count <= PolicyLimit.nameParts, !parts.contains("") else { return nil }
    return parts
  }
}

extension Subject {
  /// The words that it can be, where they are few.
  var words: [String]? {
    switch self {
    case .point: Facts.Point.allCases.map(\.rawValue)
    case .role: Role.allCases.map(\.rawValue)
    default: nil
    }
  }

  /// As it is written.
  var name: String {
    switch self {
    case .point: "point"
    case .job: "job"
    case .step: "step"
    case .tool: "tool"
    case .worker: "worker"
    case .task(let parts): Self.dotted("task", parts)
    case .input(let parts): Self.dotted("input", parts)
    case .list(let list, let isEach): isEach ? list.rawValue + ".*" : list.rawValue
    case .profile: "needs.profile"
    case .grade: "needs.grade"
    case .variable(let name): "needs.environment.\(name)"
    case .limit(let name): "limits.\(name.rawValue)"
    case .user: "caller.user"
    case .uid: "caller.uid"
    case .role: "caller.role"
    case .callingWorker: "caller.worker"
    }
  }

  private static func dotted(_ head: String, _ parts: [Part]) -> String {
    parts.reduce(into: head) { text, part in
      switch part {
      case .each: text += ".*"
      case .key(let key): text += ".\(key)"
      }
    }
  }
}
