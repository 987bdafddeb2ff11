internal import Glibc
package import Posix
package import Wire

/// The store behind an event loop: every request runs on a thread of its own, in the order of the requests, and its
/// completion is called on the loop.
///
/// All methods are for the loop's thread. Requests after `close` are answered with the error `closed`.
///
/// Safety: `pending`, `nextTicket`, `pendingBytes`, `isClosed` and `thread` are touched only on `loop`'s thread;
/// `messages` only on the store's thread, apart from `init` before that thread starts and `close` after it has ended.
/// `io` and `loop` are reached from the other side through `submit` alone.
package final class BlobService: @unchecked Sendable {
  /// Waiting requests, and the bytes they carry; above them a request is refused with `overloaded`.
  package static let pendingLimit = 1_024
  package static let pendingBytesLimit = 64 << 20

  private let loop: EventLoop
  private let io: EventLoop
  private var messages: BlobMessages
  private var thread = pthread_t()
  private var pending: [UInt64: (any Sendable) -> Void] = [:]
  private var nextTicket: UInt64 = 1
  private var pendingBytes = 0
  private var isClosed = false

  /// Opens the store, on the calling thread, and starts its own.
  package init(_ path: String, limits: BlobStore.Limits, on loop: EventLoop) throws(BlobError) {
    self.loop = loop
    messages = BlobMessages(try BlobStore(path, limits: limits))
    do {
      io = try EventLoop()
    } catch {
      throw .system(error, while: "starting the artifact store")
    }
    let context = Unmanaged.passRetained(io)
    let status = pthread_create(
      &thread,
      nil,
      { context in
        if let context { Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      },
      context.toOpaque()
    )
    guard status == 0 else {
      context.release()
      isClosed = true
      throw .system(PosixError("pthread_create", errno: status), while: "starting the artifact store")
    }
  }

  deinit {
    guard !isClosed else { return }
    // No request is under way, since each holds the service; the thread has nothing to do but end.
    io.stop()
    pthread_detach(thread)
  }

  // MARK: Requests

  package func read(_ message: BlobRead, _ completion: @escaping (Result<BlobRead.Response, BlobError>) -> Void) {
    perform(bytes: 0, { messages in Result { () throws(BlobError) in try messages.read(message) } }, completion)
  }

  package func write(
    _ message: BlobWrite,
    owner: BlobStore.Owner,
    _ completion: @escaping (Result<BlobWrite.Response, BlobError>) -> Void
  ) {
    perform(
      bytes: message.data.count,
      { messages in Result { () throws(BlobError) in try messages.write(message, owner: owner) } },
      completion
    )
  }

  /// Stores `bytes` as one artifact; for what the coordinator itself keeps.
  package func store(_ bytes: [UInt8], _ completion: @escaping (Result<BlobStore.Stored, BlobError>) -> Void) {
    perform(
      bytes: bytes.count,
      { messages in Result { () throws(BlobError) in try messages.store.store(bytes) } },
      completion
    )
  }

  /// Whether the bytes of an artifact are those of its digest.
  package func verify(_ sha256: String, _ completion: @escaping (Result<Void, BlobError>) -> Void) {
    perform(bytes: 0, { messages in Result { () throws(BlobError) in try messages.store.verify(sha256) } }, completion)
  }

  package func contains(_ sha256: String, _ completion: @escaping (Result<Bool, BlobError>) -> Void) {
    perform(bytes: 0, { .success($0.store.contains(sha256)) }, completion)
  }

  /// See `BlobStore.removeUnreferenced`; `referenced` are the digests that something names.
  package func removeUnreferenced(
    olderThan seconds: Int64,
    referenced: Set<String>,
    _ completion: @escaping (Result<(artifacts: Int, bytes: Int64), BlobError>) -> Void
  ) {
    perform(
      bytes: 0,
      { messages in
        Result { () throws(BlobError) in
          try messages.store.removeUnreferenced(olderThan: seconds) { referenced.contains($0) }
        }
      },
      completion
    )
  }

  /// Drops the open uploads of a connection that has closed. Never refused.
  package func abandonAll(owner: BlobStore.Owner) {
    guard !isClosed else { return }
    io.submit { self.messages.abandonAll(owner: owner) }
  }

  /// Waits for the request that runs, ends the thread, and drops open uploads; the disk decides how long that takes.
  package func close() {
    guard !isClosed else { return }
    isClosed = true
    io.stop()
    pthread_join(thread, nil)
    messages.store.abandonAll()
  }

  // MARK: Between the threads

  private func perform<T: Sendable>(
    bytes: Int,
    _ body: @escaping @Sendable (inout BlobMessages) -> Result<T, BlobError>,
    _ completion: @escaping (Result<T, BlobError>) -> Void
  ) {
    let refusal: BlobError? =
      if isClosed {
        BlobError(.closed, "the artifact store is closed")
      } else if pending.count >= Self.pendingLimit || pendingBytes + bytes > Self.pendingBytesLimit {
        BlobError(.overloaded, "\(pending.count) requests with \(pendingBytes) bytes wait for the artifact store")
      } else {
        nil
      }
    if let refusal {
      // Later, as every other answer.
      loop.deferred { completion(.failure(refusal)) }
      return
    }
    let ticket = nextTicket
    nextTicket += 1
    pendingBytes += bytes
    pending[ticket] = { result in
      // Only `body` of this very request answers its ticket.
      if let result = result as? Result<T, BlobError> { completion(result) }
    }
    io.submit {
      let result = body(&self.messages)
      self.loop.submit { self.complete(ticket, bytes, result) }
    }
  }

  private func complete(_ ticket: UInt64, _ bytes: Int, _ result: any Sendable) {
    pendingBytes -= bytes
    pending.removeValue(forKey: ticket)?(result)
  }
}
