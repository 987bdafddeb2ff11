internal import CLinux
internal import Glibc
internal import JSON
internal import Posix

/// A coordinator of the test's own, with folders and workers of its own. Used from the main thread, which it blocks.
final class Stand {
  let folder: String
  let socket: String
  let hasSandbox: Bool
  private let daemon: String
  private(set) var pid: Int32 = 0
  private var pidfd: Descriptor?
  private var lastExit: ProcessExit?
  private(set) var starts = 0
  var log: String { folder + "/log" }
  var executions: String { folder + "/shared/executions" }
  private var policy: String { folder + "/policy.yaml" }

  init() throws(Failure) {
    guard let daemon = findDaemon() else {
      throw Failure("no_program", "there is no program 'bulkheadd' beside bulkhead or in PATH")
    }
    self.daemon = daemon
    let programs = String(daemon[..<(daemon.lastIndex(of: "/") ?? daemon.startIndex)])
    guard access(programs + "/selftest-worker", X_OK) == 0 else {
      throw Failure("no_program", "there is no program 'selftest-worker' beside bulkheadd in '\(programs)'")
    }
    hasSandbox = access(programs + "/sandbox-worker", X_OK) == 0
    var template = Array("/tmp/bulkhead-selftest-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure("no_folder", "mkdtemp: \(errnoMessage(errno))") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    socket = folder + "/run/bulkhead.sock"
    // Before anything is started: what a coordinator leaves behind is to become ours.
    guard bulkhead_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 else {
      throw Failure("no_start", "prctl: \(errnoMessage(errno))")
    }
    do throws(PosixError) { try furnish() } catch { throw Failure("no_folder", "\(error)") }
  }

  /// As root, workers are another user: what they are to read and write is open to it, the rest is not.
  private func furnish() throws(PosixError) {
    chmod(folder, 0o711)
    for (name, mode) in [("run", 0o700), ("state", 0o700), ("workers", 0o755), ("shared", 0o711)] as [(String, mode_t)]
    {
      try posix("mkdir", name) { mkdir("\(folder)/\(name)", mode) }
      chmod("\(folder)/\(name)", mode)
    }
    _ = try Descriptor.open(executions, O_WRONLY | O_CREAT, mode: 0o666)
    chmod(executions, 0o666)
    let shared: JSON = ["write": [.string(folder + "/shared")]]
    try addWorker("steps", ["selftest-worker", "steps"], instances: 2, permissions: shared)
    try addWorker(
      "children",
      ["selftest-worker", "children"],
      permissions: [
        "write": [.string(folder + "/shared")], "exec": true,
      ]
    )
    if hasSandbox { try addWorker("sandbox", ["sandbox-worker"], permissions: ["jails": true]) }
    try addPolicy()
  }

  /// Each act of the tool `asked` waits for a person, wherever it is called.
  private func addPolicy() throws(PosixError) {
    let rule: JSON = [
      "name": "asked", "effect": "require_approval", "at": ["invocation"],
      "when": ["value": "tool", "equals": "asked"],
      "message": "the self-test decides", "timeout": "1h",
    ]
    let file = try Descriptor.open(policy, O_WRONLY | O_CREAT, mode: 0o600)
    try file.writeAll((["guardrails": [rule]] as JSON).serialized())
    let configuration = try Descriptor.open(folder + "/bulkhead.json", O_WRONLY | O_CREAT, mode: 0o600)
    try configuration.writeAll((["policy": .string(policy)] as JSON).serialized())
  }

  private func addWorker(_ name: String, _ command: [JSON], instances: Int64 = 1, permissions: JSON) throws(PosixError)
  {
    let manifest: JSON = [
      "name": .string(name), "command": .array(command), "instances": .integer(instances), "permissions": permissions,
      "settings": name == "sandbox" ? ["warm": ["python": 0]] : ["file": .string(executions)],
      // Processes are killed here all the time; nobody is to be punished for it.
      "restart": ["backoff_ms": 10, "max_backoff_ms": 50, "throttle_ms": 20], "grace_ms": 500, "drain_ms": 2_000,
    ]
    let target = "\(folder)/workers/\(name)"
    try posix("mkdir", target) { mkdir(target, 0o755) }
    chmod(target, 0o755)
    let file = try Descriptor.open(target + "/worker.json", O_WRONLY | O_CREAT, mode: 0o644)
    chmod(target + "/worker.json", 0o644)
    try file.writeAll(manifest.serialized())
  }

  private var arguments: [String] {
    [
      "bulkheadd", "--config", folder + "/bulkhead.json", "--socket", socket, "--state", folder + "/state", "--workers",
      folder + "/workers",
    ]
  }

  private func plan(_ more: [String], _ environment: [String]) -> SpawnPlan {
    var plan = SpawnPlan(path: daemon, arguments: arguments + more)
    plan.environment =
      ["XDG_RUNTIME_DIR=\(folder)/run", "XDG_CONFIG_HOME=\(folder)", "HOME=\(folder)", "PATH=/usr/bin:/bin"]
      + environment
    plan.noNewPrivileges = false
    return plan
  }

  private func spawn(_ plan: SpawnPlan) throws(Failure) -> ChildProcess {
    do throws(PosixError) {
      let output = try Descriptor.open(log, O_WRONLY | O_CREAT | O_APPEND)
      let input = try Descriptor.open("/dev/null", O_RDONLY)
      return try plan.spawn(descriptors: [input.raw, output.raw, output.raw])
    } catch {
      throw Failure("no_start", "cannot start the coordinator: \(error)")
    }
  }

  // MARK: One life of the coordinator

  func start(crashPoint: String? = nil) throws(Failure) {
    starts += 1
    let environment = crashPoint.map { ["BULKHEAD_CRASH_POINT=\($0)"] } ?? []
    let child = try spawn(plan(["--log-format", "json"], environment))
    lastExit = nil
    pid = child.pid
    pidfd = child.takePidfd()
  }

  /// Whether it has died and waits to be buried.
  var hasEnded: Bool {
    guard let raw = pidfd?.raw else { return true }
    var watched = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
    return poll(&watched, 1, 0) == 1
  }

  func kill() {
    if let raw = pidfd?.raw { ChildProcess.signal(pidfd: raw, SIGKILL) }
  }

  /// nil while it runs, or when it has not ended after so many milliseconds.
  func exit(within milliseconds: Int32 = 0) -> ProcessExit? {
    guard let raw = pidfd?.raw else { return lastExit }
    var watched = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
    guard poll(&watched, 1, milliseconds) == 1 else { return nil }
    do throws(PosixError) { lastExit = try ChildProcess.reap(pidfd: raw) } catch { return nil }
    if lastExit != nil { pidfd = nil }
    return lastExit
  }

  /// Processes that are left when the coordinator has ended, after a moment for the kernel to take them down; they are
  /// killed then. Also says how long the last one lived, in milliseconds.
  func orphans(patience: Int64 = 5_000) -> (left: [ProcessTable.Entry], afterMS: Int64) {
    let start = BootTime.now
    while true {
      ProcessTable.reapAdopted(except: 0)
      let left = ProcessTable.descendants()
      let waited = BootTime.now.milliseconds(since: start)
      if left.isEmpty { return ([], waited) }
      if waited > patience {
        for process in left { Glibc.kill(process.pid, SIGKILL) }
        return (left, waited)
      }
      usleep(1_000)
    }
  }

  /// What the journal's own examination says is wrong; the coordinator must have ended.
  func examineJournal() throws(Failure) -> [String] { try examine("--check-journal", "the journal") }

  /// What is wrong with the audit log: broken links, and acts that are not in it.
  func examineAudit() throws(Failure) -> [String] { try examine("--verify-audit", "the audit log") }

  private func examine(_ flag: String, _ what: String) throws(Failure) -> [String] {
    let before = logBytes()
    let pidfd = try spawn(plan([flag], [])).takePidfd()
    var watched = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
    guard poll(&watched, 1, 60_000) == 1 else { return ["the examination of \(what) takes more than 60 s"] }
    do throws(PosixError) {
      let exit = try ChildProcess.reap(pidfd: pidfd.raw)
      if exit == .code(0) { return [] }
      let lines = logTail(log, from: before).filter { $0.hasPrefix("bulkheadd: ") }
      return lines.isEmpty ? ["the examination of \(what) \(exit.map { "\($0)" } ?? "did not end")"] : lines
    } catch {
      return ["\(error)"]
    }
  }

  private func logBytes() -> Int {
    var status = stat()
    return stat(log, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Ends everything; removes the folder unless somebody is to look at it.
  func remove(keepsFolder: Bool) {
    kill()
    _ = exit(within: 5_000)
    _ = orphans(patience: 1_000)
    if !keepsFolder { removeTree(folder) }
  }
}

/// Removes a folder with all that is in it; links are not followed.
private func removeTree(_ path: String) {
  guard let folder = opendir(path) else { return }
  while let item = readdir(folder) {
    let name = withUnsafeBytes(of: &item.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    guard name != ".", name != ".." else { continue }
    var status = stat()
    if lstat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      removeTree("\(path)/\(name)")
    } else {
      unlink("\(path)/\(name)")
    }
  }
  closedir(folder)
  rmdir(path)
}
