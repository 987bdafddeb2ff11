internal import Glibc
internal import Posix

/// A program that a test runs beside itself. Its end is learnt from the kernel: Foundation's `Process` learns it from a
/// socket that every other child started meanwhile holds open too.
package final class Running {
  private let pid: Int32
  private let pidfd: Descriptor
  private var output: Descriptor?

  /// - Parameters:
  ///   - log: where standard error goes, a new file; nil: nowhere.
  ///   - readsOutput: whether `readLine` is used.
  package init(
    _ path: String,
    _ arguments: [String],
    environment: [String: String]? = nil,
    log: String? = nil,
    readsOutput: Bool = false
  ) throws {
    var plan = SpawnPlan(path: path, arguments: [path] + arguments)
    plan.environment = (environment ?? Self.ownEnvironment).map { "\($0.key)=\($0.value)" }
    plan.diesWithParent = false
    let null = try Descriptor.open("/dev/null", O_RDWR)
    let errors = try Descriptor.open(log ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    var pipe = try DescriptorPair.pipe()
    let end = pipe.takeSecond()
    let child = try plan.spawn(descriptors: [null.raw, readsOutput ? end.raw : null.raw, errors.raw])
    if readsOutput { output = pipe.takeFirst() }
    pid = child.pid
    pidfd = child.takePidfd()
  }

  private static var ownEnvironment: [String: String] {
    var variables: [String: String] = [:]
    for name in ["PATH", "HOME", "PEERS_CACHE", "XDG_CACHE_HOME"] {
      if let value = getenv(name) { variables[name] = String(cString: value) }
    }
    return variables
  }

  /// The next line that it writes; what there is of one when it ends.
  package func readLine() -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    let raw = output?.raw ?? -1
    while read(raw, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
  }

  /// All that it writes until its end.
  package func readAll() -> String {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let raw = output?.raw ?? -1
    while true {
      let count = read(raw, &buffer, buffer.count)
      if count <= 0 { return String(decoding: text, as: UTF8.self) }
      text += buffer[..<count]
    }
  }

  package var isRunning: Bool { !hasEnded(within: 0) }

  private func hasEnded(within milliseconds: Int32) -> Bool {
    var descriptor = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
    return poll(&descriptor, 1, milliseconds) > 0
  }

  /// Asks it to end, and ends it when it does not.
  package func stop(_ signal: Int32 = SIGTERM) {
    ChildProcess.signal(pidfd: pidfd.raw, signal)
    if !hasEnded(within: 10_000) {
      ChildProcess.signal(pidfd: pidfd.raw, SIGKILL)
      _ = hasEnded(within: 10_000)
    }
    var status: Int32 = 0
    waitpid(pid, &status, WNOHANG)
  }

  /// Waits for its own end; gives its exit code, -1 when it did not end by itself.
  @discardableResult
  package func wait() -> Int32 {
    _ = hasEnded(within: 60_000)
    var status: Int32 = 0
    return waitpid(pid, &status, WNOHANG) == pid && status & 0x7F == 0 ? status >> 8 & 0xFF : -1
  }
}
