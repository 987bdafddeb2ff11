internal import Glibc
package import Posix

/// A part of the control groups of version 2 that was delegated to this process: by systemd (`Delegate=memory pids`), or by
/// whoever made a folder for it and started it in there.
package struct ControlGroupTree: Sendable {
  package let path: String
  /// Those of `memory` and `pids` that its groups get.
  package let controllers: [String]

  package static let wanted = ["memory", "pids"]

  /// Why there is none, in a few words.
  package struct Missing: Error, CustomStringConvertible {
    package let description: String
  }

  /// The group that this process is in, if it is alone there and may write it. Nothing is changed.
  package static func find() throws(Missing) -> ControlGroupTree {
    guard let mount else { throw Missing(description: "no cgroup2 is mounted") }
    let own = ControlGroup.text(in: "/proc/self/cgroup")?.split(separator: "\n").first { $0.hasPrefix("0::") }
    guard let own else { throw Missing(description: "this process is in no group of version 2") }
    let path = mount + own.dropFirst(3)
    guard own.count > 4 else { throw Missing(description: "this process is in the root of '\(mount)'") }
    for file in ["", "/cgroup.procs", "/cgroup.subtree_control"] where access(path + file, W_OK) != 0 {
      throw Missing(description: "'\(path)\(file)' cannot be written: \(errnoMessage(errno))")
    }
    let members = ControlGroup.text(in: path + "/cgroup.procs")?.split(separator: "\n") ?? []
    guard members == ["\(getpid())"] else {
      throw Missing(description: "'\(path)' holds \(members.count) processes where this one alone is due")
    }
    let there = ControlGroup.text(in: path + "/cgroup.controllers")?.split { " \n".contains($0) } ?? []
    return ControlGroupTree(path: path, controllers: wanted.filter { there.contains(Substring($0)) })
  }

  /// Moves this process into a leaf, since a group with processes has no groups with limits, and passes the controllers on.
  /// What a former process left is ended and removed.
  package func claim() throws(PosixError) {
    for name in ["coordinator", "workers", "jails"] { try makeFolder("\(path)/\(name)") }
    try ControlGroup.write("0", to: path + "/coordinator/cgroup.procs")
    try enable(in: path)
    try clean("\(path)/workers")
    try clean("\(path)/jails")
    try enable(in: "\(path)/workers")
  }

  /// Where a group for each worker can be made.
  package var workers: String { path + "/workers" }

  /// A part of it for a worker that builds jails, which then belongs to `owner`: the groups of its runs go below it, and
  /// itself into the leaf `worker`.
  package func delegate(_ name: String, to owner: (uid: UInt32, gid: UInt32)?) throws(PosixError) -> String {
    let folder = "\(path)/jails/\(name)"
    try enable(in: "\(path)/jails")
    try makeFolder(folder)
    try enable(in: folder)
    try makeFolder(folder + "/worker")
    guard let owner else { return folder }
    for part in ["", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads", "/worker", "/worker/cgroup.procs"] {
      try posix("chown", folder + part) { chown(folder + part, owner.uid, owner.gid) }
    }
    return folder
  }

  private func enable(in folder: String) throws(PosixError) {
    if controllers.isEmpty { return }
    let text = controllers.map { "+" + $0 }.joined(separator: " ")
    try ControlGroup.write(text, to: folder + "/cgroup.subtree_control")
  }

  private func makeFolder(_ path: String) throws(PosixError) {
    if mkdir(path, 0o755) != 0, errno != EEXIST { throw PosixError.current("mkdir", path) }
  }

  /// Removes the groups without processes beside `group`.
  static func removeEmpty(besides group: String) {
    guard let slash = group.lastIndex(of: "/") else { return }
    let folder = String(group[..<slash])
    // Safety: what is left is removed by the next coordinator.
    for name in (try? names(in: folder)) ?? [] where "\(folder)/\(name)" != group {
      ControlGroup.remove("\(folder)/\(name)")
    }
  }

  /// Ends every process below `folder`, and removes the groups as these go.
  private func clean(_ folder: String) throws(PosixError) {
    for name in try Self.names(in: folder) {
      let group = "\(folder)/\(name)"
      try ControlGroup.write("1", to: group + "/cgroup.kill", ifThere: true)
      try clean(group)
      ControlGroup.dissolve(group)
    }
  }

  private static func names(in folder: String) throws(PosixError) -> [String] {
    guard let stream = opendir(folder) else { throw PosixError.current("opendir", folder) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
      }
      if let name, entry.pointee.d_type == folderType, name != ".", name != ".." { names.append(name) }
    }
    closedir(stream)
    return names
  }

  /// Where all groups of version 2 are mounted, on their own or beside those of version 1.
  private static var mount: String? {
    for line in ControlGroup.text(in: "/proc/self/mountinfo")?.split(separator: "\n") ?? [] {
      let parts = line.split(separator: " ")
      guard let dash = parts.firstIndex(of: "-"), parts.count > dash + 1, parts[dash + 1] == "cgroup2", parts.count > 4,
        parts[3] == "/"
      else { continue }
      return String(parts[4])
    }
    return nil
  }
}

/// DT_DIR, which is an enumerator there.
private let folderType: UInt8 = 4
