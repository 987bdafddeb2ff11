internal import Glibc
internal import Posix

extension FileView {
  /// Where this process has its own shared libraries from, except the system's folders: what a program of the same build
  /// needs to see.
  package static func loadedLibraryFolders() -> [String] {
    // Safety: without the list no folder is added, and a worker that needs one says so.
    guard let maps = try? Descriptor.open("/proc/self/maps", O_RDONLY).readAll(limit: 1 << 20) else {
      return []
    }
    var folders: Set<String> = []
    for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
      guard let start = line.firstIndex(of: "/") else { continue }
      let path = line[start...]
      guard path.contains(".so"), !path.hasPrefix("/usr/"), !path.hasPrefix("/lib"), let slash = path.lastIndex(of: "/")
      else { continue }
      folders.insert(String(path[..<slash]))
    }
    return folders.sorted()
  }
}
