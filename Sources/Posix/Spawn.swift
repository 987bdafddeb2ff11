internal import CLinux
internal import CSpawn
internal import Glibc

/// Everything that is decided before a process starts. Nothing is inherited that is not named here.
package struct SpawnPlan: Sendable {
  package struct Limit: Sendable {
    package var resource: Int32
    package var soft: UInt64
    package var hard: UInt64

    package init(_ resource: Int32, soft: UInt64, hard: UInt64) {
      self.resource = resource
      self.soft = soft
      self.hard = hard
    }
  }

  /// Absolute path of the program.
  package var path: String
  /// Including argument 0.
  package var arguments: [String]
  /// `NAME=value`; empty unless given.
  package var environment: [String] = []
  package var directory: String?
  /// Resource limits, as setrlimit(2) names them.
  package var limits: [Limit] = []
  /// To become this user before exec; needs root.
  package var credentials: (uid: UInt32, gid: UInt32)?
  /// Descriptor of the `cgroup.procs` of a control group that the program starts in.
  package var controlGroup: Int32?
  package var newSession = true
  package var noNewPrivileges = true
  /// SIGKILL when the thread that spawned it ends; spawn from a permanent one.
  package var diesWithParent = true

  package init(path: String, arguments: [String]) {
    self.path = path
    self.arguments = arguments
  }
}

/// A started process. Its exit is learnt from the pidfd, never from the end of a pipe.
package struct ChildProcess: ~Copyable, Sendable {
  package let pid: Int32
  package let pidfd: Descriptor

  /// Keeps only the descriptor, which is enough to wait for the process and to signal it.
  package consuming func takePidfd() -> Descriptor { pidfd }
}

extension SpawnPlan {
  /// Starts the program with `descriptors` as its 0, 1, 2, …; the caller keeps and closes its own copies.
  /// A step that fails before exec throws with that step's name and errno, and leaves no process.
  package func spawn(descriptors: [Int32]) throws(PosixError) -> ChildProcess {
    let arguments = CStringArray(self.arguments)
    let environment = CStringArray(self.environment)
    let rlimits = limits.map { bulkhead_rlimit(resource: $0.resource, soft: $0.soft, hard: $0.hard) }
    var result = bulkhead_spawn_result()
    let status = path.withCString { path in
      withOptionalCString(directory) { directory in
        descriptors.withUnsafeBufferPointer { descriptors in
          rlimits.withUnsafeBufferPointer { rlimits in
            var plan = bulkhead_spawn_plan(
              path: path,
              arguments: arguments.pointers,
              environment: environment.pointers,
              directory: directory,
              descriptors: descriptors.baseAddress,
              descriptor_count: Int32(descriptors.count),
              limits: rlimits.baseAddress,
              limit_count: Int32(rlimits.count),
              changes_credentials: credentials == nil ? 0 : 1,
              uid: credentials?.uid ?? 0,
              gid: credentials?.gid ?? 0,
              new_session: newSession ? 1 : 0,
              no_new_privileges: noNewPrivileges ? 1 : 0,
              control_group: controlGroup ?? -1,
              dies_with_parent: diesWithParent ? 1 : 0
            )
            return bulkhead_spawn(&plan, &result)
          }
        }
      }
    }
    guard status == 0 else { throw PosixError("spawn (\(Self.name(ofStep: result.step)))", path, errno: -status) }
    return ChildProcess(pid: result.pid, pidfd: Descriptor(owning: result.pidfd))
  }

  private static func name(ofStep step: Int32) -> String {
    let names = [
      "start", "stack", "clone", "control group", "session", "descriptors", "limits", "credentials", "directory",
      "privileges", "parent", "exec",
    ]
    return names.indices.contains(Int(step)) ? names[Int(step)] : "step \(step)"
  }
}

private func withOptionalCString<R>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
  guard let string else { return body(nil) }
  return string.withCString(body)
}

/// A null-terminated array of C strings that lives as long as this object.
private final class CStringArray {
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ strings: [String]) {
    count = strings.count
    pointers = .allocate(capacity: count + 1)
    for (i, string) in strings.enumerated() { (pointers + i).initialize(to: strdup(string)) }
    (pointers + count).initialize(to: nil)
  }

  deinit {
    for i in 0..<count { free(pointers[i]) }
    pointers.deallocate()
  }
}

/// How a process ended.
package enum ProcessExit: Sendable, Equatable, CustomStringConvertible {
  case code(Int32)
  case signal(Int32)

  package var description: String {
    switch self {
    case .code(let code): "exited with code \(code)"
    case .signal(let signal): "ended by signal \(signal) (\(signalName(signal)))"
    }
  }
}

extension ChildProcess {
  /// Reaps the process if it has ended, else nil. Call once the pidfd is readable.
  package func reap() throws(PosixError) -> ProcessExit? {
    try Self.reap(pidfd: pidfd.raw)
  }

  package static func reap(pidfd: Int32) throws(PosixError) -> ProcessExit? {
    var info = siginfo_t()
    try posix("waitid") {
      waitid(idtype_t(rawValue: UInt32(BULKHEAD_P_PIDFD)), id_t(pidfd), &info, WEXITED | WNOHANG)
    }
    guard info._sifields._sigchld.si_pid != 0 else { return nil }
    let status = info._sifields._sigchld.si_status
    return info.si_code == CLD_EXITED ? .code(status) : .signal(status)
  }

  /// Sends a signal through the pidfd; a process that has already ended is not an error.
  package func signal(_ number: Int32) { Self.signal(pidfd: pidfd.raw, number) }

  package static func signal(pidfd: Int32, _ number: Int32) {
    _ = pidfd_send_signal(pidfd, number, nil, 0)
  }
}

/// `SIGTERM` and the like; `signal 42` for those without a name.
package func signalName(_ number: Int32) -> String {
  let names: [Int32: String] = [
    SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT",
    SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1", SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2",
    SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM", SIGSTOP: "SIGSTOP", SIGXCPU: "SIGXCPU",
    SIGXFSZ: "SIGXFSZ", SIGSYS: "SIGSYS",
  ]
  return names[number] ?? "signal \(number)"
}
