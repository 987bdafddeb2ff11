internal import CSQLite

/// Texts that are searched by their words: SQLite's FTS5 in memory, with Porter's stems and without accents.
///
/// Safety: used by one task at a time; the connection is closed with the object, after its statements.
package final class TextIndex {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Words of a query; what is beyond says little more.
  private static let wordLimit = 64
  /// Of one text.
  private static let textLimit = 16_384

  private let handle: OpaquePointer
  private let columns: [String]
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  /// - Parameter columns: plain names.
  package init(columns: [String]) throws(Failure) {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_MEMORY
    guard sqlite3_open_v2(":memory:", &opened, flags, nil) == SQLITE_OK, let opened else {
      sqlite3_close_v2(opened)
      throw Failure(description: "no database in memory")
    }
    handle = opened
    self.columns = columns
    try run(
      """
      PRAGMA temp_store = MEMORY;
      CREATE VIRTUAL TABLE texts USING fts5(\(columns.joined(separator: ", ")), \
      tokenize = 'porter unicode61 remove_diacritics 2');
      CREATE VIRTUAL TABLE words USING fts5vocab('texts', 'instance');
      """
    )
  }

  deinit { sqlite3_close_v2(handle) }

  /// Adds texts, one for each column, under a number of the caller's.
  package func insert(_ row: Int, _ texts: [String]) throws(Failure) {
    let places = (columns + ["rowid"]).map { _ in "?" }.joined(separator: ", ")
    let statement = try prepare("INSERT INTO texts (rowid, \(columns.joined(separator: ", "))) VALUES (\(places))")
    defer { sqlite3_finalize(statement) }
    sqlite3_bind_int64(statement, 1, Int64(row))
    for (i, text) in texts.enumerated() { bind(statement, Int32(i + 2), String(text.prefix(Self.textLimit))) }
    guard sqlite3_step(statement) == SQLITE_DONE else { throw failure() }
  }

  /// Rows that have any of the query's words, best first by BM25.
  ///
  /// - Parameter weights: of the columns.
  package func search(_ query: String, weights: [Double], limit: Int) throws(Failure) -> [Int] {
    let words = SilentWords.without(query)
    if words.isEmpty { return [] }
    // Quoted, a word is nothing but a word.
    let match = words.map { "\"\($0)\"" }.joined(separator: " OR ")
    let statement = try prepare(
      """
      SELECT rowid FROM texts WHERE texts MATCH ?
      ORDER BY bm25(texts, \(weights.map { "\($0)" }.joined(separator: ", "))), rowid LIMIT \(limit)
      """
    )
    defer { sqlite3_finalize(statement) }
    bind(statement, 1, match)
    var rows: [Int] = []
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: rows.append(Int(sqlite3_column_int64(statement, 0)))
      case SQLITE_DONE: return rows
      default: throw failure()
      }
    }
  }

  /// The stems of each row, as they were indexed.
  package func stems() throws(Failure) -> [Int: Set<String>] {
    let statement = try prepare("SELECT doc, term FROM words")
    defer { sqlite3_finalize(statement) }
    var stems: [Int: Set<String>] = [:]
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW:
        guard let text = sqlite3_column_text(statement, 1) else { continue }
        stems[Int(sqlite3_column_int64(statement, 0)), default: []].insert(String(cString: text))
      case SQLITE_DONE: return stems
      default: throw failure()
      }
    }
  }

  /// Letters and digits in a row, small, each once.
  package static func words(_ text: String) -> [String] {
    var seen: Set<String> = []
    var words: [String] = []
    for part in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) where words.count < wordLimit
    {
      if seen.insert(String(part)).inserted { words.append(String(part)) }
    }
    return words
  }

  private func run(_ sql: String) throws(Failure) {
    if sqlite3_exec(handle, sql, nil, nil, nil) != SQLITE_OK { throw failure() }
  }

  private func prepare(_ sql: String) throws(Failure) -> OpaquePointer {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else { throw failure() }
    return statement
  }

  private func bind(_ statement: OpaquePointer, _ position: Int32, _ text: String) {
    sqlite3_bind_text(statement, position, text, Int32(text.utf8.count), Self.transient)
  }

  private func failure() -> Failure {
    Failure(description: "full-text search: \(String(cString: sqlite3_errmsg(handle)))")
  }
}
