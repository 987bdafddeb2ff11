internal import JSON

/// The schema of a large model's answer. With inputs as texts it keeps to what the strict modes of providers take: closed
/// objects all of whose members are required, `""`, `[]` and, of words, `none` for what is not there.
struct LargeSchema {
  let json: JSON

  private static let text: JSON = ["type": "string"]
  static let tests = ["equals", "not_equals", "gt", "gte", "lt", "lte", "contains", "matches", "exists"]

  init(
    _ tools: [CatalogTool],
    _ recipes: [Recipe],
    _ files: [RequestFile],
    _ mode: InputMode,
    _ needs: NeedsForm?,
    isAmendment: Bool
  ) {
    let isStrict = mode == .text
    func object(_ properties: JSONObject, required: [String]) -> JSON {
      [
        "type": "object", "properties": .object(properties), "additionalProperties": false,
        "required": .array((isStrict ? properties.keys : required).map { .string($0) }),
      ]
    }
    func list(_ items: JSON) -> JSON { ["type": "array", "items": items] }
    func words(_ words: [String]) -> JSON { ["type": "string", "enum": .array(words.map { .string($0) })] }

    let test: JSONObject = ["value": Self.text, "is": words(Self.tests), "to": Self.text]
    func step(_ tool: JSON, _ input: JSON) -> JSON {
      var members: JSONObject = [
        "id": Self.text, "tool": tool, "input": input, "depends_on": list(Self.text), "for_each": Self.text,
        "when": list(object(test, required: test.keys)),
      ]
      members["needs"] = needs?.schema(isStrict: isStrict, isSparse: false)
      return object(members, required: ["id", "tool", "input"])
    }
    var definitions = JSONObject()
    let steps: JSON
    if mode == .typed {
      let references = ReferenceSchemas(files: files)
      let projection = InputProjection(references: references, isSparse: false)
      definitions = references.definitions
      let choices = tools.compactMap { tool in
        projection.input(of: tool).map { step(["const": .string(tool.name)], $0) }
      }
      steps = choices.count > 1 ? ["anyOf": .array(choices)] : choices.first ?? step(Self.text, ["type": "object"])
    } else {
      steps = step(tools.isEmpty ? Self.text : words(tools.map(\.name)), isStrict ? Self.text : ["type": "object"])
    }

    var check = test
    check["message"] = Self.text
    var decisions = ["plan", "impossible"]
    var properties: JSONObject = ["reason": Self.text, "decision": Self.text, "steps": list(steps)]
    properties["answer_template"] = Self.text
    properties["write"] = ["type": "boolean"]
    properties["checks"] = list(object(check, required: check.keys))
    if !isAmendment {
      decisions.append("answer")
      properties["answer"] = Self.text
      if !recipes.isEmpty {
        decisions.append("recipe")
        properties["recipe"] = words(["none"] + recipes.map(\.name))
        properties["parameters"] = isStrict ? Self.text : ["type": "object"]
      }
    }
    properties["decision"] = words(decisions)
    var whole = object(properties, required: ["reason", "decision"]).objectValue ?? JSONObject()
    if !definitions.isEmpty { whole["$defs"] = .object(definitions) }
    json = .object(whole)
  }
}
