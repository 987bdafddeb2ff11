internal import Posix

/// What the coordinator sends between a request and its answer, on its way from the loop to one consumer. Bounded: a full
/// buffer stops the reading of the connection. `End` is what the answer says when all has come.
final class StreamBuffer<Element: Sendable, End: Sendable>: Sendable {
  private struct State {
    var elements: [Element] = []
    var isPaused = false
    var end: Result<End, ClientError>?
    var isCancelled = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  let token = RequestToken()
  private let limit: Int
  private let home: Home
  private let state = Guarded(State())

  /// Reading pauses at `limit` elements.
  init(_ home: Home, limit: Int) {
    self.home = home
    self.limit = limit
  }

  /// Whether reading should pause; said once until `take` has emptied the buffer.
  func append(_ elements: [Element]) -> Bool {
    let (waiter, mustPause) = state.withLock { state in
      // Nobody takes them any more, and nobody would resume the reading.
      if token.isCancelled { return (state.waiter.take(), false) }
      state.elements += elements
      let mustPause = state.elements.count >= limit && !state.isPaused && state.end == nil
      if mustPause { state.isPaused = true }
      return (state.waiter.take(), mustPause)
    }
    waiter?.resume()
    return mustPause
  }

  /// Nothing more comes after `elements`.
  func finish(_ end: Result<End, ClientError>, with elements: [Element] = []) {
    let waiter = state.withLock { state in
      if !token.isCancelled { state.elements += elements }
      state.end = end
      return state.waiter.take()
    }
    waiter?.resume()
  }

  /// As `finish`; that the request was cancelled, which only the consumer does, is no error.
  func finish(_ error: ClientError) {
    guard error.code == .cancelled else { return finish(.failure(error)) }
    let waiter = state.withLock { state in
      state.isCancelled = true
      return state.waiter.take()
    }
    waiter?.resume()
  }

  /// What the answer said; nil before it has come and after a cancellation.
  var end: End? { state.withLock { try? $0.end?.get() } }  // Safety: an error was thrown by `take`.

  func cancel() {
    token.cancel()
    home.submit { [token] in $0.cancel(token) }
    let wasPaused = state.withLock { state in
      state.elements = []
      defer { state.isPaused = false }
      return state.isPaused
    }
    resume(wasPaused)
  }

  private func resume(_ wasPaused: Bool) {
    if wasPaused { home.submit { $0.resumeReading() } }
  }

  /// Everything that has come, waiting for at least one element; nil after the end.
  func take() async throws(ClientError) -> [Element]? {
    while true {
      let (elements, wasPaused, end, isCancelled) = state.withLock { state in
        let result = (state.elements, state.isPaused, state.end, state.isCancelled)
        state.elements = []
        state.isPaused = false
        return result
      }
      resume(wasPaused)
      if !elements.isEmpty { return elements }
      if isCancelled { return nil }
      if let end {
        _ = try end.get()
        return nil
      }
      await wait()
    }
  }

  /// After a cancelled task the wait ends with the coordinator's answer to `cancel`.
  private func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mayGoOn = state.withLock { state in
          if !state.elements.isEmpty || state.end != nil || state.isCancelled { return true }
          state.waiter = continuation
          return false
        }
        if mayGoOn { continuation.resume() }
      }
    } onCancel: {
      cancel()
    }
  }
}

/// Ends the request when nobody holds the stream any more; keeps the client alive until then.
final class Subscription<Element: Sendable, End: Sendable>: Sendable {
  let buffer: StreamBuffer<Element, End>
  private let client: BulkheadClient

  init(_ buffer: StreamBuffer<Element, End>, _ client: BulkheadClient) {
    self.buffer = buffer
    self.client = client
  }

  deinit { buffer.cancel() }
}
