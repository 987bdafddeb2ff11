import Foundation
import Glibc
import JSON
import Posix
import Wire

/// The seed's example through the whole service: a client's socket, the coordinator, the sandbox worker, an interpreter
/// that waits in its jail, and back; beside the interpreter's own start in the same run.
///
/// The sustained rate is 20 a second for 10 s, and 500 runs must leave nothing behind; with BULKHEAD_BENCH_FULL=1 60 s
/// and 10,000 runs. Started as root, `run_as` must be a user that exists: BULKHEAD_BENCH_USER, else bulkhead.
func measureSandbox() throws -> Results {
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
  let client = try SandboxClient(try ServiceClient(service.socket))
  _ = try client.run(client.seed)
  usleep(1_500_000)
  var results = Results()
  try measureWarm(client, rounds: isFull ? 300 : 100, &results)
  try measureRate(client, service, seconds: isFull ? 60 : 10, &results)
  let cold = try (0..<(isFull ? 60 : 20)).map { _ in try client.run(client.cold) }
  results.add("code_exec, seed's example", "ours, cold", cold)
  let burst = try client.burst(100)
  results.add("code_exec, 100 at once", "ours", burst)
  // A failure has thrown.
  let mean = burst.reduce(0, +) / Double(burst.count)
  results.bounds.append(
    Bound("100 at once, all succeed: the slowest", (burst.max() ?? 0) / mean, "x the mean", atMost: 3)
  )
  try measureLeftovers(client, service, runs: isFull ? 10_000 : 500, &results)
  return results
}

/// One call at a time with the pool full.
private func measureWarm(_ client: SandboxClient, rounds: Int, _ results: inout Results) throws {
  var warm: [Double] = []
  var floor: [Double] = []
  // Both in turn, so that a noisy moment hits both.
  for round in 0..<rounds {
    warm.append(try client.run(client.seed))
    usleep(100_000)
    if round % 2 == 0 { floor.append(try SandboxClient.interpreterStart()) }
  }
  let ours = results.add("code_exec, seed's example", "ours, warm", warm)
  let start = results.add("code_exec, seed's example", "python3 -I -S -c pass", floor)
  results.bounds += [
    Bound("warm, p50", ours.median / 1e6, "ms", atMost: 2),
    Bound("warm, p99", ours.quantile(0.99) / 1e6, "ms", atMost: 10),
    Bound("warm, p50: the interpreter's own start", start.median / ours.median, "x as long", atLeast: 6),
  ]
}

/// 20 calls a second.
private func measureRate(_ client: SandboxClient, _ service: JailingService, seconds: Int, _ results: inout Results)
  throws
{
  let count = seconds * 20
  let before = try service.processorSeconds()
  var times: [Double] = []
  var memory: [Double] = []
  let start = now()
  for number in 0..<count {
    let due = start + Double(number) * 50e6
    while now() < due { usleep(UInt32(max(1, min(1000, (due - now()) / 1e3)))) }
    times.append(try client.run(client.seed))
    if number % 40 == 20 { memory.append(try service.interpreterMegabytes()) }
  }
  usleep(500_000)
  let used = (try service.processorSeconds() - before) / Double(count) * 1e3
  let hits = Double(times.filter { $0 < 5e6 }.count) / Double(count)
  let ours = results.add("code_exec, seed's example", "ours, warm at 20/s", times)
  let pool = Measurement(subject: "", side: "", bytes: nil, samples: memory).median
  results.bounds += [
    Bound("20/s for \(seconds) s, p50", ours.median / 1e6, "ms", atMost: 2),
    Bound("20/s for \(seconds) s, p99", ours.quantile(0.99) / 1e6, "ms", atMost: 10),
    Bound("20/s for \(seconds) s, from the pool (below 5 ms)", hits * 100, "%", atLeast: 99),
    Bound("20/s for \(seconds) s, processor time per run, all processes, refill included", used, "ms", atMost: 25),
    Bound("memory of four waiting interpreters with their jails (Pss)", pool, "MB", atMost: 40),
  ]
}

/// What is there after many runs that was not there before.
private func measureLeftovers(_ client: SandboxClient, _ service: JailingService, runs: Int, _ results: inout Results)
  throws
{
  func settled() -> JailingService.Holdings {
    var last = service.holdings()
    var calm = 0
    for _ in 0..<600 where calm < 20 {
      usleep(100_000)
      let now = service.holdings()
      calm = now == last ? calm + 1 : 0
      last = now
    }
    return last
  }
  // Everything that is made once: threads, their memory, templates.
  try client.mixture(200)
  let (before, memory) = (settled(), service.workerMegabytes())
  for _ in 0..<(runs / 100) { try client.mixture(100) }
  let (after, grown) = (settled(), service.workerMegabytes() - memory)
  func more(_ what: String, _ before: Int, _ after: Int) -> Bound {
    Bound("\(runs) runs leave behind: \(what)", Double(after - before), "", atMost: 0)
  }
  results.bounds += [
    more("processes", before.processes, after.processes),
    more("descriptors of the worker", before.descriptors, after.descriptors),
    more("mounts of the worker", before.mounts, after.mounts), more("files", before.files, after.files),
    Bound("\(runs) runs leave behind: memory of the worker", max(0, grown), "MB", atMost: 2),
  ]
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

  /// Nanoseconds from the first call's start to each one's end.
  func burst(_ count: Int) throws -> [Double] {
    var times: [Double] = []
    let start = now()
    try client.calls(Array(repeating: seed, count: count)) { result in
      times.append(now() - start)
      try Self.check(result)
    }
    return times
  }

  /// Runs of both tools, some of which leave processes and files behind for the jail to take away.
  func mixture(_ count: Int) throws {
    let commands = ["true", "sleep 100 & true", "echo x > /tmp/x; kill -9 $$"]
    let calls = (0..<count).map { number in
      number % 4 == 0
        ? seed : ToolCall(tool: "bash", input: ["command": .string(commands[number % 4 - 1])])
    }
    try client.calls(calls) { _ = try $0.get() }
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
