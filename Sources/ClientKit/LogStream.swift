internal import JSON
internal import Posix
public import Wire

extension BulkheadClient {
  /// What workers wrote to standard error, oldest first: the last `lines` of `worker` (nil: of all), and with `follow`
  /// every further one until the stream is dropped or its task cancelled.
  ///
  /// A consumer that falls behind stops the reading of the whole connection, replies included, until it has caught up.
  public func logs(worker: String? = nil, lines: Int = 100, follow: Bool = false) -> LogStream {
    let buffer = LogBuffer(home, limit: 1024)
    let message = LogsRead(worker: worker, lines: Int64(max(0, lines)), follow: follow)
    let path = socket
    home.submit { session in
      session.start(message, buffer.token, timeout: follow ? nil : 30_000, follower: .logs(buffer)) { result in
        switch result {
        case .success(let response): buffer.finish(.success(()), with: response.lines)
        case .failure(let error): buffer.finish(ClientError(error, socket: path))
        }
      }
    }
    return LogStream(subscription: Subscription(buffer, self))
  }
}

typealias LogBuffer = StreamBuffer<LogLine, Void>

/// Log lines as they come. One consumer.
public struct LogStream: AsyncSequence, Sendable {
  public typealias Element = LogLine
  public typealias Failure = ClientError

  let subscription: Subscription<LogLine, Void>

  public func makeAsyncIterator() -> Iterator { Iterator(subscription: subscription) }

  public struct Iterator: AsyncIteratorProtocol {
    let subscription: Subscription<LogLine, Void>
    private var batch: ArraySlice<LogLine> = []

    init(subscription: Subscription<LogLine, Void>) { self.subscription = subscription }

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
