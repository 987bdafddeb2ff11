internal import Posix

/// Reads what was committed, on a thread and a connection of its own, one request after the other.
///
/// Safety: `pending`, `nextTicket` and `isClosed` are touched on `loop`'s thread alone, `database` on the reader's
/// thread alone (apart from `init` before it starts); the two meet by `submit`.
package final class JournalReader: @unchecked Sendable {
  private let loop: EventLoop
  private let io: EventLoop
  private let database: Database
  private let thread: JoinableThread
  private var pending: [UInt64: (any Sendable) -> Void] = [:]
  private var nextTicket: UInt64 = 1
  private var isClosed = false

  init(_ path: String, on loop: EventLoop) throws(JournalError) {
    self.loop = loop
    database = try Database(path, .readOnly)
    do {
      io = try EventLoop()
    } catch {
      throw JournalError(.io, "journal: \(error)")
    }
    let io = self.io
    thread = JoinableThread("journal-read", stackBytes: 1 << 22) { io.run() }
  }

  /// Runs `body` on the reader's thread and `then` on the loop.
  package func read<T: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> T,
    then: @escaping (Result<T, JournalError>) -> Void
  ) {
    guard !isClosed else {
      loop.deferred { then(.failure(JournalError(.closed, "the journal is closed"))) }
      return
    }
    let ticket = nextTicket
    nextTicket += 1
    pending[ticket] = { result in
      // Only `body` of this very request answers its ticket.
      if let result = result as? Result<T, JournalError> { then(result) }
    }
    io.submit { [self] in
      let result: Result<T, JournalError>
      do {
        result = .success(try body(database))
      } catch {
        result = .failure(error as? JournalError ?? JournalError(.io, "journal: \(error)"))
      }
      loop.submit { self.pending.removeValue(forKey: ticket)?(result) }
    }
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    io.stop()
    thread.join()
    pending = [:]
  }
}
