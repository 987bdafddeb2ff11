internal import JSON
internal import Transport
internal import Wire

package final class Blobs {
  package init() {}
  func read(_ message: BlobRead, _ id: RequestID, _ connection: Connection) {
    connection.respond(to: id, failing: WireError(.notFound, "no artifact \(message.sha256)"))
  }
  func write(_ message: BlobWrite, _ id: RequestID, _ connection: Connection) {
    connection.respond(to: id, failing: WireError(.notFound, "no blobs yet"))
  }
  func abandon(_ connection: Connection) {}
}
