internal import CLinux
internal import Glibc
internal import Posix

enum Errno {
  static let noSpace = ENOSPC
  static let quota = EDQUOT
  static let readOnly = EROFS
  static let access = EACCES
  static let permission = EPERM
  static let missing = ENOENT
}

/// The store's folder and what is done to files in it; every path is relative to the open folder, so that nothing that
/// is renamed above it matters.
///
/// `blobs/ab/cdef…` is the artifact whose digest is `abcdef…`; `blobs/uploads/` holds what is not finished.
struct BlobDirectory: ~Copyable {
  private let root: Descriptor
  /// Folders whose own names are known to be on the disk.
  private var settledFolders: Set<String> = []
  static let uploads = "uploads"

  /// Makes what is missing, mode 0700, and locks it against other processes (flock(2); ends with the descriptor).
  init(_ path: String) throws(BlobError) {
    do {
      root = try Self.openRoot(path)
    } catch {
      if error.errno == EWOULDBLOCK {
        throw BlobError(.inUse, "artifact store '\(path)' is in use by another process", underlying: error)
      }
      throw .system(error, while: "opening the artifact store")
    }
  }

  private static func openRoot(_ path: String) throws(PosixError) -> Descriptor {
    try makeDirectory(path, at: AT_FDCWD)
    let root = try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    let raw = root.raw
    try posix("flock", path) { flock(raw, LOCK_EX | LOCK_NB) }
    try makeDirectory(uploads, at: raw)
    return root
  }

  /// An existing one is no error.
  private static func makeDirectory(_ path: String, at parent: Int32) throws(PosixError) {
    guard mkdirat(parent, path, 0o700) == -1, errno != EEXIST else { return }
    throw PosixError.current("mkdir", path)
  }

  static func path(of digest: String) -> String { "\(digest.prefix(2))/\(digest.dropFirst(2))" }

  // MARK: Files

  func create(_ path: String) throws(PosixError) -> Descriptor {
    try open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o400)
  }

  /// nil when there is none.
  func openForReading(_ path: String) throws(PosixError) -> Descriptor? {
    do {
      return try open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, mode: 0)
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }

  private func open(_ path: String, _ flags: Int32, mode: UInt32) throws(PosixError) -> Descriptor {
    let raw = root.raw
    return Descriptor(owning: try posix("open", path) { openat(raw, path, flags | O_CLOEXEC, mode) })
  }

  /// nil when there is no such regular file.
  func size(of path: String) throws(PosixError) -> Int64? {
    var status = stat()
    guard fstatat(root.raw, path, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return nil }
      throw PosixError.current("stat", path)
    }
    return status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil
  }

  /// Seconds since it was stored, by the wall clock; 0 when that lies in the future.
  func age(of path: String) throws(PosixError) -> Int64 {
    var status = stat()
    let raw = root.raw
    try posix("stat", path) { fstatat(raw, path, &status, AT_SYMLINK_NOFOLLOW) }
    return max(0, Int64(time(nil)) - Int64(status.st_mtim.tv_sec))
  }

  /// One that is gone already is no error.
  func remove(_ path: String) throws(PosixError) {
    guard unlinkat(root.raw, path, 0) == -1, errno != ENOENT else { return }
    throw PosixError.current("unlink", path)
  }

  /// Gives a finished upload its place. Its bytes are on the disk then, its name after `settle`.
  func place(_ file: borrowing Descriptor, _ upload: String, as digest: String) throws(PosixError) {
    let raw = root.raw
    let descriptor = file.raw
    try posix("fsync", upload) { fsync(descriptor) }
    try Self.makeDirectory(String(digest.prefix(2)), at: raw)
    let target = Self.path(of: digest)
    // Replaces an equal artifact, and heals one whose bytes are damaged.
    try posix("rename", target) { renameat(raw, upload, raw, target) }
  }

  /// Makes the name of a placed artifact durable.
  mutating func settle(_ digest: String) throws(PosixError) {
    let folder = String(digest.prefix(2))
    try synchronize(folder)
    guard !settledFolders.contains(folder) else { return }
    let raw = root.raw
    try posix("fsync") { fsync(raw) }
    settledFolders.insert(folder)
  }

  /// Makes the removal or addition of names in `folder` durable.
  func synchronize(_ folder: String) throws(PosixError) {
    let directory = try open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, mode: 0)
    let raw = directory.raw
    try posix("fsync", folder) { fsync(raw) }
  }

  /// Names in `folder`, a relative path (`.`: the store itself), without `.` and `..`.
  func names(in folder: String) throws(PosixError) -> [String] {
    let directory = try open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, mode: 0)
    guard let stream = fdopendir(directory.raw) else { throw PosixError.current("fdopendir", folder) }
    // The stream owns the descriptor from here on.
    _ = directory.release()
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw PosixError.current("readdir", folder) }
        return names
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
  }
}
