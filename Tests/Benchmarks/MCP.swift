import Foundation
import Glibc
import JSON
import Jail
import Logging
import Posix
import Supervision
import Wire

/// The bridge between the coordinator and MCP servers: what it adds to a call, over the same server spoken to directly in
/// the same run; how long servers take to start alone and twenty at once; how long a sleeping one takes to answer.
///
/// The server is the small one of the tests, so that its own time is short. Started as root, workers run as
/// BULKHEAD_BENCH_USER, else bulkhead.
func measureMCP() throws -> Results {
  signal(SIGPIPE, SIG_IGN)
  var results = Results()
  for era in ["legacy", "modern"] { try measureCalls(era, &results) }
  try measureStarts(&results)
  try measureWaking(&results)
  return results
}

private let folder =
  URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/MCPWorkerTests"
private func command(_ era: String) -> [String] { ["/usr/bin/python3", "-I", "-S", folder + "/hostile.py", era] }

private func measureCalls(_ era: String, _ results: inout Results) throws {
  let direct = try DirectServer(command(era), era)
  let bridged = try BridgedServers([("demo", command(era), [:])])
  let echo = try BridgedServers([])
  var samples: [[Double]] = [[], [], []]
  for _ in 0..<15 {
    samples[0].append(try direct.roundTrips(500))
    samples[1].append(try bridged.roundTrips("demo.echo", 500))
    samples[2].append(try echo.roundTrips("echo", 500))
  }
  let subject = "tool call, \(era) server, p50"
  let ours = results.add(subject, "ours", samples[1])
  let floor = results.add(subject, "the same server directly", samples[0])
  results.add(subject, "a call of the echo worker", samples[2])
  results.bounds.append(
    Bound("\(era): added by the bridge, p50", (ours.median - floor.median) / 1e3, "µs", atMost: 200)
  )
  direct.stop()
  bridged.stop()
  echo.stop()
}

private func measureStarts(_ results: inout Results) throws {
  var alone: [Double] = []
  var many: [Double] = []
  for _ in 0..<5 {
    for (count, isAlone) in [(1, true), (20, false)] {
      let servers = try BridgedServers((0..<count).map { ("s\($0)", command("both"), [:]) })
      if isAlone { alone.append(servers.startNanoseconds) } else { many.append(servers.startNanoseconds) }
      servers.stop()
    }
  }
  let one = results.add("start until tools are offered", "one server", alone)
  let twenty = results.add("start until tools are offered", "ours, 20 at once, the last", many)
  results.bounds.append(
    Bound("20 at once: after one alone", (twenty.median - one.median) / 1e9, "s", atMost: 1)
  )
}

private func measureWaking(_ results: inout Results) throws {
  let servers = try BridgedServers([("demo", command("both"), ["idle_ms": 50])])
  var waking: [Double] = []
  for _ in 0..<15 {
    usleep(400_000)
    waking.append(try servers.roundTrips("demo.pid", 1))
  }
  results.add("first call of a server that sleeps", "ours", waking)
  servers.stop()
}

/// Bridges and their servers behind a supervisor, without journal: what any call of a worker costs is in both sides.
private final class BridgedServers {
  private let loop: EventLoop
  private let supervisor: Supervisor
  let startNanoseconds: Double

  init(_ servers: [(name: String, command: [String], settings: JSONObject)]) throws {
    let loop = try EventLoop()
    self.loop = loop
    supervisor = Supervisor(
      loop: loop,
      spawner: try Spawner(),
      launcher: JailedLauncher(environment: [:], credentials: Self.user(), hidden: []),
      log: Logger(level: .error),
      identity: Peer(name: "benchmark", version: "1")
    )
    var manifests: [String: WorkerManifest] = [:]
    for server in servers {
      var manifest = WorkerManifest(name: server.name, command: ["\(programFolder())/mcp-worker"], folder: folder)
      manifest.permissions.jails = true
      manifest.permissions.read = [folder]
      manifest.limits.processes = 4096
      manifest.limits.openFiles = 4096
      manifest.startMS = 60_000
      manifest.settings = server.settings
      manifest.settings["transport"] = "stdio"
      manifest.settings["command"] = .array(server.command.map { .string($0) })
      manifest.settings["needs"] = ["read": [.string(folder)]]
      manifests[server.name] = manifest
    }
    if servers.isEmpty {
      manifests["echo"] = WorkerManifest(name: "echo", command: ["\(programFolder())/echo-worker"], folder: folder)
    }
    let start = now()
    _ = supervisor.apply(manifests)
    let supervisor = self.supervisor
    func look() {
      if manifests.keys.allSatisfy({ supervisor.kinds[$0]?.isReady == true }) {
        loop.stop()
      } else {
        loop.schedule(after: 1) { look() }
      }
    }
    look()
    loop.run()
    startNanoseconds = now() - start
  }

