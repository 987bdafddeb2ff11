import CLinux
import Glibc
import JSON
import Posix
import Transport
import Wire

/// The whole way: a client's socket, the coordinator, a worker's pipes, and back, with real programs.
func measureService() throws -> [Measurement] {
  signal(SIGPIPE, SIG_IGN)
  let service = try RunningService(instances: 3)
  let raw = try RawPeer()
  let client = try ServiceClient(service.socket)
  let idle = try service.proportionalMegabytes()
  var calls: [Double] = []
  var floor: [Double] = []
  var flood: [Double] = []
  for _ in 0..<15 {
    calls.append(try client.latency(2000))
    floor.append(try raw.roundTrips(2000))
    flood.append(try client.flood(20_000, inFlight: 64))
  }
  let busy = try service.proportionalMegabytes()
  let crowd = try (0..<1000).map { _ in try ServiceClient(service.socket) }
  let crowded = try service.coordinatorMegabytes()
  let alone = withExtendedLifetime(crowd) { crowded }
  for client in crowd { client.close() }
  let before = try service.coordinatorMegabytes()
  service.stop()
  let starts = try (0..<9).map { _ in
    let service = try RunningService(instances: 3)
    defer { service.stop() }
    return service.startNanoseconds
  }
  func value(_ subject: String, _ amount: Double) -> Measurement {
    // Megabytes, in the column of nanoseconds: the report's unit is told by the subject.
    Measurement(subject: subject, side: "ours", bytes: nil, samples: [amount])
  }
  print(
    "memory: idle \(idle) MB, after \(15 * 22_000) calls \(busy) MB, coordinator with 1,000 clients \(alone) MB, without \(before) MB"
  )
  return [
    Measurement(subject: "client call p50", side: "ours", bytes: nil, samples: calls),
    Measurement(subject: "client call p50", side: "raw pipe", bytes: nil, samples: floor),
    Measurement(subject: "call, 64 in flight", side: "ours", bytes: nil, samples: flood),
    Measurement(subject: "exec to three workers ready", side: "ours", bytes: nil, samples: starts),
  ]
}

/// `bulkheadd` with one kind of echo worker, in a folder of its own.
final class RunningService {
  let socket: String
  let folder: String
  private let pidfd: Descriptor
  private let pid: Int32
  let startNanoseconds: Double

  /// `configuration`: lines of YAML. `folder`: of a service that was killed, to go on with its state. `programs`: where
  /// another build is.
  init(
    instances: Int,
    configuration: String = "",
    folder known: String? = nil,
    programs: String = programFolder()
  ) throws {
    var template = Array("/tmp/bulkhead-bench-XXXXXX".utf8CString)
    if known == nil, mkdtemp(&template) == nil { throw PosixError.current("mkdtemp") }
    folder = known ?? String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Workers run as another user when this is root.
    chmod(folder, 0o755)
    socket = "\(folder)/s"
    let manifest = """
      {"name": "echo", "command": ["\(programs)/echo-worker"], "instances": \(instances)}
      """
    try Descriptor.open("\(folder)/worker.json", O_WRONLY | O_CREAT).writeAll(manifest.utf8)
    mkdir("\(folder)/configuration", 0o700)
    let file = "\(folder)/configuration/bulkhead.yaml"
    try Descriptor.open(file, O_WRONLY | O_CREAT | O_TRUNC).writeAll(configuration.utf8)
    var plan = SpawnPlan(
      path: "\(programs)/bulkheadd",
      arguments: [
        "bulkheadd", "--config", file, "--socket", socket, "--state", "\(folder)/state", "--workers", folder,
        "--log-level", "error",
      ]
    )
    plan.environment = ["XDG_RUNTIME_DIR=\(folder)", "PATH=/usr/bin:/bin"]
    let null = try Descriptor.open("/dev/null", O_RDWR)
    let start = now()
    let child = try plan.spawn(descriptors: [null.raw, null.raw, STDERR_FILENO])
    pid = child.pid
    pidfd = child.takePidfd()
    startNanoseconds = try Self.waitUntilReady(socket, instances) - start
  }

