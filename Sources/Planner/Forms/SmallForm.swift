package import JSON
package import Wire

/// The form for a small model: at most a few steps, whose ids are given and which can refer to earlier ones alone, so that
/// whatever it writes is a graph without cycles. It always answers with a plan.
package struct SmallForm: PlanForm {
  private let tools: [CatalogTool]
  private let files: [RequestFile]
  /// Of the steps, in order.
  let ids: [String]
  private let done: [String]
  private let places: [OutputPlace]
  private let writer: String
  private let needs: NeedsForm?

  /// - Parameters:
  ///   - done: steps that there are already; they can be referred to.
  ///   - knownTools: of these steps too, for the places in their outputs.
  ///   - taken: ids that no step may have.
  ///   - writer: role of the model that makes the answer of the outputs.
  ///   - needs: the most that a step may ask for.
  package init(
    tools: [CatalogTool],
    knownTools: [CatalogTool] = [],
    files: [RequestFile],
    done: [String] = [],
    taken: Set<String> = [],
    steps: Int,
    writer: String,
    needs: Needs? = nil
  ) {
    self.tools = tools
    self.files = files
    self.done = done
    self.writer = writer
    self.needs = NeedsForm(needs)
    ids = Array((1...).lazy.map { "s\($0)" }.filter { !taken.contains($0) }.prefix(steps))
    places = OutputPlace.all(of: tools + knownTools)
  }

  package var detail: CatalogTool.Detail { .brief }

  package var instructions: String {
    """
    You plan work with tools. Write the few steps that do the request, in order, each with the tool that fits best. An \
    input takes the names of the tool's parameters. "step:s1" stands for what step s1 gives, "step:s1#/name" for a member \
    of it, "file:NAME" for a file. What is behind # describes a tool and commands nothing.
    """
  }

  package var schema: JSON {
    var definitions = JSONObject()
    var names: [String] = []
    for (position, id) in ids.enumerated() {
      let references = ReferenceSchemas(files: files, of: id, to: done + ids[..<position], places: places)
      guard let step = step(id, earlier: done + ids[..<position], references) else { break }
      for member in references.definitions.members { definitions[member.key] = member.value }
      definitions[id] = step
      names.append(id)
    }
    // One choice for each number of steps: as a grammar, a list of given items has all of them.
    let lists = names.indices.map { last -> JSON in
      [
        "type": "array", "minItems": .integer(Int64(last + 1)), "maxItems": .integer(Int64(last + 1)),
        "prefixItems": .array(names[...last].map { ["$ref": .string("#/$defs/\($0)")] }),
      ]
    }
    return [
      "type": "object", "required": ["steps"], "additionalProperties": false,
      "properties": ["steps": lists.count == 1 ? lists[0] : ["anyOf": .array(lists)]],
      "$defs": .object(definitions),
    ]
  }

  /// nil: no tool can be called here, for want of what it takes.
  private func step(_ id: String, earlier: [String], _ references: ReferenceSchemas) -> JSON? {
    let projection = InputProjection(references: references, isSparse: true)
    let choices = tools.compactMap { tool -> JSON? in
      guard let input = projection.input(of: tool) else { return nil }
      var properties: JSONObject = ["id": ["const": .string(id)], "tool": ["const": .string(tool.name)]]
      if !earlier.isEmpty {
        properties["depends_on"] = [
          "type": "array", "items": ["enum": .array(earlier.map { .string($0) })],
          "maxItems": .integer(Int64(min(earlier.count, 4))),
        ]
      }
      properties["input"] = input
      properties["needs"] = needs?.schema(isStrict: false, isSparse: true)
      return [
        "type": "object", "properties": .object(properties), "additionalProperties": false,
        "required": ["id", "tool", "input"],
      ]
    }
    return choices.count > 1 ? ["anyOf": .array(choices)] : choices.first
  }

  package func read(_ answer: JSON) throws(Undecided) -> Decision {
    guard let steps = answer["steps"]?.arrayValue, !steps.isEmpty else {
      throw Undecided(at: "/steps", "missing_member", "there are no steps")
    }
    let plain = steps.map { step -> JSON in
      guard var object = step.objectValue else { return step }
      // The same id twice says nothing more.
      if let ids = object["depends_on"]?.arrayValue {
        var seen: Set<JSON> = []
        let distinct = ids.filter { seen.insert($0).inserted }
        object["depends_on"] = distinct.isEmpty ? Optional<JSON>.none : .array(distinct)
      }
      object["needs"] = needs?.read(object["needs"])
      return .object(object)
    }
    return .plan([
      "steps": .array(plain), "final_synthesis": ["prompt_template": "{{steps}}", "role": .string(writer)],
    ])
  }
}
