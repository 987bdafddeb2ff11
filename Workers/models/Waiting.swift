internal import HTTP
internal import Posix

/// A wait that ends once.
///
/// Safety: lives on the worker's loop.
final class Rest: @unchecked Sendable {
  private var continuation: CheckedContinuation<Void, Never>?
  private var hasEnded = false

  func begin(_ continuation: CheckedContinuation<Void, Never>) {
    if hasEnded { continuation.resume() } else { self.continuation = continuation }
  }

  func end() {
    hasEnded = true
    continuation?.resume()
    continuation = nil
  }
}

/// Ends a request when its time is over.
///
/// Safety: lives on the worker's loop.
final class Overdue: @unchecked Sendable {
  private(set) var hasCome = false

  func bounded<R: Sendable>(
    _ milliseconds: Int64,
    on client: HTTPClient,
    _ body: @escaping @Sendable () async -> R
  ) async -> R {
    let loop = client.loop
    let task = Task(executorPreference: loop) { await body() }
    let timer = loop.schedule(after: Milliseconds(max(0, milliseconds))) {
      self.hasCome = true
      task.cancel()
    }
    let result = await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
    loop.cancel(timer)
    return result
  }
}
