import Foundation
import JSON
import Testing
import Wire

@Suite struct `The tables of the specification` {
  @Test func `every limit of the table has the value that the code enforces`() throws {
    let code: [String: Int64] = [
      "frame_bytes": Int64(Limit.frameBytes), "depth": Int64(Limit.depth), "values": Int64(Limit.values),
      "id_bytes": Int64(Limit.idBytes), "method_bytes": Int64(Limit.methodBytes), "tools": Int64(Limit.tools),
      "tool_name_bytes": Int64(Limit.toolNameBytes), "description_bytes": Int64(Limit.descriptionBytes),
      "schema_bytes": Int64(Limit.schemaBytes), "input_bytes": Int64(Limit.inputBytes),
      "output_bytes": Int64(Limit.outputBytes), "progress_bytes": Int64(Limit.progressBytes),
      "artifacts": Int64(Limit.artifacts), "artifact_bytes": Int64(Limit.artifactBytes),
      "blob_chunk_bytes": Int64(Limit.blobChunkBytes), "concurrency": Int64(Limit.concurrency),
      "outstanding": Int64(Limit.outstanding), "queue_bytes": Int64(Limit.queueBytes),
      "nesting": Int64(Limit.nesting), "timeout_ms": Limit.timeoutMS, "steps": Int64(Limit.steps),
      "fan_out": Int64(Limit.fanOut), "job_deadline_ms": Limit.jobDeadlineMS,
    ]
    #expect(try Contract.limits() == code)
  }

  @Test func `every error of the table has the code that the code sends`() throws {
    let code = Dictionary(uniqueKeysWithValues: WireError.codes.map { ($0.key.rawValue, $0.value) })
    #expect(try Contract.errors() == code)
    #expect(Set(code.values).count == code.count)
  }

  @Test func `the methods of the table are the ones that the phase gate knows, in its directions`() throws {
    var written: Set<String> = []
    for row in try Contract.table("Methods") {
      let methods = row[0].split(separator: ",").map { $0.trimmingCharacters(in: ["`", " "]) }
      let directions =
        row[1] == "either" ? ["C→W", "W→C", "K→C", "C→K"] : ["C→W", "W→C", "K→C", "C→K"].filter(row[1].contains)
      for method in methods { for direction in directions { written.insert("\(method) \(direction)") } }
    }
    let permitted = MethodRule.all.map { rule in
      let peer = rule.link == .worker ? "W" : "K"
      return "\(rule.method) " + (rule.sender == .coordinator ? "C→\(peer)" : "\(peer)→C")
    }
    #expect(written == Set(permitted))
  }

  @Test func `the role of each row is the one that a client's method needs`() throws {
    var written: [String: String] = [:]
    for row in try Contract.table("Methods") {
      let methods = row[0].split(separator: ",").map { $0.trimmingCharacters(in: ["`", " "]) }
      let isClients = row[1] == "either" || row[1].contains("K→C")
      #expect(isClients == (row[4] != "—"), "\(row[0])")
      for method in methods where isClients { written[method] = row[4].trimmingCharacters(in: ["`"]) }
    }
    let needed = MethodRule.all.filter { $0.link == .client && $0.sender == .peer }
    #expect(written == Dictionary(uniqueKeysWithValues: needed.map { ($0.method, $0.role.rawValue) }))
  }

  @Test func `every error that can travel has a golden frame`() throws {
    var shown: Set<String> = []
    for example in try GoodExample.all() where example.kind == "failure" {
      if let name = try example.message()["error"]?["data"]?["name"]?.stringValue { shown.insert(name) }
    }
    #expect(
      Set(try Contract.errors().keys).subtracting(shown)
        == ["connection_closed", "approval_required"]
    )
  }
}
