internal import JSON
internal import Posix
internal import Synchronization
public import Wire

extension BulkheadClient {
  /// What workers wrote to standard error, oldest first: the last `lines` of `worker` (nil: of all), and with `follow`
  /// every further one until the stream is dropped or its task cancelled.
  ///
  /// A consumer that falls behind stops the reading of the whole connection, replies included, until it has caught up.
  public func logs(worker: String? = nil, lines: Int = 100, follow: Bool = false) -> LogStream {
    let buffer = LogBuffer(home)
    let message = LogsRead(worker: worker, lines: Int64(max(0, lines)), follow: follow)
    let path = socket
    home.submit { session in
      session.start(message, buffer.token, timeout: follow ? nil : 30_000, follower: buffer) { result in
        switch result {
        case .success(let response):
          _ = buffer.append(response.lines, isLast: true)
        case .failure(let error) where error.name == .cancelled: buffer.finish(nil)
        case .failure(let error): buffer.finish(ClientError(error, socket: path))
        }
      }
    }
    return LogStream(subscription: Subscription(buffer, self))
  }
}

/// Log lines as they come. One consumer.
public struct LogStream: AsyncSequence, Sendable {
  public typealias Element = LogLine
  public typealias Failure = ClientError

  let subscription: Subscription

  public func makeAsyncIterator() -> Iterator { Iterator(subscription: subscription) }

  public struct Iterator: AsyncIteratorProtocol {
    let subscription: Subscription
    private var batch: ArraySlice<LogLine> = []

    init(subscription: Subscription) { self.subscription = subscription }

    public mutating func next() async throws(ClientError) -> LogLine? {
      try await next(isolation: nil)
    }

    public mutating func next(isolation actor: isolated (any Actor)?) async throws(ClientError) -> LogLine? {
      while batch.isEmpty {
        guard let more = try await subscription.buffer.take() else { return nil }
        batch = more[...]
      }
      return batch.removeFirst()
    }
  }
}

/// Ends the request when nobody holds the stream any more; keeps the client alive until then.
final class Subscription: Sendable {
  let buffer: LogBuffer
  private let client: BulkheadClient

  init(_ buffer: LogBuffer, _ client: BulkheadClient) {
    self.buffer = buffer
    self.client = client
  }

  deinit { buffer.cancel() }
}

/// Lines between the loop and their consumer. Bounded: a full buffer stops the reading of the connection.
final class LogBuffer: Sendable {
  private struct State {
    var lines: [LogLine] = []
    var isPaused = false
    var isFinished = false
    var error: ClientError?
    var waiter: CheckedContinuation<Void, Never>?
  }

  private static let limit = 1024
  let token = RequestToken()
  private let home: Home
  private let state = Mutex(State())

  init(_ home: Home) { self.home = home }

  /// Whether reading should pause; said once until `take` has emptied the buffer.
  func append(_ lines: [LogLine], isLast: Bool = false) -> Bool {
    let (waiter, mustPause) = state.withLock { state in
      // Nobody takes lines any more, and nobody would resume the reading.
      if token.isCancelled { return (state.waiter.take(), false) }
      state.lines += lines
      if isLast { state.isFinished = true }
      let mustPause = state.lines.count >= Self.limit && !state.isPaused && !state.isFinished
      if mustPause { state.isPaused = true }
      return (state.waiter.take(), mustPause)
    }
    waiter?.resume()
    return mustPause
  }

  func finish(_ error: ClientError?) {
    let waiter = state.withLock { state in
      state.isFinished = true
      state.error = error
      return state.waiter.take()
    }
    waiter?.resume()
  }

  func cancel() {
    token.cancel()
    home.submit { [token] in $0.cancel(token) }
    resume(
      state.withLock { state in
        state.lines = []
        defer { state.isPaused = false }
        return state.isPaused
      }
    )
  }

  private func resume(_ wasPaused: Bool) {
    if wasPaused { home.submit { $0.resumeReading() } }
  }

  /// Everything that has come, waiting for at least one line; nil after the end.
  func take() async throws(ClientError) -> [LogLine]? {
    while true {
      let (lines, wasPaused, end) = state.withLock { state in
        let result = (state.lines, state.isPaused, state.isFinished ? Result<Void, ClientError>(state.error) : nil)
        state.lines = []
        state.isPaused = false
        return result
      }
      resume(wasPaused)
      if !lines.isEmpty { return lines }
      if let end {
        try end.get()
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
          if !state.lines.isEmpty || state.isFinished { return true }
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

extension Result where Success == Void, Failure == ClientError {
  fileprivate init(_ error: ClientError?) {
    self = if let error { .failure(error) } else { .success(()) }
  }
}
