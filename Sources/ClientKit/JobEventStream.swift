internal import JSON
internal import Posix
public import Wire

extension BulkheadClient {
  /// A job's history after the event with number `after`, then every further event as it happens, until the job has ended,
  /// the stream is dropped or its task cancelled. Between them come `step.progress` notices, which have number 0, are no
  /// part of the history, and are only told to those who follow.
  ///
  /// After a lost connection go on with a new client, after the number of the last event that came.
  ///
  /// A consumer that falls behind stops the reading of the whole connection, replies included, until it has caught up.
  public func follow(job id: String, after: Int64 = 0) -> JobEventStream {
    // Fewer than log lines: a notice may hold 64 KiB of output.
    let buffer = JobEventBuffer(home, limit: 256)
    let message = JobEvents(job: id, after: after, follow: true)
    let path = socket
    home.submit { session in
      session.start(message, buffer.token, timeout: nil, follower: .events(buffer)) { result in
        switch result {
        case .success(let response): buffer.finish(.success(response.job), with: response.events)
        case .failure(let error): buffer.finish(ClientError(error, socket: path))
        }
      }
    }
    return JobEventStream(subscription: Subscription(buffer, self))
  }
}

typealias JobEventBuffer = StreamBuffer<JobEvent, JobSummary>

/// A job's events as they come. One consumer.
public struct JobEventStream: AsyncSequence, Sendable {
  public typealias Element = JobEvent
  public typealias Failure = ClientError

  let subscription: Subscription<JobEvent, JobSummary>

  /// The job as it ended; nil until the last event was taken.
  public var job: JobSummary? { subscription.buffer.end }

  public func makeAsyncIterator() -> Iterator { Iterator(subscription: subscription) }

  public struct Iterator: AsyncIteratorProtocol {
    let subscription: Subscription<JobEvent, JobSummary>
    private var batch: ArraySlice<JobEvent> = []

    init(subscription: Subscription<JobEvent, JobSummary>) { self.subscription = subscription }

    public mutating func next() async throws(ClientError) -> JobEvent? {
      try await next(isolation: nil)
    }

    public mutating func next(isolation actor: isolated (any Actor)?) async throws(ClientError) -> JobEvent? {
      while batch.isEmpty {
        guard let more = try await subscription.buffer.take() else { return nil }
        batch = more[...]
      }
      return batch.removeFirst()
    }
  }
}
