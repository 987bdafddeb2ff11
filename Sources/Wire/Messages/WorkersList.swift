package import JSON

/// Every kind of worker with its instances; the entries are free-form so that they can grow without a new version.
package struct WorkersList: WireRequest {
  package static let method = "workers/list"

  package init() {}
  package init(from fields: inout Fields) {}
  package func encode(into writer: inout JSONWriter) {}

  package struct Response: WireBody {
    package var workers: [JSON]

    package init(workers: [JSON]) { self.workers = workers }
    package init(from fields: inout Fields) throws(WireError) {
      workers = try fields.requireList("workers") { (json, _) in json }
    }
    package func encode(into writer: inout JSONWriter) { writer.member("workers", .array(workers)) }
  }
}
