import Glibc
import JSON
import Logging
import Posix
import Supervision
import Wire

/// What a long life costs: a million calls through the service, and ten thousand restarts of a worker; prints what grew.
/// `BULKHEAD_SOAK` divides both numbers.
func measureSoak() throws -> [Measurement] {
  signal(SIGPIPE, SIG_IGN)
  let divisor = getenv("BULKHEAD_SOAK").flatMap { Int(String(cString: $0)) } ?? 1
  let calls = try soakCalls(1_000_000 / divisor)
  let restarts = try soakRestarts(10_000 / divisor)
  return [calls, restarts]
}

private func soakCalls(_ count: Int) throws -> Measurement {
  let service = try RunningService(instances: 2)
  defer { service.stop() }
  let client = try ServiceClient(service.socket)
  _ = try client.flood(20_000, inFlight: 64)
  let memory = try service.proportionalMegabytes()
  let descriptors = try service.descriptors()
  var samples: [Double] = []
  for _ in 0..<10 { samples.append(try client.flood(count / 10, inFlight: 64)) }
  print(
    "\(count) calls: memory \(memory) → \(try service.proportionalMegabytes()) MB, "
      + "descriptors \(descriptors) → \(try service.descriptors())"
  )
  return Measurement(subject: "call, \(count) in all", side: "ours", bytes: nil, samples: samples)
}

private func soakRestarts(_ count: Int) throws -> Measurement {
  let loop = try EventLoop()
  let supervisor = Supervisor(
    loop: loop,
    spawner: try Spawner(),
    launcher: JailedLauncher(
      environment: [:],
      credentials: geteuid() == 0 ? getpwnam("bulkhead").map { ($0.pointee.pw_uid, $0.pointee.pw_gid) } : nil,
      hidden: []
    ),
    log: Logger(level: .silent),
    identity: Peer(name: "benchmark", version: "1")
  )
  // It answers one call with its exit, which is how a worker that crashes looks.
  var manifest = WorkerManifest(name: "echo", command: ["\(programFolder())/echo-worker"], folder: "/usr/share")
  manifest.restart.backoffMS = 1
  manifest.restart.maxBackoffMS = 1
  manifest.restart.throttleMS = 1
  _ = supervisor.apply(["echo": manifest])
  var done = 0
  var before: (Double, Int, Int)?
  var samples: [Double] = []
  var started = now()
  func next() {
    guard let entry = supervisor.catalog["quit"], entry.kind.isReady else {
      loop.schedule(after: 1, next)
      return
    }
    let call = Invocation(
      tool: "quit",
      input: [:],
      job: "j",
      idempotencyKey: "k",
      deadline: .now + 30_000
    ) { _ in
      done += 1
      if done == count / 10 { before = holdings() }
      if done % max(1, count / 10) == 0 {
        samples.append((now() - started) / Double(max(1, count / 10)))
        started = now()
      }
      if done < count { loop.schedule(after: 0, next) } else { loop.stop() }
    }
    entry.kind.submit(call)
  }
  loop.deferred(next)
  loop.run()
  let after = holdings()
  supervisor.stop { loop.stop() }
  loop.run()
  print(
    "\(count) restarts: memory \(before?.0 ?? 0) → \(after.0) MB, descriptors \(before?.1 ?? 0) → \(after.1), "
      + "processes \(before?.2 ?? 0) → \(after.2)"
  )
  return Measurement(subject: "crash to ready again", side: "ours", bytes: nil, samples: samples)
}

/// Resident megabytes, descriptors and children of this process.
private func holdings() -> (Double, Int, Int) {
  let pages = (try? Descriptor.open("/proc/self/statm", O_RDONLY).readAll(limit: 256)) ?? []
  let resident = String(decoding: pages, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Double($0) }
  return ((resident ?? 0) * 4096 / 1_048_576, entries("/proc/self/fd"), childCount(of: getpid()))
}

func entries(_ path: String) -> Int {
  guard let directory = opendir(path) else { return -1 }
  defer { closedir(directory) }
  var count = -2
  while readdir(directory) != nil { count += 1 }
  return count
}

private func childCount(of pid: Int32) -> Int {
  guard let directory = opendir("/proc/\(pid)/task") else { return -1 }
  defer { closedir(directory) }
  var count = 0
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    guard Int32(name) != nil,
      let text = try? Descriptor.open("/proc/\(pid)/task/\(name)/children", O_RDONLY).readAll(limit: 65536)
    else { continue }
    count += String(decoding: text, as: UTF8.self).split(separator: " ").count
  }
  return count
}
