internal import CSQLite
internal import Glibc

/// One connection to a SQLite file. Used by one thread at a time.
///
/// Safety: `handle` is open from `init` to `deinit`; statements hold the connection, so none outlives it.
package final class Database {
  let handle: OpaquePointer
  private let path: String
  private var cache: [StaticStringKey: Statement] = [:]
  /// Of queries, by their text.
  private var queries: [String: Statement] = [:]

  /// A literal's address tells it from every other one, and is cheaper to hash than its text.
  private struct StaticStringKey: Hashable {
    let start: UnsafePointer<UInt8>
  }

  package enum Mode {
    case readWrite, readOnly
  }

  package init(_ path: String, _ mode: Mode) throws(JournalError) {
    self.path = path
    let flags =
      mode == .readWrite
      ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
      : SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX
    var opened: OpaquePointer?
    let status = sqlite3_open_v2(path, &opened, flags, nil)
    guard status == SQLITE_OK, let opened else {
      let error = Self.error(opened, status, path, "opening")
      sqlite3_close_v2(opened)
      throw error
    }
    handle = opened
    sqlite3_extended_result_codes(handle, 1)
    // A reader of another process (a backup, sqlite3 in a terminal) may hold the file for a moment.
    sqlite3_busy_timeout(handle, 5_000)
  }

  deinit {
    cache = [:]
    queries = [:]
    sqlite3_close_v2(handle)
  }

  /// Runs statements that return nothing; for the rare ones.
  package func execute(_ sql: String) throws(JournalError) {
    let status = sqlite3_exec(handle, sql, nil, nil, nil)
    if status != SQLITE_OK { throw failure(status, "running a statement") }
  }

  /// A compiled statement, kept for the next time, reset and ready to bind.
  package func statement(_ sql: StaticString) throws(JournalError) -> Statement {
    let key = StaticStringKey(start: sql.utf8Start)
    if let known = cache[key] {
      known.reset()
      return known
    }
    let statement = try prepare(sql.description, isKept: true)
    cache[key] = statement
    return statement
  }

  /// Reads with a statement that is compiled once for its text, of which there are few. It is reset behind `body`, so that
  /// no read goes on that would keep the write-ahead log from being taken in.
  func query<T>(_ sql: String, _ body: (Statement) throws(JournalError) -> T) throws(JournalError) -> T {
    // Taken out meanwhile: within a query, the same one is another.
    let statement: Statement
    if let known = queries.removeValue(forKey: sql) {
      statement = known
    } else {
      statement = try prepare(sql, isKept: true)
    }
    defer {
      statement.reset()
      queries[sql] = statement
    }
    return try body(statement)
  }

  /// A statement whose text is put together for one use.
  package func prepare(_ sql: String, isKept: Bool = false) throws(JournalError) -> Statement {
    var prepared: OpaquePointer?
    let flags = isKept ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
    let status = sqlite3_prepare_v3(handle, sql, Int32(sql.utf8.count), flags, &prepared, nil)
    guard status == SQLITE_OK, let prepared else { throw failure(status, "preparing a statement") }
    return Statement(prepared, self)
  }

  /// The first column of the first row of a pragma or count.
  package func integer(_ sql: String) throws(JournalError) -> Int64 {
    let statement = try prepare(sql)
    return try statement.step() ? statement.integer(0) : 0
  }

  package func text(_ sql: String) throws(JournalError) -> String {
    let statement = try prepare(sql)
    return try statement.step() ? statement.text(0) ?? "" : ""
  }

  /// Runs `body` as one transaction: all of it or nothing.
  package func transaction(_ body: () throws(JournalError) -> Void) throws(JournalError) {
    try run("BEGIN IMMEDIATE")
    do throws(JournalError) {
      try body()
      try run("COMMIT")
    } catch {
      // After some failures SQLite has rolled back by itself.
      if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
      throw error
    }
  }

  private func run(_ sql: StaticString) throws(JournalError) { _ = try statement(sql).step() }

  package var changes: Int64 { sqlite3_changes64(handle) }

  func failure(_ status: Int32, _ doing: String) -> JournalError { Self.error(handle, status, path, doing) }

  private static func error(_ handle: OpaquePointer?, _ status: Int32, _ path: String, _ doing: String) -> JournalError
  {
    let code = handle.map { sqlite3_extended_errcode($0) } ?? status
    let text = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(status))
    let system = handle.map { sqlite3_system_errno($0) } ?? 0
    let kind: JournalError.Kind =
      switch code & 0xFF {
      case SQLITE_FULL: .full
      case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: .readOnly
      case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
      case SQLITE_BUSY, SQLITE_LOCKED: .locked
      case SQLITE_IOERR where system == ENOSPC || system == EDQUOT: .full
      case SQLITE_IOERR where system == EROFS: .readOnly
      case SQLITE_CANTOPEN where system == EACCES || system == EROFS: .readOnly
      case SQLITE_CONSTRAINT, SQLITE_ERROR, SQLITE_MISUSE, SQLITE_RANGE, SQLITE_MISMATCH: .invalid
      default: .io
      }
    return JournalError(kind, "journal '\(path)': \(text) (while \(doing))", code: code)
  }
}