  private static func user() -> (uid: UInt32, gid: UInt32)? {
    guard geteuid() == 0 else { return nil }
    let name = getenv("BULKHEAD_BENCH_USER").map { String(cString: $0) } ?? "bulkhead"
    guard let entry = getpwnam(name) else { return (65534, 65534) }
    return (entry.pointee.pw_uid, entry.pointee.pw_gid)
  }

  func roundTrips(_ tool: String, _ count: Int) throws -> Double {
    guard let entry = supervisor.catalog[tool] else { throw PosixError("benchmark", "no tool \(tool)", errno: ENOENT) }
    var times: [Double] = []
    func next() {
      let start = now()
      let invocation = Invocation(
        tool: tool,
        input: ["text": "hello, world"],
        job: "j1",
        idempotencyKey: "k",
        deadline: .now + 30_000
      ) { result in
        if case .failure(let error) = result { fatalError(error.message) }
        times.append(now() - start)
        if times.count < count { next() } else { self.loop.stop() }
      }
      entry.kind.submit(invocation)
    }
    loop.deferred(next)
    loop.run()
    return median(&times)
  }

  func stop() {
    supervisor.stop { self.loop.stop() }
    loop.run()
  }
}

/// A server with nothing between: what an ordinary client does, with a loop like ours.
private final class DirectServer: ReadinessHandler {
  private let loop: EventLoop
  private let child: ChildProcess
  private let input: Descriptor
  private let output: Descriptor
  private let isModern: Bool
  private var line: [UInt8] = []
  private var onLine: (([UInt8]) -> Void)?
  private var number: Int64 = 0

  init(_ command: [String], _ era: String) throws {
    loop = try EventLoop()
    isModern = era == "modern"
    var stdin = try DescriptorPair.pipe()
    var stdout = try DescriptorPair.pipe()
    let inner = [stdin.takeFirst().release(), stdout.takeSecond().release()]
    defer { for raw in inner { close(raw) } }
    child = try SpawnPlan(path: command[0], arguments: command).spawn(descriptors: inner + [STDERR_FILENO])
    input = stdin.takeSecond()
    output = stdout.takeFirst()
    try output.setNonBlocking()
    try loop.watch(output.raw, for: .readable, handler: self)
    if isModern { return }
    var isOpen = false
    let client: JSON = ["name": "benchmark", "version": "1"]
    try ask("initialize", ["protocolVersion": "2025-11-25", "capabilities": [:], "clientInfo": client]) { _ in
      isOpen = true
      self.loop.stop()
    }
    loop.run()
    precondition(isOpen)
  }

  private func ask(_ method: String, _ params: JSONObject, _ answered: @escaping ([UInt8]) -> Void) throws {
    number += 1
    onLine = answered
    let message: JSON = [
      "jsonrpc": "2.0", "id": .integer(number), "method": .string(method), "params": .object(params),
    ]
    try input.writeAll(message.serialized() + [UInt8(ascii: "\n")])
  }

  func ready(_ readiness: Readiness) {
    let raw = output.raw
    loop.withReadBuffer { buffer in
      let count = read(raw, buffer.baseAddress, buffer.count)
      guard count > 0 else { return }
      line += buffer[..<count]
    }
    guard line.last == UInt8(ascii: "\n") else { return }
    let whole = line
    line = []
    onLine?(whole)
  }

  func roundTrips(_ count: Int) throws -> Double {
    var times: [Double] = []
    var params: JSONObject = ["name": "echo", "arguments": ["text": "hello, world"]]
    if isModern {
      params["_meta"] = [
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": [:],
      ]
    }
    var failure: (any Error)?
    func next() {
      let start = now()
      do {
        try ask("tools/call", params) { answered($0, start) }
      } catch {
        failure = error
        loop.stop()
      }
    }
    func answered(_ line: [UInt8], _ start: Double) {
      // As any client, it looks at the answer.
      do {
        let answer = try JSON(parsing: line)
        precondition(answer["result"]?["content"] != nil)
      } catch {
        failure = error
      }
      times.append(now() - start)
      if times.count < count, failure == nil { next() } else { loop.stop() }
    }
    loop.deferred { next() }
    loop.run()
    if let failure { throw failure }
    return median(&times)
  }

  func stop() { child.signal(SIGKILL) }
}
