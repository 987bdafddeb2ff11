internal import Glibc
internal import HTTP
internal import Models
internal import Synchronization

/// A short request whose answer is wanted whole: lists of models, tokens, embeddings.
///
/// Safety: lives on the worker's loop.
final class Fetching: HTTPReceiver, @unchecked Sendable {
  private let limit: Int
  private(set) var head = HTTPHead(status: 0, headers: [])
  private var body: [UInt8] = []
  private var isTooLong = false
  private var continuation: CheckedContinuation<Result<(status: Int, body: [UInt8]), HTTPError>, Never>?

  init(limit: Int = 32 << 20) { self.limit = limit }

  func send(_ request: HTTPRequest, by client: HTTPClient) async -> Result<(status: Int, body: [UInt8]), HTTPError> {
    let exchange = Mutex<HTTPExchange?>(nil)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        self.continuation = continuation
        let started = client.start(request, self)
        exchange.withLock { $0 = started }
        if Task.isCancelled { started?.cancel() }
      }
    } onCancel: {
      client.perform { exchange.withLock { $0 }?.cancel() }
    }
  }

  func received(_ head: HTTPHead) { self.head = head }

  func received(_ bytes: UnsafeRawBufferPointer) -> HTTPVerdict {
    guard body.count + bytes.count <= limit else {
      isTooLong = true
      return .enough
    }
    body += bytes
    return .useful
  }

  func ended(_ error: HTTPError?) {
    let continuation = continuation
    self.continuation = nil
    if let error { return continuation?.resume(returning: .failure(error)) ?? () }
    if isTooLong {
      let error = HTTPError(.badResponse, "the answer exceeds the limit of \(limit) bytes")
      return continuation?.resume(returning: .failure(error)) ?? ()
    }
    continuation?.resume(returning: .success((head.status, body)))
  }
}

enum WallClock {
  /// Since 1970.
  static var milliseconds: Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }
}
