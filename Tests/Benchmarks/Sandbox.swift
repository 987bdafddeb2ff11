import Foundation
import Glibc
import JSON
import Posix
import Wire

/// The seed's example through the whole service: a client's socket, the coordinator, the sandbox worker, an interpreter
/// that waits in its jail, and back; beside the interpreter's own start in the same run.
///
/// The sustained rate is 20 a second for 10 s, with BULKHEAD_BENCH_FULL=1 for 60 s. Started as root, `run_as` must be
/// a user that exists: BULKHEAD_BENCH_USER, else bulkhead.
func measureSandbox() throws -> [Measurement] {
  signal(SIGPIPE, SIG_IGN)
  let isFull = getenv("BULKHEAD_BENCH_FULL") != nil
  let service = try JailingService(
    "sandbox",
    """
    {"name": "sandbox", "command": ["\(programFolder())/sandbox-worker"], "concurrency": 8,
     "permissions": {"jails": true}, "limits": {"processes": 8192, "open_files": 8192},
     "settings": {"warm": {"python": 4, "idle_ms": 60000}}}
    """
  )
  defer { service.stop() }
  let client = try ServiceClient(service.socket)
  let warm = try SandboxClient(client)
  _ = try warm.run(warm.seed)
  usleep(1_500_000)

  // Both in turn, so that a noisy moment hits both.
  var low: [Double] = []
  var floor: [Double] = []
  for round in 0..<(isFull ? 300 : 100) {
    low.append(try warm.run(warm.seed))
    usleep(100_000)
    if round % 2 == 0 { floor.append(try SandboxClient.interpreterStart()) }
  }

  let before = try service.processorSeconds()
  let count = isFull ? 1200 : 200
  var sustained: [Double] = []
  var memory: [Double] = []
  let start = now()
  for number in 0..<count {
    let due = start + Double(number) * 50e6
    while now() < due { usleep(UInt32(max(1, min(1000, (due - now()) / 1e3)))) }
    sustained.append(try warm.run(warm.seed))
    if number % 40 == 20 { memory.append(try service.interpreterMegabytes()) }
  }
  usleep(500_000)
  let used = (try service.processorSeconds() - before) / Double(count)
  let cold = try (0..<(isFull ? 60 : 20)).map { _ in try warm.run(warm.cold) }
  let burst = try warm.burst(100)

  let threshold = 5e6
  let hits = sustained.filter { $0 < threshold }.count
  func milliseconds(_ nanoseconds: Double) -> String { "\((nanoseconds / 1e4).rounded() / 100) ms" }
  func p(_ q: Double, _ values: [Double]) -> String {
    milliseconds(values.sorted()[Int((Double(values.count - 1) * q).rounded())])
  }
  print("warm, pool full: p50 \(p(0.5, low)), p99 \(p(0.99, low)); interpreter's own start p50 \(p(0.5, floor))")
  print("ratio of the medians: \((median(floor) / median(low) * 100).rounded() / 100)")
  print("20/s, \(count / 20) s: p50 \(p(0.5, sustained)), p99 \(p(0.99, sustained)), below 5 ms \(hits) of \(count)")
  print("processor time of everything per run, refill included: \(milliseconds(used * 1e9))")
  print("memory of waiting interpreters with reapers (Pss): \(median(memory)) MB")
  print("cold: p50 \(p(0.5, cold)), p99 \(p(0.99, cold))")
  print(
    "100 at once: mean \(milliseconds(burst.reduce(0, +) / 100)), slowest \(p(1, burst)), "
      + "\(((burst.max() ?? 0) / (burst.reduce(0, +) / 100) * 100).rounded() / 100) x the mean"
  )
  return [
    Measurement(subject: "code_exec, seed's example", side: "ours, warm", bytes: nil, samples: low),
    Measurement(subject: "code_exec, seed's example", side: "ours, warm at 20/s", bytes: nil, samples: sustained),
    Measurement(subject: "code_exec, seed's example", side: "ours, cold", bytes: nil, samples: cold),
    Measurement(subject: "code_exec, seed's example", side: "python3 -I -S -c pass", bytes: nil, samples: floor),
    Measurement(subject: "code_exec, 100 at once", side: "ours", bytes: nil, samples: burst),
  ]
}

private func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}

private final class SandboxClient {
  private let client: ServiceClient
  let seed: ToolCall
  /// The same with a limit that no waiting process has.
  let cold: ToolCall

  init(_ client: ServiceClient) throws {
    self.client = client
    let input: JSON = ["code": "output = {'total': sum(input['values'])}", "input_data": ["values": [1, 2, 3]]]
    seed = ToolCall(tool: "code_exec", input: input)
    var limits = ResourceLimits()
    limits.processes = 32
    cold = ToolCall(tool: "code_exec", input: input, limits: limits)
  }

  /// Nanoseconds of one call, whose result is checked.
  func run(_ call: ToolCall) throws -> Double {
    let start = now()
    var end = start
    try client.call(call) { result in
      end = now()
      try Self.check(result)
    }
    return end - start
  }

