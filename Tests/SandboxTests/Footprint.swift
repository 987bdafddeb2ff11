import Foundation
import Posix
import Testing

/// What a worker and everything below it hold, as the kernel tells it.
struct Footprint: Equatable {
  /// Descriptors of the worker.
  var descriptors: Int
  /// Processes below the one that the coordinator started.
  var processes: Int
  /// Mounts of the worker's namespace.
  var mounts: Int
  /// Names in the worker's own /tmp.
  var files: Int
}

extension SandboxBench {
  private var worker: Int32 { descendants().first { $0.name.hasPrefix("sandbox-work") }?.pid ?? pid }

  var footprint: Footprint {
    let worker = worker
    func entries(_ path: String) -> Int {
      (try? FileManager.default.contentsOfDirectory(atPath: path).count) ?? -1  // Safety: -1 is what a test then sees.
    }
    return Footprint(
      descriptors: entries("/proc/\(worker)/fd"),
      processes: descendants().count,
      mounts: Self.text("/proc/\(worker)/mounts").split(separator: "\n").count,
      files: entries("/proc/\(worker)/root/tmp")
    )
  }

  /// Proportional bytes of the worker and of everything below it.
  var memory: Int {
    (descendants().map(\.pid) + [pid]).reduce(0) { sum, pid in
      let line = Self.text("/proc/\(pid)/smaps_rollup").split(separator: "\n").first { $0.hasPrefix("Pss:") }
      return sum + (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
  }

  /// The footprint once no interpreter waits and nothing has changed for a third of a second.
  func settledFootprint() throws -> Footprint {
    var last = footprint
    var since = BootTime.now
    try until("no interpreter waits and nothing moves", within: 60) {
      let now = self.footprint
      if now != last || self.descendants().contains(where: { $0.name.hasPrefix("python3") }) { since = .now }
      last = now
      return BootTime.now.milliseconds(since: since) > 333
    }
    return last
  }

  private static func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}
