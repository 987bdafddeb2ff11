internal import CLinux
internal import Glibc
internal import Posix
internal import WorkerKit

/// A new file under a name of its own that takes the place of `name` at once: whoever looks sees the old contents or the
/// new ones, also after a power failure.
struct AtomicWrite: ~Copyable {
  private let parent: Parent
  private let temporary: String
  private var isPlaced = false

  /// The folder was opened beneath the root; nothing here resolves a path of more than one name.
  init(_ parent: consuming Parent) {
    self.parent = parent
    temporary = ".bulkhead-" + String(UInt64.random(in: 0...UInt64.max), radix: 36) + ".tmp"
  }

  deinit {
    if !isPlaced { unlinkat(parent.folder.raw, temporary, 0) }
  }

  func current() throws -> stat? { try parent.current() }

  /// Writes and syncs. `mode` as for chmod(2).
  func write(_ bytes: [UInt8], mode: UInt32) throws {
    let raw = parent.folder.raw
    let temporary = temporary
    let file = Descriptor(
      owning: try posix("openat", temporary) {
        bulkhead_openat2(raw, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600, 0).asResult
      }
    )
    try file.writeAll(bytes)
    let written = file.raw
    try posix("fchmod") { fchmod(written, mode & 0o7777) }
    try posix("fsync") { fsync(written) }
  }

  /// Puts the file in its place; `replacing` an old one, or only where there is none.
  mutating func place(replacing: Bool) throws {
    let raw = parent.folder.raw
    let name = parent.name
    let temporary = temporary
    let flags = replacing ? 0 : UInt32(BULKHEAD_RENAME_NOREPLACE)
    if renameat2(raw, temporary, raw, name, flags) != 0 {
      // Some file systems cannot rename without replacing; a link never replaces.
      guard !replacing, errno == EINVAL else { throw PosixError.current("rename", name) }
      try posix("linkat", name) { linkat(raw, temporary, raw, name, 0) }
      unlinkat(raw, temporary, 0)
    }
    isPlaced = true
    try posix("fsync") { fsync(raw) }
  }
}

extension Parent {
  /// What the name stands for now, a link for itself; nil: nothing.
  func current() throws -> stat? {
    var status = stat()
    if fstatat(folder.raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return status }
    if errno == ENOENT { return nil }
    throw PosixError.current("fstatat", name)
  }
}

extension Int32 {
  /// A result or −errno as a result, or −1 and errno.
  fileprivate var asResult: Int32 {
    if self >= 0 { return self }
    errno = -self
    return -1
  }
}
