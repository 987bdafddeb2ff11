import Foundation
import Glibc
import JSON
import Testing

private enum Groups {
  /// Where version 2 is mounted, when this user may make groups there.
  static let mount: String? = {
    for line in text("/proc/self/mountinfo").split(separator: "\n") {
      let parts = line.split(separator: " ")
      if parts.contains("cgroup2"), parts[3] == "/", access(String(parts[4]), W_OK) == 0 { return String(parts[4]) }
    }
    return nil
  }()

  static func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}

/// The coordinator in a part of the control groups that was delegated to it, as a service manager does.
@Suite(.enabled(if: Groups.mount != nil, "not testable here: root"), .serialized) struct ControlGroupTests {
  private func groups(_ folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []  // Safety: no folder, no groups.
    return names.filter { $0.hasPrefix("run-") }
  }

  private func remove(_ folder: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {  // Safety: it has gone already.
      var status = stat()
      if stat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR { remove("\(folder)/\(name)") }
    }
    for _ in 0..<200 where rmdir(folder) != 0 && errno == EBUSY { usleep(10_000) }
  }

  @Test func `each worker is in a group of its own, and no group outlives it`() throws {
    let folder = try #require(Groups.mount) + "/bulkhead-e2e-\(UInt32.random(in: 0 ... .max))"
    #expect(mkdir(folder, 0o755) == 0)
    defer { remove(folder) }
    let enter = "echo 0 > \(folder)/cgroup.procs; exec \"$0\" \"$@\""
    let daemon = try Daemon()
    try daemon.addSin("behaves")
    try daemon.start(throughShell: enter)
    var client = try daemon.connect()
    try eventually("the worker is ready") { try client.request("status")["workers_ready"] == 1 }
    #expect(Groups.text("/proc/\(daemon.pid)/cgroup").contains("/coordinator\n"))
    let first = groups(folder + "/workers")
    #expect(first.count == 1)
    let pid = try #require(try client.worker("behaves")?["instances"]?.arrayValue?.first?["pid"]?.integerValue)
    #expect(Groups.text("\(folder)/workers/\(first[0])/cgroup.procs").split(separator: "\n").contains("\(pid)"))
    kill(Int32(pid), SIGKILL)
    try eventually("another has taken its place") {
      let now = groups(folder + "/workers")
      return now.count == 1 && now != first
    }

    // Killed, it can remove nothing; the next one does.
    kill(daemon.pid, SIGKILL)
    _ = daemon.waitForExit()
    try daemon.start(throughShell: enter)
    client = try daemon.connect()
    try eventually("the worker is ready again") { try client.request("status")["workers_ready"] == 1 }
    try eventually("what was left is gone") { groups(folder + "/workers").count == 1 }
    kill(daemon.pid, SIGTERM)
    _ = daemon.waitForExit()
    try eventually("no worker's group is left") { groups(folder + "/workers").isEmpty }
  }
}
