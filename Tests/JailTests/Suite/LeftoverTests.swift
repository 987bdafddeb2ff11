import Glibc
import Jail
import Posix
import Testing

/// What is left when a run, its launcher or its parent is gone: nothing.
@Suite(.serialized)
struct LeftoverTests {
  /// Processes whose command line holds `token`.
  private func processes(with token: String) -> [Int32] {
    processIDs().filter { pid in
      guard let file = fopen("/proc/\(pid)/cmdline", "r") else { return false }
      defer { fclose(file) }
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = fread(&bytes, 1, bytes.count, file)
      return String(decoding: bytes[..<count], as: UTF8.self).contains(token)
    }
  }

  private func processIDs() -> [Int32] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var list: [Int32] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let pid = Int32(name) { list.append(pid) }
    }
    return list
  }

  private func parent(of pid: Int32) -> Int32? {
    guard let file = fopen("/proc/\(pid)/stat", "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = fread(&bytes, 1, bytes.count, file)
    let text = String(decoding: bytes[..<count], as: UTF8.self)
    guard let end = text.lastIndex(of: ")") else { return nil }
    return text[end...].split(separator: " ").dropFirst(2).first.flatMap { Int32($0) }
  }

  /// Polls: the event is the end of processes that are not ours to wait for.
  private func becomes(_ condition: () -> Bool) -> Bool {
    for _ in 0..<500 {
      if condition() { return true }
      usleep(10_000)
    }
    return false
  }

  /// Starts jail-corpus with one jailed sleeper whose command line holds the token, and waits until it sleeps.
  private func sleeper(_ token: String) throws -> ChildProcess {
    _ = builtPrograms
    var plan = SpawnPlan(
      path: builtPrograms + "/jail-corpus",
      arguments: ["jail-corpus", "--once", "sleep", "60", token]
    )
    plan.environment = ["BULKHEAD_JAIL=\(builtPrograms)/bulkhead-jail"]
    plan.noNewPrivileges = false
    if geteuid() == 0 { plan.credentials = (61236, 61236) }
    let null = try Descriptor.open("/dev/null", O_RDWR)
    let child = try plan.spawn(descriptors: [null.raw, null.raw, null.raw])
    try #require(becomes { processes(with: token).count == 2 })
    return child
  }

  @Test func `killing the parent leaves no process behind`() throws {
    let token = "leftover-\(UInt64.random(in: 0 ... .max))"
    let parent = try sleeper(token)
    parent.signal(SIGKILL)
    #expect(becomes { processes(with: token).isEmpty })
    while try parent.reap() == nil { usleep(1000) }
  }

  @Test func `killing the launcher leaves no process behind and the parent learns of it`() throws {
    let token = "leftover-\(UInt64.random(in: 0 ... .max))"
    let runner = try sleeper(token)
    // Program, reaper, launcher, runner. Until the program is there, its forerunners show the runner's command line.
    var launcher: Int32 = 0
    let isWhole = becomes {
      guard let program = processes(with: token).first(where: { $0 != runner.pid }),
        let found = parent(of: program).flatMap({ parent(of: $0) }), parent(of: found) == runner.pid
      else { return false }
      launcher = found
      return true
    }
    try #require(isWhole)
    kill(launcher, SIGKILL)
    #expect(becomes { processes(with: token).isEmpty })
    // The runner reports a run that was lost, by itself.
    var end: ProcessExit?
    while end == nil {
      end = try runner.reap()
      usleep(1000)
    }
    #expect(end == .code(1))
  }

  @Test func `a hundred runs leave no descriptor, process or mount behind`() throws {
    // In a process of its own: other tests come and go in this one. They also mount and unmount meanwhile, so a
    // difference counts only when it shows every time, as that of a leak would.
    var outputs: [String] = []
    for _ in 0..<3 {
      let run = try runCorpus(["--repeat", "100"], as: geteuid() == 0 ? 61235 : nil)
      #expect(run.status == .code(0))
      let lines = run.output.split(separator: "\n")
      if lines.count == 2, lines[0] == lines[1] { return }
      outputs.append(run.output)
    }
    Issue.record("before and after: \(outputs)")
  }

  @Test func `a run that is given up ends`() throws {
    let token = "leftover-\(UInt64.random(in: 0 ... .max))"
    var run: JailRun? = try JailRun(shell("exec -a \(token) sleep 60").prepare())
    try #require(becomes { processes(with: token).contains { pid in parent(of: pid) != nil } })
    run = nil
    #expect(becomes { processes(with: token).isEmpty })
    _ = run
  }
}
