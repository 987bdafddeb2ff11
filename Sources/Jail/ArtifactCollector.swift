internal import CJailCalls
internal import Glibc
internal import Posix

/// Reads what a run left in its workspace: plain files only, bounded, beneath the folder, following no link.
///
/// The workspace is known by a descriptor that the reaper sent, so its mount outlives the jail and no path is involved.
/// Called once the whole tree is dead: nothing changes underneath.
struct ArtifactCollector {
  private let root: Int32
  private let limits: JailLimits
  private(set) var artifacts: [JailArtifact] = []
  private(set) var skipped: [String] = []
  private(set) var isLimited = false
  /// A file as large as a file may be: its writer most likely met the limit.
  private(set) var sawLargestFile = false
  private var bytes = 0
  private var visited = 0

  private static let depth = 16
  private static let entries = 10_000
  private static let skippedLimit = 64

  init(workspace: Int32, limits: JailLimits) {
    root = workspace
    self.limits = limits
  }

  /// `given` are files that were put there before the start; those that are unchanged are not artifacts.
  mutating func collect(given: [String: [UInt8]]) {
    walk("", depth: 0, given: given)
    artifacts.sort { $0.path < $1.path }
  }

  private mutating func walk(_ folder: String, depth: Int, given: [String: [UInt8]]) {
    guard depth < Self.depth else { return skip(folder + "/") }
    let raw = bh_call_open_beneath(root, folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY)
    guard raw >= 0 else { return skip(folder + "/") }
    guard let stream = fdopendir(raw) else {
      close(raw)
      return skip(folder + "/")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      visited += 1
      guard visited <= Self.entries else {
        isLimited = true
        break
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
      }
      guard let name else {
        skip("(name that is not UTF-8)")
        continue
      }
      if name != ".", name != ".." { names.append(name) }
    }
    for name in names.sorted() { take(folder.isEmpty ? name : "\(folder)/\(name)", depth: depth, given: given) }
  }

  private mutating func take(_ path: String, depth: Int, given: [String: [UInt8]]) {
    // O_NONBLOCK: opening a pipe must not wait for its other end.
    let raw = bh_call_open_beneath(root, path, O_RDONLY | O_NONBLOCK)
    guard raw >= 0 else { return skip(path) }
    let file = Descriptor(owning: raw)
    var status = stat()
    guard fstat(file.raw, &status) == 0 else { return skip(path) }
    if status.st_mode & S_IFMT == S_IFDIR { return walk(path, depth: depth + 1, given: given) }
    guard status.st_mode & S_IFMT == S_IFREG else { return skip(path) }
    let size = Int(status.st_size)
    if let limit = limits.fileSizeBytes, UInt64(max(0, size)) >= limit { sawLargestFile = true }
    guard artifacts.count < limits.artifacts, size <= limits.artifactBytes - bytes else {
      isLimited = true
      return skip(path)
    }
    do {
      let contents = try file.readAll(limit: size)
      if given[path] == contents { return }
      bytes += contents.count
      artifacts.append(JailArtifact(path: path, contents: contents, mode: status.st_mode & 0o777))
    } catch {
      skip(path)
    }
  }

  private mutating func skip(_ path: String) {
    if skipped.count < Self.skippedLimit { skipped.append(path) }
  }
}
