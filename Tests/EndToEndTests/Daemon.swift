import Foundation
import Glibc
import JSON
import Posix
import Testing

/// A real `bulkheadd` with a socket, a state and worker folders of its own.
final class Daemon {
  static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  /// Where the programs lie: beside the test bundle.
  static let programs: String = {
    // Safety: then nothing is found.
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let arguments = CommandLine.arguments + [executable]
    let folders = arguments.map { URL(filePath: $0).deletingLastPathComponent().path }
    return folders.first { FileManager.default.isExecutableFile(atPath: $0 + "/bulkheadd") } ?? ""
  }()

  /// The thread that starts processes lives as long as they do, since they end with it.
  private static let starter: EventLoop = {
    guard let loop = try? EventLoop() else { fatalError("no event loop") }  // Safety: the test cannot begin.
    startThread("starter") { while true { loop.run() } }
    return loop
  }()

  let folder: String
  let socket: String
  private(set) var pid: Int32 = 0
  private var exit: ProcessExit?
  private var pidfd: Int32 = -1

  init() throws {
    folder = "/tmp/bulkhead-e2e-\(UInt32.random(in: 0...UInt32.max))"
    socket = folder + "/run/bulkhead.sock"
    for part in ["run", "state", "workers"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
    }
    chmod(folder + "/run", 0o700)
    chmod(folder + "/state", 0o700)
  }

  deinit {
    if exit == nil, pid > 0 {
      ChildProcess.signal(pidfd: pidfd, SIGKILL)
      _ = waitForExit(0)
    }
    if pidfd >= 0 { close(pidfd) }
    try? FileManager.default.removeItem(atPath: folder)  // Safety: only litter is left when it fails.
  }

  var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }  // Safety: no log yet.

  /// Adds a worker that runs a script of `Tests/Misbehaving`.
  func addSin(_ script: String, _ members: String = "") throws {
    let source = Self.package + "/Tests/Misbehaving"
    let target = "\(folder)/workers/\(script)"
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    for file in ["frames.py", script + ".py"] {
      try FileManager.default.copyItem(atPath: "\(source)/\(file)", toPath: "\(target)/\(file)")
    }
    var all = [
      #""command":["/usr/bin/python3","-I","-S","\#(script).py"]"#, #""tools":["\#(script)"]"#,
    ]
    for patience in [#""grace_ms":200"#, #""drain_ms":1000"#] where !members.contains(patience.prefix(10)) {
      all.append(patience)
    }
    if !members.isEmpty { all.append(members) }
    try addWorker(script, all.joined(separator: ","))
  }

  /// Adds a manifest with these members beside `name`.
  func addWorker(_ name: String, _ members: String) throws {
    let target = "\(folder)/workers/\(name)"
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    try #"{"name":"\#(name)",\#(members)}"#.write(toFile: target + "/worker.json", atomically: true, encoding: .utf8)
  }

  func removeWorker(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(folder)/workers/\(name)") }

  /// Starts the program; `extra` are its descriptors from 3 on.
  func start(
    _ arguments: [String] = [],
    environment: [String] = [],
    extra: [Int32] = [],
    throughShell script: String? = nil
  ) throws {
    let program = Self.programs + "/bulkheadd"
    let all = [
      "--socket", socket, "--state", folder + "/state", "--workers", folder + "/workers", "--log-level", "debug",
    ]
    var plan = SpawnPlan(path: program, arguments: ["bulkheadd"] + all + arguments)
    if let script { plan = SpawnPlan(path: "/bin/sh", arguments: ["sh", "-c", script, program] + all + arguments) }
    // At the end the loop and what it watches hold each other; what a dead worker leaves is what the test measures.
    let asan = "ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=1"
    plan.environment =
      ["XDG_RUNTIME_DIR=\(folder)/run", "XDG_CONFIG_HOME=\(folder)", "HOME=\(folder)", "PATH=/usr/bin:/bin", asan]
      + environment
    plan.noNewPrivileges = false
    let log = try Descriptor.open(folder + "/log", O_WRONLY | O_CREAT | O_APPEND)
    let null = try Descriptor.open("/dev/null", O_RDONLY)
    let descriptors = [null.raw, log.raw, log.raw] + extra
    // Safety: ordered by `done`.
    final class Box: @unchecked Sendable { var result: Result<(Int32, Int32), any Error>? }
    let box = Box()
    let done = Posix.Semaphore()
    let chosen = plan
    Self.starter.submit {
      box.result = Result {
        let child = try chosen.spawn(descriptors: descriptors)
        let pid = child.pid
        return (pid, child.takePidfd().release())
      }
      done.signal()
    }
    done.wait()
    (pid, pidfd) = try #require(box.result).get()
    exit = nil
  }

  /// Starts it and waits until it accepts clients and all of its workers have answered `initialize`.
  func startReady(workers: Int) throws -> Client {
    try start()
    let client = try connect()
    try eventually("\(workers) workers are ready") {
      try client.request("status")["workers_ready"]?.integerValue ?? -1 >= Int64(workers)
    }
    return client
  }

  /// Waits for the socket, then connects and initializes.
  func connect() throws -> Client {
    var last: (any Error)?
    let deadline = Date().addingTimeInterval(60)
    while Date() < deadline, exit == nil {
      do {
        let client = try Client(socket)
        try client.initialize()
        return client
      } catch {
        last = error
        if waitForExit(5) != nil { break }
      }
    }
    throw Failure("no connection: \(last.map { "\($0)" } ?? "") \(log)")
  }

  func signal(_ number: Int32) { ChildProcess.signal(pidfd: pidfd, number) }

  /// Waits at most so long for the end of the process.
  func waitForExit(_ milliseconds: Int32 = 60_000) -> ProcessExit? {
    if let exit { return exit }
    var descriptor = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, milliseconds) == 1 || milliseconds == 0 && kill(pid, SIGKILL) == 0 else { return nil }
    var status: Int32 = 0
    guard waitpid(pid, &status, 0) == pid else { return nil }
    exit = status & 0x7f == 0 ? .code(status >> 8 & 0xff) : .signal(status & 0x7f)
    return exit
  }

  // MARK: What the kernel knows

  // Safety: −1 fails the test.
  var descriptorCount: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? -1 }

  /// Every process below this one, at any depth.
  var descendants: [Int32] { Self.descendants(of: pid) }

  static func descendants(of pid: Int32) -> [Int32] {
    // Safety: it has ended.
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    let children = tasks.flatMap { task in
      let text = FileManager.default.contents(atPath: "/proc/\(pid)/task/\(task)/children") ?? Data()
      return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
    }
    return children + children.flatMap { descendants(of: $0) }
  }

  /// Resident memory in bytes.
  var residentBytes: Int {
    let text = String(decoding: FileManager.default.contents(atPath: "/proc/\(pid)/statm") ?? Data(), as: UTF8.self)
    return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 } ?? -1
  }
}

struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Looks again until `condition` holds; generous, since only a failing test waits for the end.
func eventually(
  _ what: String,
  within seconds: Double = 60,
  at location: SourceLocation = #_sourceLocation,
  _ condition: () throws -> Bool
) throws {
  let deadline = Date().addingTimeInterval(seconds)
  while try !condition() {
    if Date() > deadline {
      Issue.record("timed out waiting until \(what)", sourceLocation: location)
      throw Failure("timed out waiting until \(what)")
    }
    usleep(2000)
  }
}
