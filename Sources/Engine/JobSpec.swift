internal import JSON
package import Plan
internal import Wire

/// What a job was accepted with: the plan and what was agreed about its tools.
package struct JobSpec {
  package let plan: Plan
  package private(set) var tools: [String: ToolTerms]

  package var text: String {
    var writer = JSONWriter()
    writer.beginObject()
    for (name, terms) in tools.sorted(by: { $0.key < $1.key }) {
      writer.key(name)
      writer.object(terms)
    }
    writer.endObject()
    let tools = (try? JSON(parsing: writer.finish())) ?? .null  // Safety: the writer's own output is JSON.
    return JSON.object(["plan": plan.source, "tools": tools]).description
  }

  package init(plan: Plan, tools: [String: ToolTerms]) {
    self.plan = plan
    self.tools = tools
  }

  package init(_ text: String) throws {
    let json = try JSON(parsing: Array(text.utf8))
    plan = try Plan(decoding: json["plan"] ?? .null)
    tools = [:]
    for member in json["tools"]?.objectValue?.members ?? [] {
      guard case .object(let object) = member.value else { continue }
      tools[member.key] = try ToolTerms.decode(object)
    }
  }
}