  private static func waitUntilReady(_ socket: String, _ instances: Int) throws -> Double {
    let end = now() + 5e9
    while now() < end {
      if access(socket, F_OK) == 0, let client = try? ServiceClient(socket) {
        while now() < end {
          if try client.workersReady() == instances { return now() }
          usleep(500)
        }
      }
      usleep(500)
    }
    throw PosixError("start", "bulkheadd did not get ready", errno: ETIMEDOUT)
  }

  func coordinatorMegabytes() throws -> Double { try Self.proportionalMegabytes(of: pid) }

  /// What each of the coordinator's threads has had of the processors, in nanoseconds, by the thread's name.
  func processorTime() throws -> [String: Double] {
    var times: [String: Double] = [:]
    for task in try Self.tasks(of: pid) {
      func text(_ file: String) throws -> String {
        let path = "/proc/\(pid)/task/\(task)/\(file)"
        return String(decoding: try Descriptor.open(path, O_RDONLY).readAll(limit: 4_096), as: UTF8.self)
      }
      let name = try text("comm").split(separator: "\n").first.map(String.init) ?? ""
      times[name, default: 0] += try text("schedstat").split(separator: " ").first.flatMap { Double($0) } ?? 0
    }
    return times
  }

  /// Descriptors that the coordinator holds.
  func descriptors() throws -> Int { entries("/proc/\(pid)/fd") }

  /// Coordinator, workers, and the processes that keep their jails.
  func proportionalMegabytes() throws -> Double {
    var waiting = [pid]
    var sum = 0.0
    while let next = waiting.popLast() {
      sum += try Self.proportionalMegabytes(of: next)
      for task in try Self.tasks(of: next) {
        let children = try Descriptor.open("/proc/\(next)/task/\(task)/children", O_RDONLY).readAll(limit: 65536)
        waiting += String(decoding: children, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
      }
    }
    return sum
  }

  private static func tasks(of pid: Int32) throws -> [Int32] {
    guard let directory = opendir("/proc/\(pid)/task") else { throw PosixError.current("opendir") }
    defer { closedir(directory) }
    var tasks: [Int32] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let task = Int32(name) { tasks.append(task) }
    }
    return tasks
  }

  private static func proportionalMegabytes(of pid: Int32) throws -> Double {
    let text = String(
      decoding: try Descriptor.open("/proc/\(pid)/smaps_rollup", O_RDONLY).readAll(limit: 65536),
      as: UTF8.self
    )
    let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") } ?? ""
    return (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
  }

  /// As a power cut would; the folder stays.
  func kill() { end(SIGKILL) }

  private func end(_ signal: Int32) {
    ChildProcess.signal(pidfd: pidfd.raw, signal)
    var descriptor = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
    poll(&descriptor, 1, 30_000)
    var status: Int32 = 0
    waitpid(pid, &status, WNOHANG)
  }

  func stop() {
    end(SIGTERM)
    let files = [
      "s", "s.lock", "worker.json", "configuration/bulkhead.yaml", "state/journal.db", "state/journal.db-wal",
      "state/journal.db-shm", "state/journal.lock", "state/audit.key", "state/audit.pub",
    ]
    for name in files { unlink("\(folder)/\(name)") }
    for name in ["configuration", "state/blobs/incoming", "state/blobs", "state", "bulkhead", ""] {
      rmdir("\(folder)/\(name)")
    }
  }
}

final class ServiceClient: ConnectionOwner {
  private let loop: EventLoop
  private var connection: Connection!

