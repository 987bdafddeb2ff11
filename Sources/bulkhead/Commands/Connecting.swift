internal import ClientKit

/// The release of this program; it introduces itself with it.
let programVersion = "0.1.0"

extension Arguments {
  /// The connection that a command talks over.
  func connect() async throws(Failure) -> BulkheadClient {
    do throws(ClientError) {
      return try await BulkheadClient.connect(socket: value("socket"), name: "bulkhead", version: programVersion)
    } catch {
      throw Failure(error)
    }
  }
}

/// Runs requests; their errors become the command's.
func asking<T>(_ subject: String? = nil, _ body: () async throws(ClientError) -> T) async throws(Failure) -> T {
  do throws(ClientError) { return try await body() } catch { throw Failure(error, subject) }
}
