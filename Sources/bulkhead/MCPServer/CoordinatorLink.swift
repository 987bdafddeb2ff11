internal import ClientKit
internal import Posix

/// The connection to the coordinator that all tools share: made when it is first needed, and made again when it was lost.
final class CoordinatorLink: Sendable {
  private let socket: String?
  private let client = Guarded<BulkheadClient?>(nil)

  init(socket: String?) { self.socket = socket }

  /// The connection that is there, if one is.
  var current: BulkheadClient? { client.withLock { $0 } }

  /// The connection, made if there is none.
  func connected() async throws(ClientError) -> BulkheadClient {
    if let client = current { return client }
    let made = try await BulkheadClient.connect(socket: socket, name: "bulkhead-mcp", version: programVersion)
    let (kept, isNew) = client.withLock { client in
      // Two that needed one at the same time share the first.
      if let other = client { return (other, false) }
      client = made
      return (made, true)
    }
    if isNew { watch(made) } else { made.close() }
    return kept
  }

  /// Forgets a connection as soon as it has ended, so that the next call makes another.
  private func watch(_ made: BulkheadClient) {
    Task.detached { [weak self] in
      await made.waitUntilClosed()
      self?.forget(made)
    }
  }

  private func forget(_ lost: BulkheadClient) {
    client.withLock { client in
      if client === lost { client = nil }
    }
  }

  /// Runs a request over the connection. One that is lost is not repeated, for nobody knows what it did; the next one makes
  /// another connection.
  func asking<T: Sendable>(
    _ body: @Sendable (BulkheadClient) async throws(ClientError) -> T
  ) async throws(ClientError) -> T {
    let client = try await connected()
    do throws(ClientError) {
      return try await body(client)
    } catch {
      if error.meansUnreachable { forget(client) }
      throw error
    }
  }

  func close() {
    let open = client.withLock { client in
      defer { client = nil }
      return client
    }
    open?.close()
  }
}