  func burst(_ count: Int) throws -> [Double] {
    var times: [Double] = []
    let start = now()
    try client.calls(Array(repeating: seed, count: count)) { result in
      times.append(now() - start)
      try Self.check(result)
    }
    return times
  }

  private static func check(_ result: Result<ToolResult, WireError>) throws {
    let output = try result.get().output
    guard output["output"]?["total"] == 6 else {
      throw PosixError("code_exec", String(decoding: output.serialized(), as: UTF8.self), errno: EPROTO)
    }
  }

  /// Nanoseconds from posix_spawn to the end of an interpreter that does nothing.
  static func interpreterStart() throws -> Double {
    var arguments: [UnsafeMutablePointer<CChar>?] = []
    for argument in ["python3", "-I", "-S", "-c", "pass"] { arguments.append(strdup(argument)) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var environment: [UnsafeMutablePointer<CChar>?] = [nil]
    var pid: pid_t = 0
    let start = now()
    let error = posix_spawn(&pid, "/usr/bin/python3", nil, nil, &arguments, &environment)
    guard error == 0 else { throw PosixError("posix_spawn", "/usr/bin/python3", errno: error) }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return now() - start
  }
}

/// `bulkheadd` with one worker that builds jails.
final class JailingService {
  let socket: String
  private let folder: String
  private let pidfd: Descriptor
  private let pid: Int32

  init(_ name: String, _ manifest: String) throws {
    var template = Array("/tmp/bulkhead-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw PosixError.current("mkdtemp") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(folder, 0o755)
    socket = "\(folder)/s"
    mkdir("\(folder)/\(name)", 0o755)
    try Descriptor.open("\(folder)/\(name)/worker.json", O_WRONLY | O_CREAT, mode: 0o644).writeAll(manifest.utf8)
    let user = getenv("BULKHEAD_BENCH_USER").map { String(cString: $0) } ?? "bulkhead"
    try Descriptor.open("\(folder)/c.yaml", O_WRONLY | O_CREAT, mode: 0o600).writeAll("run_as: \(user)\n".utf8)
    var plan = SpawnPlan(
      path: "\(programFolder())/bulkheadd",
      arguments: [
        "bulkheadd", "--socket", socket, "--state", "\(folder)/state", "--workers", folder, "--log-level", "error",
        "--config", "\(folder)/c.yaml",
      ]
    )
    plan.environment = ["XDG_RUNTIME_DIR=\(folder)/run", "PATH=/usr/bin:/bin"]
    mkdir("\(folder)/run", 0o700)
    let null = try Descriptor.open("/dev/null", O_RDWR)
    let child = try plan.spawn(descriptors: [null.raw, null.raw, STDERR_FILENO])
    _ = consume null
    pid = child.pid
    pidfd = child.takePidfd()
    let end = now() + 10e9
    while now() < end {
      if access(socket, F_OK) == 0, let client = try? ServiceClient(socket) {  // Safety: tried again until the end.
        while now() < end {
          if try client.workersReady() == 1 { return }
          usleep(1000)
        }
      }
      usleep(1000)
    }
    throw PosixError("start", "bulkheadd with a \(name) worker did not get ready", errno: ETIMEDOUT)
  }

  /// Processes of the service, with what they run.
  private func processes() -> [(pid: Int32, name: String)] {
    var parents: [Int32: (parent: Int32, name: String)] = [:]
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let number = Int32(name), let stat = Self.text("/proc/\(number)/stat"), let end = stat.lastIndex(of: ")"),
        let begin = stat.firstIndex(of: "("), let parent = stat[end...].split(separator: " ").dropFirst(2).first
      else { continue }
      parents[number] = (Int32(parent) ?? 0, String(stat[stat.index(after: begin)..<end]))
    }
    return parents.filter { entry in
      var at = entry.key
      for _ in 0..<64 {
        if at == pid { return true }
        guard let next = parents[at]?.parent, next > 0 else { return false }
        at = next
      }
      return false
    }.map { ($0.key, $0.value.name) }
  }

  private static func text(_ path: String) -> String? {
    // Safety: a process that has ended meanwhile is left out.
    (try? Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Of everything that runs now or has run: user and system time with that of reaped children.
  func processorSeconds() throws -> Double {
    var ticks = 0.0
    for process in processes() {
      guard let stat = Self.text("/proc/\(process.pid)/stat"), let end = stat.lastIndex(of: ")") else { continue }
      let fields = stat[end...].split(separator: " ")
      for field in 12...15 where field < fields.count { ticks += Double(fields[field]) ?? 0 }
    }
    return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  func interpreterMegabytes() throws -> Double {
    var kilobytes = 0.0
    for process in processes() where process.name.hasPrefix("python3") || process.name == "bulkhead-jail" {
      let text = Self.text("/proc/\(process.pid)/smaps_rollup") ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") } ?? ""
      kilobytes += line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
    }
    return (kilobytes / 102.4).rounded() / 10
  }

  func stop() {
    ChildProcess.signal(pidfd: pidfd.raw, SIGTERM)
    var descriptor = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
    poll(&descriptor, 1, 10_000)
    try? FileManager.default.removeItem(atPath: folder)  // Safety: what is left in /tmp harms nobody.
  }
}
