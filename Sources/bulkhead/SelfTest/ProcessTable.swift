internal import Glibc
internal import Posix

/// What the kernel lists below this process.
///
/// The self-test is a subreaper (prctl(2)), so whatever a killed coordinator leaves behind becomes its child: an orphan
/// cannot hide by being nobody's.
enum ProcessTable {
  struct Entry {
    let pid: Int32
    let parent: Int32
    let name: String
    let isZombie: Bool
  }

  /// All processes below this one, children before their own children.
  static func descendants() -> [Entry] {
    var children: [Int32: [Entry]] = [:]
    for entry in all() { children[entry.parent, default: []].append(entry) }
    var found: [Entry] = []
    var parents = [getpid()]
    while let parent = parents.popLast() {
      for child in children[parent] ?? [] {
        found.append(child)
        parents.append(child.pid)
      }
    }
    return found
  }

  private static func all() -> [Entry] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var entries: [Entry] = []
    while let item = readdir(folder) {
      let name = withUnsafeBytes(of: &item.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if let pid = Int32(name), let entry = entry(pid) { entries.append(entry) }
    }
    return entries
  }

  /// `pid (name) state parent …`; the name may hold spaces and brackets. nil for one that has just gone.
  private static func entry(_ pid: Int32) -> Entry? {
    // Safety: a process that ended meanwhile is none.
    guard let bytes = try? Descriptor.open("/proc/\(pid)/stat", O_RDONLY).readAll(limit: 4_096) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { return nil }
    let rest = text[text.index(after: close)...].split(separator: " ")
    guard rest.count > 1, let parent = Int32(rest[1]) else { return nil }
    return Entry(
      pid: pid,
      parent: parent,
      name: String(text[text.index(after: open)..<close]),
      isZombie: rest[0] == "Z"
    )
  }

  /// Takes the exits of adopted processes, so that none is counted that is only waited for.
  static func reapAdopted(except own: Int32) {
    for entry in all() where entry.parent == getpid() && entry.isZombie && entry.pid != own {
      var status: Int32 = 0
      waitpid(entry.pid, &status, WNOHANG)
    }
  }
}
