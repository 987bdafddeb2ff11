import Glibc
import Jail
import Testing

struct WorkspaceTests {
  @Test func `files go in and artifacts come out`() throws {
    var policy = shell("cat in/data.txt > out.txt; mkdir -p deep/er; printf x > deep/er/file; chmod 600 out.txt")
    policy.view.files = [.init(path: "in/data.txt", contents: Array("hello".utf8))]
    let result = try policy.run()
    #expect(result.reason == .ok, "\(result.errorOutput.text)")
    #expect(result.artifacts.map(\.path) == ["deep/er/file", "out.txt"])
    #expect(result.artifacts.last?.contents == Array("hello".utf8))
    #expect(result.artifacts.last?.mode == 0o600)
  }

  @Test func `an input file is an artifact only when it was changed`() throws {
    var policy = shell("echo changed > b")
    policy.view.files = [.init(path: "a", contents: [1]), .init(path: "b", contents: [2])]
    #expect(try policy.run().artifacts.map(\.path) == ["b"])
  }

  @Test(arguments: [
    "ln -s /etc/passwd link", "ln -s / link", "ln -s /proc/self/environ link", "mkfifo link",
    "mkdir a; ln -s ../.. a/link",
  ])
  func `links and pipes are left behind`(script: String) throws {
    let result = try shell(script + "; echo kept > kept").run()
    #expect(result.artifacts.map(\.path) == ["kept"])
    #expect(result.skippedArtifacts.contains { $0.hasSuffix("link") })
  }

  @Test func `artifacts are bounded in number and bytes`() throws {
    let result = try shell("for i in $(seq 20); do head -c 1000 /dev/zero > f$i; done") {
      $0.limits.artifacts = 8
      $0.limits.artifactBytes = 5000
    }.run()
    #expect(result.artifacts.count == 5)
    #expect(result.limitsHit.contains(.artifacts))
    #expect(result.skippedArtifacts.count == 15)
  }

  @Test func `a folder that is too deep ends the walk, not the collector`() throws {
    let result = try shell("for i in $(seq 40); do mkdir d; cd d; done; echo x > x; cd /workspace; echo y > y").run()
    #expect(result.artifacts.map(\.path) == ["y"])
    #expect(result.skippedArtifacts.count == 1)
  }

  @Test func `a full workspace is the reason when the program fails of it`() throws {
    let result = try shell("head -c 9000000 /dev/zero > f") { $0.view.workspaceBytes = 1 << 20 }.run()
    #expect(result.reason == .workspaceLimit)
    #expect(result.limitsHit.contains(.workspace))
    #expect(result.receipt.workspaceBytes == 1 << 20)
  }

  @Test(arguments: ["../up", "/absolute", "a//b", "a/./b", ""])
  func `an input file outside of the workspace is refused`(path: String) {
    var policy = shell("true")
    policy.view.files = [.init(path: path, contents: [])]
    #expect(throws: JailError.self) { try policy.prepare() }
  }

  @Test(arguments: ["relative", "/proc", "/proc/sys", "/sys/fs", "/dev/sda", "/a/../b", "/tmp", "/"])
  func `paths that are never shown are refused`(path: String) {
    var policy = shell("true")
    policy.view.readable = [path]
    #expect(throws: JailError.self) { try policy.prepare() }
  }
}
