import BlobStore
import Foundation
import Glibc
import JSON
import Journal
import Logging
import Policy
import Posix
import Supervision
import Wire

@testable import Coordinator

/// A real coordinator that keeps to a policy, on a thread of this process, with a real worker; `bulkhead` reaches it through
/// its socket.
final class PolicyService {
  let program: Program
  var socket: String { program.folder + "/socket" }
  private let thread: JoinableThread
  /// Ends it, from any thread.
  private let end: Guarded<(@Sendable () -> Void)?>
  /// One for all: its thread must outlive every worker that it starts.
  private static let spawner = Result { try Spawner() }

  /// - Parameter others: workers beside `jobs`.
  init(_ policy: String, beside others: [WorkerManifest] = []) throws {
    let program = try Program()
    self.program = program
    let folder = program.folder
    let started = Posix.Semaphore()
    let failure = Guarded<(any Error)?>(nil)
    let end = Guarded<(@Sendable () -> Void)?>(nil)
    self.end = end
    thread = JoinableThread("policy") {
      do {
        try Self.serve(folder, policy, others, end) { started.signal() }
      } catch {
        failure.withLock { $0 = error }
        started.signal()
      }
    }
    started.wait()
    if let error = failure.withLock({ $0 }) { throw error }
    let deadline = Date().addingTimeInterval(30)
    while try !run(["tools", "--json"]).output.contains("\"act\"") {
      guard Date() < deadline else { throw Failure("its worker is not ready") }
      usleep(20_000)
    }
  }

  deinit {
    // `bulkhead down` would wait for the end of this very process.
    end.withLock { $0 }?()
    thread.join()
  }

  private static func serve(
    _ folder: String,
    _ policy: String,
    _ others: [WorkerManifest],
    _ end: Guarded<(@Sendable () -> Void)?>,
    then ready: @escaping () -> Void
  ) throws {
    ignoreBrokenPipes()
    let loop = try EventLoop()
    let log = Logger(level: .error, format: .json)
    let identity = Peer(name: "bench", version: "1.0")
    let supervisor = Supervisor(
      loop: loop,
      spawner: try spawner.get(),
      launcher: DirectLauncher(environment: [:]),
      log: log,
      identity: identity
    )
    let all = [Self.script("jobs", as: "jobs")] + others
    let manifests = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    let journal = try Journal(folder: folder + "/state", version: "1.0", on: loop)
    let coordinator = Coordinator(
      loop: loop,
      supervisor: supervisor,
      blobs: Blobs(try BlobService(folder + "/state/blobs", limits: BlobStore.Limits(), on: loop)),
      journal: journal,
      log: log,
      identity: identity,
      policy: try Policy(reading: try JSON(parsing: policy), environment: nil)
    ) { (manifests, []) }
    let listener = try ClientListener(Self.listen(folder + "/socket"), coordinator, allowedUIDs: [geteuid()])
    coordinator.onShutdown = {
      listener.stop()
      coordinator.blobs.close()
      coordinator.journal.close()
      loop.stop()
    }
    // Safety: it is touched on its loop's thread alone.
    nonisolated(unsafe) let served = coordinator
    end.withLock { $0 = { loop.submit { served.drain {} } } }
    coordinator.reloadWorkers()
    loop.deferred(ready)
    loop.run()
  }

  /// A worker of `Tests/Misbehaving`.
  static func script(_ script: String, as name: String, _ settings: JSONObject = [:]) -> WorkerManifest {
    var manifest = WorkerManifest(
      name: name,
      command: ["/usr/bin/python3", "-I", "-S", "\(Program.package)/Tests/Misbehaving/\(script).py"],
      folder: "\(Program.package)/Tests/Misbehaving"
    )
    manifest.startMS = 20_000
    manifest.heartbeatMS = 0
    manifest.settings = settings
    return manifest
  }

  private static func listen(_ path: String) throws -> Descriptor {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let raw = try posix("socket") { Glibc.socket(AF_UNIX, kind, 0) }
    let descriptor = Descriptor(owning: raw)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    try posix("bind", path) {
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
    try posix("listen") { Glibc.listen(raw, 16) }
    return descriptor
  }

  // MARK: Programs

  private func words(_ arguments: [String]) -> [String] { arguments + ["--socket", socket] }

  func run(_ arguments: [String], input: String = "") throws -> Outcome {
    try program.run(words(arguments), input: input)
  }

  func begin(_ arguments: [String], input: String = "") throws -> Running {
    try program.begin(words(arguments), input: input)
  }

  /// Starts a job and leaves it to itself.
  func submit(_ steps: String, id: String) throws {
    let outcome = try run(["run", "--plan", "-", "-d", "--id", id], input: "{\"steps\":[\(steps)]}")
    guard outcome.code == 0 else { throw Failure("\(outcome)") }
  }

  /// The id of what waits, when something does.
  func asked(_ job: String? = nil) throws -> String {
    let deadline = Date().addingTimeInterval(30)
    while Date() < deadline {
      let list = try run(["approvals", "--json"] + (job.map { ["--job", $0] } ?? []))
      if let id = try list.json()["approvals"]?[0]?["id"]?.stringValue { return id }
      usleep(20_000)
    }
    throw Failure("nothing waits")
  }

  /// Runs `bulkhead` on a terminal where somebody answers: each text when the one before it has been shown.
  func converse(
    _ arguments: [String],
    environment: [String] = [],
    _ answers: [(after: String, typed: String)]
  ) throws -> Outcome {
    try program.write("person.py", Self.person)
    let pairs = JSON.array(answers.map { [.string($0.after), .string($0.typed)] }).description
    return try program.begin(
      ["-I", "-S", "person.py", pairs, "/usr/bin/env", "TERM=dumb"] + environment + ["\(Program.folder)/bulkhead"]
        + words(arguments),
      program: "/usr/bin/python3"
    ).outcome()
  }

  private static let person = #"""
    import json, os, pty, select, sys
    answers = json.loads(sys.argv[1])
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.argv[2], sys.argv[2:])
    seen, start = b"", 0
    while True:
        if not select.select([terminal], [], [], 25)[0]:
            os.kill(pid, 9)
            break
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
        if answers and answers[0][0].encode() in seen[start:]:
            start = len(seen)
            os.write(terminal, answers.pop(0)[1].encode())
    os.write(1, seen.replace(b"\r\n", b"\n"))
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """#
}
