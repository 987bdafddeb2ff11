internal import CLinux
internal import Glibc
internal import JSON
internal import Posix
internal import WorkerKit

/// A walk over a folder and what lies below, in the order of names; follows no link, and every step is opened beneath
/// the root. Bounded in entries and depth.
struct Walk {
  struct Entry {
    /// Relative to the root.
    let path: String
    /// Relative to where the walk began.
    let name: String
    let status: stat
  }

  static let entries = 200_000
  static let depth = 64

  let isRecursive: Bool
  let glob: Glob?
  /// Entries that could not be told or opened: no UTF-8 in their name, no permission, too deep.
  private(set) var skipped = 0
  /// There was more than `entries`.
  private(set) var isExhausted = false
  private var visited = 0

  init(isRecursive: Bool, glob: Glob?) {
    self.isRecursive = isRecursive
    self.glob = glob
  }

  /// Calls `visit` for each entry that the glob takes, until it says false.
  mutating func run(_ root: borrowing Root, from start: String, _ visit: (Entry) throws -> Bool) throws {
    let folder = try root.open(start, O_RDONLY | O_DIRECTORY)
    _ = try walk(root, folder, start == "." ? "" : start + "/", "", 0, visit)
  }

  private mutating func walk(
    _ root: borrowing Root,
    _ folder: borrowing Descriptor,
    _ prefix: String,
    _ name: String,
    _ depth: Int,
    _ visit: (Entry) throws -> Bool
  ) throws -> Bool {
    for child in try names(folder) {
      var status = stat()
      guard fstatat(folder.raw, child, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
        skipped += 1
        continue
      }
      let entry = Entry(path: prefix + child, name: name + child, status: status)
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      if glob?.matches(entry.name) ?? true, try !visit(entry) { return false }
      guard isRecursive, isFolder else { continue }
      if isExhausted { return false }
      guard depth < Self.depth, let next = open(root, entry.path) else {
        skipped += 1
        continue
      }
      if try !walk(root, next, entry.path + "/", entry.name + "/", depth + 1, visit) { return false }
    }
    return !isExhausted
  }

  /// nil when it cannot be opened, or is no folder any more.
  private func open(_ root: borrowing Root, _ path: String) -> Descriptor? {
    do { return try root.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) } catch { return nil }
  }

  private mutating func names(_ folder: borrowing Descriptor) throws -> [String] {
    let copy = try folder.duplicate().release()
    guard let stream = fdopendir(copy) else {
      close(copy)
      throw PosixError.current("fdopendir")
    }
    defer { closedir(stream) }
    rewinddir(stream)
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
      }
      if name == "." || name == ".." { continue }
      visited += 1
      if visited > Self.entries {
        isExhausted = true
        break
      }
      if let name { names.append(name) } else { skipped += 1 }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
