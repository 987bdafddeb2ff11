internal import Glibc
internal import Jail
internal import Synchronization
internal import WorkerKit

/// One run of a program that fetches credentials, in a jail that ends with it.
///
/// | | at most |
/// | --- | --- |
/// | time | 60 s, or what is left until the call's deadline |
/// | memory, processes | 1 GiB, 64 |
/// | output | 256 KiB |
struct HelperRun: Sendable {
  let program: String
  /// The one folder that it may write.
  let folder: String
  private let grants: Grants

  private static let granted = Mutex(Grants())
  /// Between the end of a run at its wall limit and the call's deadline, so that the answer still gets home.
  private static let margin: Int64 = 100
  private static let longest: Int64 = 60_000

  static func start(_ grants: Grants) {
    // No other process of this user may read the worker's memory.
    OwnNamespaces.setDumpable(false)
    granted.withLock { $0 = grants }
  }

  /// Throws `refused` when the operator granted too little, and `unavailable` when the program is not there.
  init(named name: String) throws(WireError) {
    grants = Self.granted.withLock { $0 }
    let hint =
      "hint: in the configuration, workers: {credentials: {credential_helper: [/usr/bin/\(name)], write: [FOLDER]}}"
    guard let program = grants.programs.first(where: { $0.hasSuffix("/\(name)") && !Self.isFolder($0) }) else {
      throw WireError(.refused, "'\(name)' is not among the programs that the operator granted; \(hint)")
    }
    guard grants.write.count == 1, let folder = grants.write.first else {
      throw WireError(
        .refused,
        "\(grants.write.count) folders are granted to '\(name)' where one is due, its own; \(hint)"
      )
    }
    guard access(program, X_OK) == 0 else {
      throw WireError(
        .unavailable,
        "'\(program)' is not installed, or may not be run; hint: install it, then start the coordinator again"
      )
    }
    self.program = program
    self.folder = folder
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Blocks the call's thread; ends the jail when the call is cancelled.
  func run(_ arguments: [String], environment: [String], _ call: Call) async throws -> JailResult {
    var policy = JailPolicy(program: program, arguments: arguments)
    policy.profile = .helper
    policy.network = .inherited
    policy.grade = JailOffer.grade
    policy.hostname = "helper"
    policy.environment =
      ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/workspace", "TMPDIR=/tmp", "LANG=C.UTF-8", "TZ=UTC"] + environment
    policy.view.programs = grants.programs.filter { access($0, F_OK) == 0 }
    policy.view.readable = grants.read
    policy.view.writable = [folder]
    policy.view.workspaceBytes = 16 << 20
    policy.limits.wallMilliseconds = UInt64(max(1, min(Self.longest, call.remainingMS - Self.margin)))
    policy.limits.cpuMilliseconds = UInt64(Self.longest)
    policy.limits.memoryBytes = 1 << 30
    policy.limits.outputBytes = 256 << 10
    policy.limits.artifacts = 0
    return try await JailRun.drive {
      do throws(JailError) {
        return try JailRun(try policy.prepare())
      } catch {
        throw WireError(.setupFailed, error.message)
      }
    }
  }

  /// A run that did not end by itself, as the caller's error; without a word of what it printed.
  static func failure(_ result: JailResult, _ name: String) -> WireError {
    let data = JSONObject([("reason", .string(result.reason.rawValue))])
    switch result.reason {
    case .cancelled: return WireError(.cancelled, "stopped because it was asked to")
    case .timeout: return WireError(.deadlineExceeded, "\(name) did not end in its time and was ended", data: data)
    case .cpuLimit, .memoryLimit, .outputLimit, .processLimit, .workspaceLimit:
      return WireError(.limitExceeded, "\(name) took more than its limit and was ended", data: data)
    case .setupFailed:
      let stage = result.setupFailure.map { "\($0)" } ?? "unknown"
      return WireError(.setupFailed, "the jail of \(name) could not be built: \(stage)", data: data)
    default: return WireError(.toolFailed, "\(name) ended with '\(result.reason.rawValue)'", data: data)
    }
  }
}
