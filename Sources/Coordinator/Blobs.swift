package import BlobStore
internal import Transport
internal import Wire

/// Artifacts on behalf of connections: what one of them has begun to upload is dropped when it closes.
package final class Blobs {
  let service: BlobService
  private var owners: [ObjectIdentifier: BlobStore.Owner] = [:]
  private var lastOwner = BlobStore.ownUploads

  package init(_ service: BlobService) { self.service = service }

  func read(_ message: BlobRead, _ id: RequestID, _ connection: Connection) {
    service.read(message) { [weak connection] result in connection?.answer(id, result) }
  }

  func write(_ message: BlobWrite, _ id: RequestID, _ connection: Connection) {
    let key = ObjectIdentifier(connection)
    if owners[key] == nil {
      lastOwner += 1
      owners[key] = lastOwner
    }
    service.write(message, owner: owners[key] ?? lastOwner) { [weak connection] in connection?.answer(id, $0) }
  }

  func abandon(_ connection: Connection) {
    guard let owner = owners.removeValue(forKey: ObjectIdentifier(connection)) else { return }
    service.abandonAll(owner: owner)
  }

  package func close() { service.close() }
}

extension Connection {
  fileprivate func answer(_ id: RequestID, _ result: Result<some WireBody, BlobError>) {
    switch result {
    case .success(let body): respond(to: id, with: body)
    case .failure(let error): respond(to: id, failing: error.wire)
    }
  }
}
