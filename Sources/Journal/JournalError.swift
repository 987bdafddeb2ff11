/// Why the journal could not be opened, read or written.
package struct JournalError: Error, Sendable, Equatable {
  package enum Kind: String, Sendable {
    /// No room on the disk, or a quota.
    case full = "storage_full"
    /// The file or its folder cannot be written.
    case readOnly = "storage_read_only"
    /// The file is damaged, or no journal at all.
    case corrupt = "journal_corrupt"
    /// Written by a newer version.
    case newer = "journal_newer"
    /// Another process holds it.
    case locked = "journal_locked"
    /// Reading or writing failed otherwise.
    case io = "storage_failed"
    /// A statement broke a rule of the schema: our mistake.
    case invalid = "journal_invalid"
    case closed = "journal_closed"
  }

  package let kind: Kind
  package let message: String
  /// SQLite's extended result code; 0 where it is not SQLite that speaks.
  package let code: Int32

  package init(_ kind: Kind, _ message: String, code: Int32 = 0) {
    self.kind = kind
    self.message = message
    self.code = code
  }

  /// Whether the same write may succeed later, when somebody has made room or put the disk right.
  package var mayPass: Bool {
    switch kind {
    case .full, .readOnly, .io, .locked: true
    case .corrupt, .newer, .invalid, .closed: false
    }
  }
}

extension JournalError: CustomStringConvertible {
  package var description: String { message }
}
