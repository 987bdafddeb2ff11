import Foundation
import JSON
import Testing
import Wire

@Suite(.serialized) struct FileTests {
  @Test func `files go in as text, base64 and artifact, and come out when they changed`() throws {
    let bench = try SandboxBench()
    let made = try bench.bash("printf 'a\\0b' > made")
    let artifact = try #require(made.artifacts.first)
    #expect(artifact.bytes == 3)
    let files: JSON = [
      ["path": "t.txt", "text": "héy"], ["path": "deep/er/b.bin", "base64": "AAEC"],
      ["path": "c", "artifact": .string(artifact.sha256)],
    ]
    let bash = try bench.call(
      "bash",
      [
        "command": "cat t.txt; od -An -tx1 deep/er/b.bin c; echo more >> t.txt", "files": files,
      ]
    )
    #expect(bash.stdout == "héy 00 01 02 61 00 62\n")
    #expect(bash.artifacts.map(\.name) == ["t.txt"])
    #expect(bash.artifacts.first?.mediaType == "text/plain")
    #expect(try bench.bytes(of: try #require(bash.artifacts.first)) == Array("héymore\n".utf8))
    // Cold, then warm.
    for _ in 0..<2 {
      let python = try bench.call(
        "code_exec",
        [
          "code": "output = [open('t.txt').read(), list(open('deep/er/b.bin', 'rb').read()), len(open('c').read())]",
          "files": files,
        ]
      )
      #expect(python.output == ["héy", [0, 1, 2], 3])
      #expect(python.artifacts == [])
      try bench.until("one waits") { bench.descendants().contains { $0.name.hasPrefix("python3") } }
    }
    try bench.end()
  }

  @Test(arguments: ["../x", "/etc/x", "a//b", "a/./b", "", "a/..", "x\u{0}y"])
  func `a file cannot be put outside of the workspace`(path: String) throws {
    let bench = try SandboxBench()
    let answer = try bench.call("bash", ["command": "true", "files": [["path": .string(path), "text": ""]]])
    #expect(answer.error?.name == .invalidInput)
    try bench.end()
  }

  @Test func `an artifact that is not there is an error of its own`() throws {
    let bench = try SandboxBench()
    let hash = String(repeating: "0", count: 64)
    let answer = try bench.call("bash", ["command": "true", "files": [["path": "a", "artifact": .string(hash)]]])
    #expect(answer.error?.name == .notFound)
    try bench.end()
  }

  @Test func `links, pipes and sockets are never followed, and are named`() throws {
    let bench = try SandboxBench()
    let command = """
      ln -s /etc/passwd link; ln -s . self; mkfifo pipe; echo x > a; ln a hard; mkdir d; ln -s ../../etc d/up
      """
    let answer = try bench.bash(command)
    #expect(answer.reason == "ok")
    #expect(Set(answer.artifacts.map(\.name)) == ["a", "hard"])
    let skipped = answer.record["skipped"]?.arrayValue?.compactMap(\.stringValue) ?? []
    #expect(Set(skipped) == ["link", "self", "pipe", "d/up"])
    try bench.end()
  }

  @Test func `artifacts are bounded in number, and of two with one name both are kept`() throws {
    let bench = try SandboxBench()
    let many = try bench.bash("for i in $(seq 100); do echo $i > f$i; done")
    #expect(many.artifacts.count == 64)
    #expect(many.record["skipped"]?.arrayValue?.count == 36)
    let large = try bench.bash("head -c 17M /dev/zero > large; echo x > small")
    #expect(large.artifacts.map(\.name) == ["small"])
    let same = try bench.bash("mkdir a b; echo 1 > a/x; echo 2 > b/x")
    #expect(same.artifacts.map(\.name) == ["x", "b_x"])
    try bench.end()
  }

  @Test func `paths of the host are there when they are needed, and only as they are needed`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sandbox-\(UUID())").path
    try FileManager.default.createDirectory(
      atPath: folder,
      withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o777]
    )
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // Safety: what is left harms nobody.
    _ = FileManager.default.createFile(atPath: folder + "/x", contents: Data("host".utf8))
    // What a call may need is at most what the worker itself sees, so this one is started by hand.
    let bench = try SandboxBench(.byHand)
    #expect(try bench.bash("cat \(folder)/x").stderr?.contains("No such file") == true)
    let readable = try bench.bash("cat \(folder)/x; echo y > \(folder)/x", needs: needs { $0.read = [folder] })
    #expect(readable.stdout == "host")
    #expect(readable.stderr?.contains("Read-only file system") == true || readable.stderr?.contains("denied") == true)
    let writable = try bench.python("open('\(folder)/y', 'w').write('z')", needs: needs { $0.write = [folder] })
    #expect(writable.reason == "ok")
    #expect(FileManager.default.contents(atPath: folder + "/y") == Data("z".utf8))
    #expect(try bench.bash("true", needs: needs { $0.read = ["/nonexistent"] }).error?.name == .refused)
    #expect(try bench.bash("true", needs: needs { $0.read = ["/proc"] }).error?.name == .refused)
    try bench.end()
  }
}
