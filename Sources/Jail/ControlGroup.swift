internal import Glibc
package import Posix

/// A control group (version 2) around one jail, launcher and reaper included: the kernel's own limit of memory and
/// processes, an exact account of processor time, and an end of everything at once. What its parent has no controller for
/// is left to the watchdog, which goes on in any case: it is what says why a run ended.
package final class ControlGroup {
  /// The launcher and the reaper.
  private static let ownProcesses: UInt64 = 2

  package let path: String
  private let procs: Descriptor

  /// What its processes came to.
  package struct Usage: Sendable, Equatable {
    package var cpuMicroseconds: UInt64 = 0
    /// Nil without the memory controller.
    package var peakBytes: UInt64?
    /// Processes that the kernel ended at the limit of memory.
    package var memoryKills: UInt64 = 0
    /// Processes or threads that it refused.
    package var refusedProcesses: UInt64 = 0
  }

  /// Makes a group of its own in `parent`, a folder that this user may write.
  package init(in parent: String, limits: JailLimits) throws(PosixError) {
    let path = "\(parent)/run-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    try posix("mkdir", path) { mkdir(path, 0o755) }
    do throws(PosixError) {
      if let bytes = limits.memoryBytes {
        try Self.write("\(bytes)", to: path + "/memory.max", ifThere: true)
        // Else what is over the limit would be on the disk.
        try Self.write("0", to: path + "/memory.swap.max", ifThere: true)
      }
      if let processes = limits.processes {
        try Self.write("\(UInt64(processes) + Self.ownProcesses)", to: path + "/pids.max", ifThere: true)
      }
      procs = try Descriptor.open(path + "/cgroup.procs", O_WRONLY)
    } catch {
      rmdir(path)
      throw error
    }
    self.path = path
  }

  /// For `SpawnPlan.controlGroup`.
  var descriptor: Int32 { procs.raw }

  /// SIGKILL to every process in it.
  package func kill() throws(PosixError) { try Self.write("1", to: path + "/cgroup.kill") }

  package var usage: Usage {
    var usage = Usage()
    usage.cpuMicroseconds = number("usage_usec", in: "cpu.stat") ?? 0
    usage.peakBytes = Self.text(in: path + "/memory.peak").flatMap { UInt64($0.prefix { $0.isNumber }) }
    usage.memoryKills = number("oom_kill", in: "memory.events") ?? 0
    usage.refusedProcesses = number("max", in: "pids.events") ?? 0
    return usage
  }

  private func number(_ key: String, in file: String) -> UInt64? {
    for line in Self.text(in: "\(path)/\(file)")?.split(separator: "\n") ?? [] {
      let parts = line.split(separator: " ")
      if parts.count == 2, parts[0] == key { return UInt64(parts[1]) }
    }
    return nil
  }

  /// True once it is gone; false while a process of it lives.
  @discardableResult
  static func remove(_ path: String) -> Bool { rmdir(path) == 0 || errno == ENOENT }

  /// Removes it, and what is still in it: after a launcher that was killed the rest takes a moment to end.
  static func dissolve(_ path: String) {
    if remove(path) { return }
    startThread("cgroup") {
      for _ in 0..<500 {
        // Safety: without the file the processes end by themselves, since pid 1 of the jail is ending.
        try? write("1", to: path + "/cgroup.kill", ifThere: true)
        if remove(path) { return }
        usleep(10_000)
      }
    }
  }

  // MARK: Files

  static func text(in path: String) -> String? {
    // Safety: a file that is not there belongs to a controller that is not there.
    (try? Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
  }

  static func write(_ text: String, to path: String, ifThere: Bool = false) throws(PosixError) {
    if ifThere, access(path, F_OK) != 0 { return }
    try Descriptor.open(path, O_WRONLY).writeAll(text.utf8)
  }
}
