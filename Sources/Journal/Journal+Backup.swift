internal import CSQLite
internal import Glibc
internal import Posix

extension Journal {
  /// Copies the journal into a new file while it is in use, on a thread of its own; the copy is one moment's state.
  package func backUp(to file: String, then: @escaping (Result<Int64, JournalError>) -> Void) {
    final class Box: @unchecked Sendable {
      // Safety: made and called on the loop's thread; the thread between only carries it.
      let then: (Result<Int64, JournalError>) -> Void
      init(_ then: @escaping (Result<Int64, JournalError>) -> Void) { self.then = then }
    }
    let box = Box(then)
    let (path, loop) = (path, self.loop)
    startThread("backup") {
      let result = Result { () throws(JournalError) in try Self.copy(path, to: file) }
      loop.submit { box.then(result) }
    }
  }

  private static func copy(_ source: String, to file: String) throws(JournalError) -> Int64 {
    let from = try Database(source, .readOnly)
    // Under another name first: a copy that has its name is whole.
    let partial = file + ".partial"
    unlink(partial)
    let to = try Database(partial, .readWrite)
    guard let backup = sqlite3_backup_init(to.handle, "main", from.handle, "main") else {
      throw to.failure(sqlite3_errcode(to.handle), "starting a backup")
    }
    let status = sqlite3_backup_step(backup, -1)
    sqlite3_backup_finish(backup)
    guard status == SQLITE_DONE else {
      let error = to.failure(status, "copying")
      unlink(partial)
      throw error
    }
    guard try to.text("PRAGMA integrity_check(1)") == "ok" else {
      unlink(partial)
      throw JournalError(.corrupt, "the copy of journal '\(source)' is damaged; the journal may be, too")
    }
    chmod(partial, 0o600)
    guard rename(partial, file) == 0 else {
      throw JournalError(.io, "journal: '\(file)' cannot be named: \(errnoMessage(errno))")
    }
    return try to.integer("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
  }
}
