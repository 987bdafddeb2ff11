import Glibc
import JSON
import Logging
import Posix
import Supervision
import Wire

/// The coordinator's side of a worker: a queue, a slot, a deadline, a frame each way, both schemas checked.
func measureSupervision() throws -> [Measurement] {
  signal(SIGPIPE, SIG_IGN)
  let raw = try RawPeer()
  let inline = try SupervisedEcho(tool: "echo")
  let threaded = try SupervisedEcho(tool: "echo_thread")
  var samples: [String: [Double]] = [:]
  for _ in 0..<15 {
    samples["raw pipe", default: []].append(try raw.roundTrips(3000))
    samples["ours, inline", default: []].append(try inline.roundTrips(3000))
    samples["ours, on a thread", default: []].append(try threaded.roundTrips(3000))
  }
  let measurements = ["ours, inline", "ours, on a thread", "raw pipe"].map {
    Measurement(subject: "tool/invoke echo p50", side: $0, bytes: nil, samples: samples[$0] ?? [])
  }
  inline.stop()
  threaded.stop()
  return measurements
}

/// Folder of this program, where the others were built too.
func programFolder() -> String {
  var buffer = [UInt8](repeating: 0, count: 4096)
  let count = buffer.withUnsafeMutableBytes {
    readlink("/proc/self/exe", $0.assumingMemoryBound(to: CChar.self).baseAddress!, $0.count)
  }
  let path = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
  return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
}

private final class SupervisedEcho {
  private let loop: EventLoop
  private let supervisor: Supervisor
  private let tool: String

  init(tool: String) throws {
    self.tool = tool
    loop = try EventLoop()
    supervisor = Supervisor(
      loop: loop,
      spawner: try Spawner(),
      launcher: DirectLauncher(environment: [:]),
      log: Logger(level: .error),
      identity: Peer(name: "benchmark", version: "1")
    )
    var manifest = WorkerManifest(name: "echo", command: ["\(programFolder())/echo-worker"], folder: "/")
    manifest.instances = 1
    _ = supervisor.apply(["echo": manifest])
    waitUntilReady()
    loop.run()
  }

  private func waitUntilReady() {
    if supervisor.catalog[tool] != nil { loop.stop() } else { loop.schedule(after: 1) { self.waitUntilReady() } }
  }

  func roundTrips(_ count: Int) throws -> Double {
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
