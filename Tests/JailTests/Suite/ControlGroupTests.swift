import Foundation
import Glibc
import Jail
import Posix
import Testing

/// A part of the hierarchy for a test, which belongs to the user who runs its jails. Version 2 may be mounted beside
/// version 1, which then has the controllers: what needs none of them is tested everywhere, what does only where they are.
private final class Groups {
  static let mount: String? = {
    for line in read("/proc/self/mountinfo").split(separator: "\n") {
      let parts = line.split(separator: " ")
      if parts.contains("cgroup2"), parts[3] == "/" { return String(parts[4]) }
    }
    return nil
  }()
  static let canMake = mount.map { access($0, W_OK) == 0 } ?? false
  static let hasControllers: Bool = {
    guard let mount, canMake else { return false }
    let there = read(mount + "/cgroup.controllers").split { " \n".contains($0) }
    return there.contains("memory") && there.contains("pids")
  }()

  /// Empty when there is no such file.
  static func read(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }

  let path: String

  init() throws {
    path = try #require(Self.mount) + "/bulkhead-test-\(UInt32.random(in: 0 ... .max))"
    try posix("mkdir", path) { mkdir(path, 0o755) }
    if Self.hasControllers {
      try "+memory +pids".write(toFile: Self.mount! + "/cgroup.subtree_control", atomically: false, encoding: .utf8)
      try "+memory +pids".write(toFile: path + "/cgroup.subtree_control", atomically: false, encoding: .utf8)
    }
  }

  var children: [String] {
    // Safety: no folder, no groups.
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasPrefix("run-") }
  }

  /// Processes of the first of them.
  var members: Int { Self.read("\(path)/\(children.first ?? "")/cgroup.procs").split(separator: "\n").count }

  deinit { rmdir(path) }
}

@Suite(.enabled(if: Groups.canMake, "not testable here: root"), .serialized) struct ControlGroupTests {
  private func isEventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<500 {
      if condition() { return true }
      usleep(10_000)
    }
    return false
  }

  @Test func `a run is in a group of its own, which goes with it`() throws {
    let groups = try Groups()
    // Its own view of /proc shows the group as the root of a namespace, so the outside is asked.
    var run: JailRun? = try JailRun(shell("echo up; sleep 20") { $0.controlGroup = .make(in: groups.path) }.prepare())
    run?.onOutput = { [weak run] _, _ in
      #expect(groups.children.count == 1)
      // Launcher, reaper, shell, and perhaps its child.
      #expect(groups.members >= 3)
      run?.cancel()
    }
    #expect(try run?.run().reason == .cancelled)
    run = nil
    #expect(isEventually { groups.children.isEmpty })
  }

  @Test func `what a run cannot see it cannot leave`() throws {
    let groups = try Groups()
    let script = "cat /proc/self/cgroup | tail -n 1; ls /sys; mkdir -p /sys/fs/cgroup/x"
    let result = try shell(script) { $0.controlGroup = .make(in: groups.path) }.run()
    #expect(result.output.text == "0::/\n")
    #expect(isEventually { groups.children.isEmpty })
  }

  @Test func `processor time that nobody reaped is in the receipt`() throws {
    let groups = try Groups()
    _ = builtPrograms
    let probe = builtPrograms + "/jail-probe"
    // Children too short-lived for the watchdog.
    let policy = shell("\(probe) spin-unreaped 100 0.005") {
      $0.controlGroup = .make(in: groups.path)
      $0.view.programs = [probe]
    }
    let result = try policy.run()
    #expect(result.reason == .ok)
    #expect(result.receipt.userMicroseconds + result.receipt.systemMicroseconds >= 500_000)
    var without = policy
    without.controlGroup = nil
    let control = try without.run()
    #expect(control.receipt.userMicroseconds + control.receipt.systemMicroseconds < 450_000)
  }

  @Test func `killing a jail ends all of its group at once`() throws {
    let groups = try Groups()
    let null = try Descriptor.open("/dev/null", O_RDWR)
    let policy = shell("for i in {1..20}; do (setsid sleep 60 &) ; done; sleep 60") {
      $0.controlGroup = .make(in: groups.path)
      $0.namesDenials = false
    }
    let jail = try JailProcess(policy.prepare(), descriptors: [null.raw, null.raw, null.raw])
    #expect(isEventually { groups.members >= 22 })
    jail.kill()
    #expect(isEventually { groups.members == 0 })
    #expect(isEventually { jail.reaped() })
  }

  @Test func `a folder where no group can be made ends the start with its name`() throws {
    let jail = try shell("true") { $0.controlGroup = .make(in: "/proc/no-such-folder") }.prepare()
    do {
      _ = try JailRun(jail)
      Issue.record("it started")
    } catch {
      #expect(error.message.contains("/proc/no-such-folder"))
    }
  }

  @Test func `the groups of a worker that builds jails belong to its user`() throws {
    let groups = try Groups()
    let tree = try runInside(groups.path, "--claim")
    #expect(tree.status == .code(0), "\(tree.output)")
    #expect(tree.output.contains("claimed '\(groups.path)'"))
    #expect(tree.output.contains("0::/\(groups.path.split(separator: "/").last!)/coordinator"))
    for part in ["jails/sandbox/worker", "jails/sandbox", "jails", "workers", "coordinator"] {
      var status = stat()
      #expect(stat("\(groups.path)/\(part)/cgroup.procs", &status) == 0)
      if part.hasPrefix("jails/sandbox") { #expect(status.st_uid == 61234) }
      #expect(isEventually { rmdir("\(groups.path)/\(part)") == 0 }, "\(part)")
    }
  }

  /// jail-corpus, started inside a group.
  private func runInside(_ group: String, _ arguments: String...) throws -> CorpusRun {
    let place = try Descriptor.open(group + "/cgroup.procs", O_WRONLY)
    return try runCorpus(arguments, as: nil, controlGroup: place.raw)
  }

  @Test(.enabled(if: Groups.hasControllers, "not testable here: delegated cgroup v2"))
  func `memory ends at its limit, not a page later`() throws {
    let groups = try Groups()
    let probe = builtPrograms + "/jail-probe"
    var policy = shell("") {
      $0.controlGroup = .make(in: groups.path)
      $0.limits.memoryBytes = 64 << 20
      $0.view.programs = [probe]
    }
    policy.program = probe
    policy.arguments = ["jail-probe", "hog", "2000000000", "4"]
    let result = try policy.run()
    #expect(result.reason == .memoryLimit)
    let bytes = try #require(result.artifacts.first?.contents)
    #expect(bytes.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) } * 4096 <= 64 << 20)
  }
}