  init(_ path: String) throws {
    loop = try EventLoop()
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let socket = Descriptor(
      owning: try posix("socket") {
        Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      }
    )
    let raw = socket.raw
    try posix("connect", path) {
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
    connection = try Connection(
      loop: loop,
      input: socket,
      output: nil,
      gate: PhaseGate(.client, receiver: .peer),
      owner: self
    )
    connection.request(InitializeClient(client: Peer(name: "benchmark", version: "1"))) { _ in self.loop.stop() }
    loop.run()
    connection.gate.phase = .ready
  }

  func received(request id: RequestID, _ method: String, _ params: JSONObject, on connection: Connection) {}
  /// Told of each progress.
  var onProgress: (() -> Void)?

  func received(notification method: String, _ params: JSONObject, on connection: Connection) {
    if method == Progress.method { onProgress?() }
  }

  func closed(_ connection: Connection, because error: WireError?) {
    if let error { fatalError("coordinator closed: \(error.message)") }
    loop.stop()
  }

  func close() { connection.close(because: nil) }

  func workersReady() throws -> Int {
    var ready = 0
    connection.request(Status()) { result in
      if case .success(let status) = result { ready = Int(status.workersReady) }
      self.loop.stop()
    }
    loop.run()
    return ready
  }

  private static let call = ToolCall(tool: "echo", input: ["text": "hello, world"])

  func latency(_ count: Int) throws -> Double {
    var times: [Double] = []
    func next() {
      let start = now()
      connection.request(Self.call) { result in
        if case .failure(let error) = result { fatalError(error.message) }
        times.append(now() - start)
        if times.count < count { next() } else { self.loop.stop() }
      }
    }
    loop.deferred(next)
    loop.run()
    return median(&times)
  }

  /// Submits plans and waits until all have ended; how each did, in the order of the plans.
  func run(_ plans: [JSON]) throws -> [JobSummary] {
    var ended = [JobSummary?](repeating: nil, count: plans.count)
    var left = plans.count
    loop.deferred {
      for (i, plan) in plans.enumerated() {
        self.connection.request(JobSubmit(.plan(plan))) { result in
          guard case .success(let answer) = result else { fatalError("\(result)") }
          self.connection.request(JobEvents(job: answer.job.id, after: 1 << 30, follow: true)) { result in
            guard case .success(let answer) = result else { fatalError("\(result)") }
            ended[i] = answer.job
            left -= 1
            if left == 0 { self.loop.stop() }
          }
        }
      }
    }
    loop.run()
    return ended.compactMap { $0 }
  }

  /// Submits without waiting for more than acceptance, `inFlight` at a time.
  func submit(_ plan: JSON, count: Int, inFlight: Int) {
    var sent = 0
    var done = 0
    func next() {
      sent += 1
      connection.request(JobSubmit(.plan(plan))) { result in
        guard case .success = result else { fatalError("\(result)") }
        done += 1
        if sent < count { next() } else if done == count { self.loop.stop() }
      }
    }
    loop.deferred { for _ in 0..<min(inFlight, count) { next() } }
    loop.run()
  }

  func status() throws -> Status.Response {
    var status: Status.Response?
    connection.request(Status()) { result in
      status = try? result.get()
      self.loop.stop()
    }
    loop.run()
    guard let status else { throw PosixError("status", errno: EIO) }
    return status
  }

  /// Makes a call and waits for its answer.
  func call(_ call: ToolCall, _ completion: @escaping (Result<ToolResult, WireError>) throws -> Void) throws {
    try calls([call], completion)
  }

  /// Makes all calls at once and waits until every one is answered.
  func calls(_ calls: [ToolCall], _ completion: @escaping (Result<ToolResult, WireError>) throws -> Void) throws {
    var left = calls.count
    var failure: (any Error)?
    loop.deferred {
      for call in calls {
        self.connection.request(call) { result in
          do { try completion(result) } catch { failure = error }
          left -= 1
          if left == 0 { self.loop.stop() }
        }
      }
    }
    loop.run()
    if let failure { throw failure }
  }

  /// Nanoseconds per call with `inFlight` calls outstanding all the time.
  func flood(_ count: Int, inFlight: Int) throws -> Double {
    var sent = 0
    var done = 0
    let start = now()
    func next() {
      sent += 1
      connection.request(Self.call) { result in
        if case .failure(let error) = result { fatalError(error.message) }
        done += 1
        if sent < count { next() } else if done == count { self.loop.stop() }
      }
    }
    loop.deferred { for _ in 0..<inFlight { next() } }
    loop.run()
    return (now() - start) / Double(count)
  }
}
