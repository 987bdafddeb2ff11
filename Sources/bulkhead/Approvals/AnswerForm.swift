internal import JSON
internal import TerminalText
internal import Wire

/// A question of the tool `ask_person` as somebody at a terminal answers it: field by field where the form of the answer is
/// a flat object, else as JSON in one line.
struct AnswerForm {
  struct Field {
    enum Kind {
      case text, whole, number, truth
      /// One of these; the labels are what is shown.
      case choice([(value: JSON, label: String)])
      /// Any number of them.
      case choices([(value: JSON, label: String)])
    }

    let name: String
    let kind: Kind
    let isRequired: Bool
    let fallback: JSON?
    let title: String?
    let explanation: String?
    let schema: JSON
  }

  let question: PersonQuestion
  /// nil: the answer is no flat object.
  let fields: [Field]?

  private static let fieldsLimit = 64

  init(_ question: PersonQuestion) {
    self.question = question
    guard question.schema["type"] == "object", let properties = question.schema["properties"]?.objectValue,
      !properties.isEmpty, properties.count <= Self.fieldsLimit
    else {
      fields = nil
      return
    }
    let required = Set((question.schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
    let found = properties.members.compactMap { member in
      Field(member.key, member.value, isRequired: required.contains(member.key))
    }
    fields = found.count == properties.count ? found : nil
  }
}

extension AnswerForm.Field {
  /// nil: it is no plain value.
  init?(_ name: String, _ schema: JSON, isRequired: Bool) {
    guard let kind = Self.kind(schema) else { return nil }
    self.name = name
    self.kind = kind
    self.isRequired = isRequired
    self.schema = schema
    fallback = schema["default"]
    title = schema["title"]?.stringValue
    explanation = schema["description"]?.stringValue
  }

  private static func kind(_ schema: JSON) -> Kind? {
    if let options = options(schema) { return .choice(options) }
    switch schema["type"]?.stringValue {
    case "string": return .text
    case "integer": return .whole
    case "number": return .number
    case "boolean": return .truth
    case "array": return schema["items"].flatMap(options).map { .choices($0) }
    default: return nil
    }
  }

  private static let optionsLimit = 100

  private static func options(_ schema: JSON) -> [(value: JSON, label: String)]? {
    if let values = schema["enum"]?.arrayValue, !values.isEmpty, values.count <= optionsLimit {
      let names = schema["enumNames"]?.arrayValue?.compactMap(\.stringValue)
      return values.enumerated().map { index, value in
        let word = value.stringValue ?? value.description
        let name = names.flatMap { $0.indices.contains(index) ? $0[index] : nil }
        return (value, name.map { "\(word) (\($0))" } ?? word)
      }
    }
    guard let cases = (schema["oneOf"] ?? schema["anyOf"])?.arrayValue, cases.count <= optionsLimit,
      !cases.isEmpty, cases.allSatisfy({ $0["const"] != nil })
    else { return nil }
    return cases.map { option in
      let value = option["const"] ?? .null
      let word = value.stringValue ?? value.description
      return (value, option["title"]?.stringValue.map { "\(word) (\($0))" } ?? word)
    }
  }

  /// What is shown before the answer: one line.
  var prompt: String {
    var parts: [String] = []
    switch kind {
    case .text: break
    case .whole: parts.append("a whole number")
    case .number: parts.append("a number")
    case .truth: parts.append("yes or no")
    case .choice(let options): parts.append("one of " + options.map(\.label).joined(separator: ", "))
    case .choices(let options):
      parts.append("any of " + options.map(\.label).joined(separator: ", ") + ", with commas between")
    }
    if let fallback { parts.append("empty: \(fallback.stringValue ?? fallback.description)") }
    if fallback == nil, !isRequired { parts.append("empty: none") }
    let label = title ?? name
    let about = explanation.map { " - \($0)" } ?? ""
    return visibleLine(label + about + (parts.isEmpty ? "" : " [\(parts.joined(separator: "; "))]")) + ": "
  }

  enum Reading {
    case value(JSON)
    /// Nothing, where that is permitted.
    case absent
    /// Why it is none.
    case mistake(String)
  }

  /// What somebody typed as a value of the field.
  func read(_ line: String) -> Reading {
    if line.isEmpty {
      if let fallback { return .value(fallback) }
      if isRequired { return .mistake("an answer is due") }
      return .absent
    }
    guard let value = value(line) else { return .mistake("\(quoted(line)) is none of what is due") }
    guard let form = try? JSONSchema(schema), let wrong = form.violations(in: value).first else { return .value(value) }
    return .mistake(wrong.message)
  }

  private func value(_ line: String) -> JSON? {
    switch kind {
    case .text: return .string(line)
    case .whole: return Int64(line).map { .integer($0) }
    case .number:
      guard let value = try? JSON(parsing: Array(line.utf8)), value.doubleValue != nil else { return nil }
      return value
    case .truth:
      switch line.lowercased() {
      case "y", "yes", "true", "1": return true
      case "n", "no", "false", "0": return false
      default: return nil
      }
    case .choice(let options): return Self.pick(line, options)
    case .choices(let options):
      let words = line.split(separator: ",").map { $0.drop { $0 == " " } }.map { String($0) }
      let values = words.compactMap { Self.pick($0, options) }
      return values.count == words.count ? .array(values) : nil
    }
  }

  /// The word of an option, or its beginning where no other option begins so.
  private static func pick(_ word: String, _ options: [(value: JSON, label: String)]) -> JSON? {
    let texts = options.map { $0.value.stringValue ?? $0.value.description }
    if let exact = texts.firstIndex(of: word) { return options[exact].value }
    let begun = texts.indices.filter { texts[$0].lowercased().hasPrefix(word.lowercased()) }
    return begun.count == 1 ? options[begun[0]].value : nil
  }
}

extension AnswerForm {
  /// Asks for an answer; `ask` shows a prompt and gives what was typed, nil when nobody answers any more.
  ///
  /// - Returns: an answer of the form that was asked for; nil: there is none.
  func fill(ask: (String) async -> String?, tell: (String) -> Void) async -> JSON? {
    while true {
      guard let answer = await once(ask, tell) else { return nil }
      guard let refusal = question.refusal(of: answer) else { return answer }
      tell(refusal.message)
      // Nothing that is typed can fit a form that cannot be read.
      if refusal.data["violations"] == nil { return nil }
    }
  }

  private func once(_ ask: (String) async -> String?, _ tell: (String) -> Void) async -> JSON? {
    guard let fields else { return await json(ask, tell) }
    var answer = JSONObject()
    for field in fields {
      asking: while true {
        guard let line = await ask(field.prompt) else { return nil }
        switch field.read(line) {
        case .value(let value): answer[field.name] = value
        case .absent: break
        case .mistake(let why):
          tell(visibleLine(why))
          continue asking
        }
        break
      }
    }
    return .object(answer)
  }

  private func json(_ ask: (String) async -> String?, _ tell: (String) -> Void) async -> JSON? {
    let isText = question.schema["type"] == "string"
    while true {
      guard let line = await ask(isText ? "answer: " : "answer, as JSON: ") else { return nil }
      if isText { return .string(line) }
      do throws(JSONError) { return try JSON(parsing: Array(line.utf8)) } catch { tell("that is not JSON: \(error)") }
    }
  }
}

extension PersonQuestion {
  /// Of what waits; nil: it is no question.
  init?(_ approval: Approval) {
    guard let tool = approval.tool else { return nil }
    self.init(approval.input, of: tool)
  }

  /// The input with the answer in it.
  func answered(_ answer: JSON, in input: JSON?) -> JSON {
    var object = input?.objectValue ?? JSONObject()
    object["answer"] = answer
    return .object(object)
  }
}
