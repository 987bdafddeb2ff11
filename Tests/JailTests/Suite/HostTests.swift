import Glibc
import Jail
import Testing

struct HostTests {
  @Test func `this host's grade is found by building jails`() {
    _ = builtPrograms
    let host = JailHost.probe(runAs: geteuid() == 0 ? .init(uid: 61234, gid: 61234) : nil)
    #expect(host.grade == .full, "\(host.features)")
    #expect(host.features.allSatisfy { $0.isAvailable || !$0.remedy.isEmpty })
  }

  @Test(.enabled(if: geteuid() == 0, "not testable here: root"))
  func `started as root without an ordinary user nothing runs`() throws {
    var policy = shell("true")
    policy.runAs = nil
    let result = try policy.run()
    #expect(result.reason == .setupFailed)
    #expect(result.setupFailure?.stage == "credentials")
    #expect(result.setupFailure?.errno == EPERM)
    let host = JailHost.probe(runAs: nil)
    #expect(host.grade == .none)
    #expect(host.features.first?.remedy.contains("run_as") == true)
  }

  @Test func `grades are ordered`() {
    #expect(JailGrade.full > .oldLandlock)
    #expect(JailGrade.oldLandlock > .noNamespaces)
    #expect(JailGrade.noNamespaces > .none)
  }

  @Test func `without namespaces limits and walls around files still hold`() throws {
    let policy = shell("cat /etc/hostname; (sleep 60 &) ; while :; do :; done") {
      $0.grade = .noNamespaces
      $0.view.workspaceBytes = nil
      $0.directory = "/"
      $0.limits.processes = nil
      $0.limits.cpuMilliseconds = 300
    }
    let result = try policy.run()
    #expect(result.reason == .cpuLimit)
    #expect(result.errorOutput.text.contains("Permission denied"))
  }
}
