internal import CSQLite

/// A compiled statement: bind, then step through its rows.
///
/// Safety: `handle` lives as long as this object, which holds its connection. Bound text and bytes are copied by SQLite
/// (`transient`), so nothing of ours must outlive the call.
package final class Statement {
  private let handle: OpaquePointer
  private unowned let database: Database
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  init(_ handle: OpaquePointer, _ database: Database) {
    self.handle = handle
    self.database = database
  }

  deinit { sqlite3_finalize(handle) }

  func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  /// Parameters count from 1; what is not bound is NULL.
  package func bind(_ position: Int32, _ value: Int64?) {
    guard let value else { return }
    sqlite3_bind_int64(handle, position, value)
  }

  package func bind(_ position: Int32, _ value: String?) {
    guard var value else { return }
    value.withUTF8 { bind(position, $0) }
  }

  /// UTF-8 that is text in the database.
  package func bind(_ position: Int32, _ value: [UInt8]?) {
    guard let value else { return }
    value.withUnsafeBufferPointer { bind(position, $0) }
  }

  private func bind(_ position: Int32, _ text: UnsafeBufferPointer<UInt8>) {
    guard !text.isEmpty else {
      // An empty text is a text; without an address it would be NULL.
      sqlite3_bind_text(handle, position, "", 0, Self.transient)
      return
    }
    text.withMemoryRebound(to: CChar.self) {
      _ = sqlite3_bind_text(handle, position, $0.baseAddress, Int32($0.count), Self.transient)
    }
  }

  /// Bytes that are none in the database's sense of text.
  package func bind(_ position: Int32, blob: [UInt8]) {
    blob.withUnsafeBytes { _ = sqlite3_bind_blob(handle, position, $0.baseAddress, Int32($0.count), Self.transient) }
  }

  /// Goes to the next row; false when there is none.
  package func step() throws(JournalError) -> Bool {
    let status = sqlite3_step(handle)
    switch status {
    case SQLITE_ROW: return true
    case SQLITE_DONE:
      sqlite3_reset(handle)
      return false
    default:
      let error = database.failure(status, "reading or writing")
      sqlite3_reset(handle)
      throw error
    }
  }

  /// Runs a statement that returns no rows.
  package func run() throws(JournalError) { _ = try step() }

  // MARK: Columns, counted from 0

  package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  package func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

  package func text(_ column: Int32) -> String? {
    guard let start = sqlite3_column_text(handle, column) else { return nil }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  package func bytes(_ column: Int32) -> [UInt8]? {
    guard let start = sqlite3_column_text(handle, column) else { return nil }
    return [UInt8](UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }
  package func blob(_ column: Int32) -> [UInt8]? {
    guard let start = sqlite3_column_blob(handle, column) else { return isNull(column) ? nil : [] }
    return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }

  /// The bytes of a text or a blob, without a copy.
  package func withBytes<T>(
    _ column: Int32,
    _ body: (UnsafeRawBufferPointer) throws(JournalError) -> T
  ) throws(JournalError) -> T {
    let start = sqlite3_column_blob(handle, column)
    return try body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }
}
