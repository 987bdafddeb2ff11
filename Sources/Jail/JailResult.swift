/// How a run ended, in one word.
package struct JailReason: RawRepresentable, Sendable, Hashable {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }

  package static let ok = JailReason(rawValue: "ok")
  package static let nonzeroExit = JailReason(rawValue: "nonzero_exit")
  package static let timeout = JailReason(rawValue: "timeout")
  package static let cpuLimit = JailReason(rawValue: "cpu_limit")
  package static let memoryLimit = JailReason(rawValue: "memory_limit")
  package static let outputLimit = JailReason(rawValue: "output_limit")
  package static let processLimit = JailReason(rawValue: "process_limit")
  package static let workspaceLimit = JailReason(rawValue: "workspace_limit")
  package static let syscallDenied = JailReason(rawValue: "syscall_denied")
  package static let signal = JailReason(rawValue: "signal")
  package static let cancelled = JailReason(rawValue: "cancelled")
  package static let setupFailed = JailReason(rawValue: "setup_failed")
  package static let workerLost = JailReason(rawValue: "worker_lost")
}

/// A limit that was reached. Those that give the program an errno are seen by sampling: best effort.
package enum JailLimitHit: String, Sendable, Hashable, Comparable {
  case wall, cpu, memory, output, processes, workspace
  case openFiles = "open_files"
  case fileSize = "file_size"
  case artifacts

  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// One kind of refused act. Exact: reported by the kernel.
package struct JailDenial: Sendable, Hashable {
  /// The system call; `syscall 999` when it has no name here.
  package var name: String
  package var number: Int32
  /// What the program got.
  package var errno: Int32
  /// The first arguments seen.
  package var arguments: [UInt64]
  package var count: Int
}

/// A host that a run wanted to reach and was refused, as the one who serves its proxy says.
package struct JailHostDenial: Sendable, Hashable {
  /// `name:port`.
  package var host: String
  package var why: String
  /// False: concluded, where what the run wanted is not known.
  package var isExact: Bool
  package var count = 1

  package init(host: String, why: String, isExact: Bool) {
    self.host = host
    self.why = why
    self.isExact = isExact
  }
}

/// What went through the proxy of a run.
package struct JailNetworkUse: Sendable, Hashable {
  package var connections: Int64 = 0
  package var sentBytes: Int64 = 0
  package var receivedBytes: Int64 = 0

  package init() {}
}

/// A setup stage that failed.
package struct JailSetupFailure: Sendable, Hashable, CustomStringConvertible {
  package var stage: String
  package var errno: Int32
  /// Which mount, rule or step of that stage.
  package var index: Int32
  /// The path that it was about, where it was about one.
  package var path: String?

  package var description: String {
    "stage '\(stage)' (\(path.map { "'\($0)'" } ?? "\(index)")): errno \(errno)"
  }
}

package struct JailOutput: Sendable, Hashable {
  package var bytes: [UInt8] = []
  package var isTruncated = false
}

package struct JailArtifact: Sendable, Hashable {
  /// Relative to the workspace.
  package var path: String
  package var contents: [UInt8]
  package var mode: UInt32
}

/// What the whole tree used.
package struct JailReceipt: Sendable, Hashable {
  package var userMicroseconds: UInt64 = 0
  package var systemMicroseconds: UInt64 = 0
  package var wallMicroseconds: UInt64 = 0
  /// The larger of the largest process and the largest tree seen at a look of the watchdog.
  package var peakMemoryBytes: UInt64 = 0
  package var readBytes: UInt64 = 0
  package var writtenBytes: UInt64 = 0
  package var workspaceBytes: UInt64 = 0
}

package struct JailResult: Sendable {
  package var reason: JailReason = .workerLost
  /// Nil when a signal ended the program, or it never started.
  package var exitCode: Int32?
  package var signal: Int32?
  package var output = JailOutput()
  package var errorOutput = JailOutput()
  package var limitsHit: Set<JailLimitHit> = []
  package var denials: [JailDenial] = []
  /// More kinds of denials than are kept.
  package var denialsAreTruncated = false
  /// Of a run that is proxied; set by who serves the proxy.
  package var hostDenials: [JailHostDenial] = []
  package var networkUse: JailNetworkUse?
  package var artifacts: [JailArtifact] = []
  /// Files that were left behind: too many, too large, not plain files.
  package var skippedArtifacts: [String] = []
  package var setupFailure: JailSetupFailure?
  package var receipt = JailReceipt()
}
