internal import Engine
internal import JSON
internal import Journal
internal import Plan
internal import Supervision
internal import Wire

/// A job as the journal has it.
struct StoredJob: Sendable {
  let record: JobRecord
  let steps: [StepRecord]
  let lastEvent: Int64

  init(_ seq: Int64, _ database: Database) throws(JournalError) {
    guard let record = try database.job(seq: seq) else {
      throw JournalError(.corrupt, "journal: there is no job \(seq)")
    }
    self.record = record
    steps = try database.steps(of: seq)
    lastEvent = try database.lastEvent(of: seq)
  }
}

/// What a job was accepted with: the plan and what was agreed about its tools.
struct JobSpec {
  var plan: Plan
  var tools: [String: ToolTerms]

  var json: JSON {
    var writer = JSONWriter()
    writer.beginObject()
    for (name, terms) in tools.sorted(by: { $0.key < $1.key }) {
      writer.key(name)
      writer.object(terms)
    }
    writer.endObject()
    let tools = (try? JSON(parsing: writer.finish())) ?? .null  // Safety: the writer's own output is JSON.
    return ["plan": plan.source, "tools": tools]
  }

  init(plan: Plan, tools: [String: ToolTerms]) {
    self.plan = plan
    self.tools = tools
  }

  init(_ text: String) throws {
    let json = try JSON(parsing: Array(text.utf8))
    plan = try Plan(decoding: json["plan"] ?? .null)
    tools = [:]
    for member in json["tools"]?.objectValue?.members ?? [] {
      guard case .object(let object) = member.value else { continue }
      tools[member.key] = try ToolTerms.decode(object)
    }
  }
}
