import Glibc
import Jail

private let arguments = CommandLine.arguments.dropFirst(2)

/// One probe in one jail: reason, denials, and what the probe said, a line each.
func runOnce() throws -> Int32 {
  let path = try JailProgram.path()
  let probe = path.prefix(path.count - "bulkhead-jail".count) + "jail-probe"
  var policy = JailPolicy(program: String(probe), arguments: ["jail-probe"] + arguments)
  policy.view.programs = [String(probe)]
  policy.network = .inherited
  let result = try JailRun(policy.prepare()).run()
  print(result.reason.rawValue, result.setupFailure.map { "\($0)" } ?? "")
  print("denied:", result.denials.map(\.name).joined(separator: " "))
  print(String(decoding: result.output.bytes, as: UTF8.self), terminator: "")
  return result.reason == .ok ? 0 : 1
}

/// Runs this program with `--once` in the jail of the sandbox worker, and shows what came of both.
func runNested() throws -> Int32 {
  let path = try JailProgram.path()
  let folder = String(path.prefix(path.count - "/bulkhead-jail".count))
  var policy = JailPolicy(program: folder + "/jail-corpus", arguments: ["jail-corpus", "--once"] + arguments)
  policy.profile = .sandboxWorker
  policy.view.processes = .writable
  policy.view.programs = [folder, "/opt/swift/usr/lib"]
  policy.limits = .longLived
  policy.runAs = geteuid() == 0 ? .init(uid: 61234, gid: 61234) : nil
  let result = try JailRun(policy.prepare()).run()
  print("worker:", result.reason.rawValue, result.setupFailure.map { "\($0)" } ?? "")
  print(String(decoding: result.output.bytes + result.errorOutput.bytes, as: UTF8.self))
  return result.reason == .ok ? 0 : 1
}

/// Runs a script that leaves a process and a file behind, again and again.
func runRepeatedly() throws -> Int32 {
  var policy = JailPolicy(program: "/usr/bin/bash", arguments: ["bash", "-c", "sleep 60 & echo x > file"])
  policy.runAs = geteuid() == 0 ? .init(uid: 61234, gid: 61234) : nil
  let jail = try policy.prepare()
  for round in 0...(arguments.first.flatMap { Int($0) } ?? 1) {
    let result = try JailRun(jail).run()
    guard result.reason == .ok, result.artifacts.count == 1 else { return 1 }
    if round == 0 { print(holdings()) }
  }
  print(holdings())
  return 0
}

func writePolicy() throws -> Int32 {
  var policy = JailPolicy(program: "/usr/bin/true", arguments: ["true"])
  policy.runAs = geteuid() == 0 ? .init(uid: 61234, gid: 61234) : nil
  let bytes = try policy.prepare().bytes
  return write(STDOUT_FILENO, bytes, bytes.count) == bytes.count ? 0 : 1
}

func claimControlGroup() throws -> Int32 {
  do {
    let tree = try ControlGroupTree.find()
    try tree.claim()
    print("claimed '\(tree.path)'", try tree.delegate("sandbox", to: (61234, 61234)))
    print(text("/proc/self/cgroup"))
    return 0
  } catch {
    print(error)
    return 1
  }
}

private func holdings() -> String {
  let processes = "/proc/self/task/\(getpid())/children"
  // A launcher is reaped a moment after its run has been answered.
  for _ in 0..<200 where !text(processes).isEmpty { usleep(10_000) }
  return
    "\(lines("/proc/self/mountinfo")) mounts, \(entries("/proc/self/fd")) descriptors, children '\(text(processes))'"
}

private func entries(_ path: String) -> Int {
  guard let folder = opendir(path) else { return -1 }
  defer { closedir(folder) }
  var count = 0
  while readdir(folder) != nil { count += 1 }
  return count
}

private func text(_ path: String) -> String {
  guard let file = fopen(path, "r") else { return "?" }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 16)
  let count = fread(&bytes, 1, bytes.count, file)
  return String(decoding: bytes[..<count], as: UTF8.self)
}

private func lines(_ path: String) -> Int { text(path).split(separator: "\n").count }
