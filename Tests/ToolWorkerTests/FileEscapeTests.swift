import CLinux
import Foundation
import Glibc
import JSON
import Posix
import Synchronization
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// Attacks on the walls around the granted folder. The control of each is the same act inside of it.
@Suite(.serialized) struct FileEscapeTests {
  @Test func `paths that lead out are refused, whatever they are made of`() throws {
    let folder = try FileFolder()
    try folder.put("d/x", "inside")
    symlink(folder.outside, folder.root + "/out")
    symlink("../outside/secret", folder.root + "/relative")
    symlink(folder.outside + "/secret", folder.root + "/absolute")
    symlink("/proc/self/root" + folder.outside, folder.root + "/magic")
    symlink("d/x", folder.root + "/fine")
    symlink("loop", folder.root + "/loop")
    let bench = folder.bench
    for path in [
      "../outside/secret", "d/../../outside/secret", "..", "d/..", folder.outside + "/secret", "/etc/passwd",
      folder.root + "/../outside/secret", "out/secret", "relative", "absolute", "magic/secret", "loop",
      folder.root + "x", "/",
    ] {
      for (tool, more) in [
        ("file_read", [:]), ("file_write", ["content": "bad", "mode": "overwrite"]),
        ("file_write", ["content": "bad", "mode": "append"]), ("file_edit", ["edits": [["old": "s", "new": "b"]]]),
        ("file_search", ["pattern": "s"]), ("file_list", [:]),
      ] as [(String, JSONObject)] {
        var input: JSONObject = ["path": .string(path)]
        for member in more.members { input[member.key] = member.value }
        let answer = try bench.call(tool, .object(input))
        #expect(answer.error?.name == .refused || answer.reason == "not_a_folder", "\(tool) \(path): \(answer.output)")
      }
    }
    #expect(FileManager.default.contents(atPath: folder.outside + "/secret") == Data("secret\n".utf8))
    #expect((try? FileManager.default.contentsOfDirectory(atPath: folder.outside)) == ["secret"])
    #expect(try bench.call("file_read", ["path": "fine"]).output["content"] == "inside")
    #expect(try bench.call("file_read", ["path": "d/x"]).output["content"] == "inside")
    for path in ["d//x", "d/\u{0}", "x\u{0}y"] {
      #expect(try bench.call("file_read", ["path": .string(path)]).reason == "bad_path")
    }
    let listed = try bench.call("file_list", ["path": .string(folder.root), "recursive": true])
    #expect(listed.output.description.contains("secret") == false)
    let searched = try bench.call("file_search", ["path": .string(folder.root), "pattern": "secret"])
    #expect(searched.output["matches"] == [])
    try bench.end()
  }

  /// A thread swaps a folder for a link to the outside, thousands of times, while files are read and written in it.
  @Test func `a link that is swapped in while a call looks leads nowhere`() throws {
    let folder = try FileFolder()
    try folder.put("d/secret", "inside\n")
    symlink(folder.outside, folder.root + "/link")
    let isOver = Atomic(false)
    let swaps = Atomic(0)
    let root = folder.root
    let swapper = Thread {
      while !isOver.load(ordering: .relaxed) {
        // RENAME_EXCHANGE: both names always exist.
        _ = syscall2(root + "/d", root + "/link")
        swaps.add(1, ordering: .relaxed)
      }
    }
    swapper.start()
    defer { isOver.store(true, ordering: .relaxed) }
    let bench = folder.bench
    var read = 0
    var refused = 0
    // The control: who opens the path without walls is led outside.
    var led = 0
    for round in 0..<60 {
      var answers: [ToolBench.Answer] = []
      for i in 0..<16 {
        switch i % 4 {
        case 0: answers.append(bench.begin("file_read", ["path": "d/secret"]))
        case 1: answers.append(bench.begin("file_write", ["path": "d/new\(round)-\(i)".json, "content": "x"]))
        case 2: answers.append(bench.begin("file_write", ["path": "d/secret", "content": "more", "mode": "append"]))
        default: answers.append(bench.begin("file_search", ["path": .string(root), "pattern": "secret"]))
        }
      }
      try bench.until("all are answered") { answers.allSatisfy { $0.result != nil } }
      for _ in 0..<100 where FileManager.default.contents(atPath: root + "/d/secret") == Data("secret\n".utf8) {
        led += 1
      }
      for answer in answers {
        if let content = answer.output["content"]?.stringValue {
          #expect(content.hasPrefix("inside"))
          read += 1
        }
        #expect(answer.output["matches"]?.description.contains("\"text\":\"secret") != true)
        if answer.error?.name == .refused { refused += 1 }
      }
    }
    isOver.store(true, ordering: .relaxed)
    // It was swapped all the time, and both ends of the race were met.
    #expect(led > 0)
    #expect(swaps.load(ordering: .relaxed) > 10_000)
    #expect(read > 0)
    #expect(refused > 0)
    #expect(FileManager.default.contents(atPath: folder.outside + "/secret") == Data("secret\n".utf8))
    #expect((try? FileManager.default.contentsOfDirectory(atPath: folder.outside)) == ["secret"])
    try bench.end()
  }

  @Test func `pipes, sockets and devices are refused and nothing waits for them`() throws {
    let folder = try FileFolder()
    mkfifo(folder.root + "/pipe", 0o666)
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    chdir(folder.root)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array("socket".utf8)) }
    _ = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    let bench = folder.bench
    let start = ContinuousClock.now
    for name in ["pipe", "socket"] {
      for (tool, more) in [
        ("file_read", [:]), ("file_write", ["content": "x", "mode": "append"]),
        ("file_write", ["content": "x", "mode": "overwrite"]), ("file_edit", ["edits": [["old": "a", "new": "b"]]]),
        ("file_search", ["pattern": "x"]),
      ] as [(String, JSONObject)] {
        var input: JSONObject = ["path": .string(name)]
        for member in more.members { input[member.key] = member.value }
        #expect(try bench.call(tool, .object(input)).reason == "special_file", "\(tool) \(name)")
      }
    }
    #expect(try bench.call("file_search", ["path": .string(folder.root), "pattern": "x"]).output["files"] == 0)
    #expect(ContinuousClock.now - start < .seconds(30))
    try bench.end()
  }

  @Test func `what may be read may not be written`() throws {
    let folder = try FileFolder(writable: false)
    try folder.put("a", "old")
    let bench = folder.bench
    #expect(try bench.call("file_write", ["path": "a", "content": "x", "mode": "overwrite"]).reason == "no_grant")
    let wider = try bench.call("file_read", ["path": "a"], needs: needs { $0.write = [folder.root] })
    #expect(wider.error?.name == .refused)
    #expect(wider.error?.data["need"] == "write")
    #expect(folder.text("a") == "old")
    try bench.end()
  }

  @Test func `a call has what it needs and no more than the worker was granted`() throws {
    let folder = try FileFolder()
    try folder.put("a/x", "in a")
    try folder.put("b/x", "in b")
    let bench = folder.bench
    let narrow = needs { $0.read = [folder.root + "/a"] }
    #expect(try bench.call("file_read", ["path": "x"], needs: narrow).output["content"] == "in a")
    let other = try bench.call("file_read", ["path": .string(folder.root + "/b/x")], needs: narrow)
    #expect(other.error?.name == .refused)
    #expect(other.error?.data["denied"]?["kind"] == "path")
    #expect(try bench.call("file_write", ["path": "y", "content": ""], needs: narrow).error?.name == .refused)
    let beyond = try bench.call("file_read", ["path": "x"], needs: needs { $0.read = [folder.outside] })
    #expect(beyond.error?.name == .refused)
    #expect(beyond.reason == "no_grant")
    let single = needs { $0.read = [folder.root + "/b/x"] }
    #expect(
      try bench.call("file_read", ["path": .string(folder.root + "/b/x")], needs: single).output["content"] == "in b"
    )
    #expect(try bench.call("file_list", ["path": .string(folder.root + "/b")], needs: single).error?.name == .refused)
    // A need that is a link to elsewhere: nothing is mounted through it.
    symlink(folder.outside, folder.root + "/out")
    let link = try bench.call("file_read", ["path": "secret"], needs: needs { $0.read = [folder.root + "/out"] })
    #expect(link.error?.name == .refused)
    #expect(link.reason == "no_root")
    try bench.end()
  }

  @Test func `without a grant every call is refused and says what to do`() throws {
    let bench = try ToolBench("files")
    let answer = try bench.call("file_read", ["path": "/etc/passwd"])
    #expect(answer.error?.name == .refused)
    #expect(answer.reason == "no_grant")
    #expect(answer.error?.message.contains("workers.files.read") == true)
    try bench.end()
  }

  @Test func `a folder that would show state or socket keeps the worker from starting`() throws {
    let state = "/var/tmp/bulkhead-state-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: state + "/journal", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: state) }  // Safety: what is left harms nobody.
    for shown in [state, state + "/journal", "/var/tmp", "/var"] {
      let failure = #expect(throws: ToolBench.NotStarted.self) {
        _ = try ToolBench("files", hidden: [state]) { $0.permissions.read = [shown] }
      }
      #expect(failure?.reason.contains("which no worker may see") == true, "\(failure?.reason ?? "")")
    }
  }

  @Test func `calls leave no process behind, also when they are cancelled`() throws {
    let folder = try FileFolder(writable: false)
    try folder.put("a", String(repeating: "abc\n", count: 1_000_000))
    let bench = folder.bench
    let answer = bench.begin("file_search", ["path": "a", "pattern": "(x+x+)+y|(a|b|c)*d"])
    try bench.until("it runs") { bench.processes().filter { $0.hasPrefix("files-worker") }.count > 1 }
    answer.invocation?.cancel(.caller)
    try bench.until("it is answered", within: 5) { answer.result != nil }
    try bench.until("nothing is left", within: 5) {
      bench.processes().filter { $0.hasPrefix("files-worker") }.count == 1
    }
    try bench.end()
  }
}

extension String {
  fileprivate var json: JSON { .string(self) }
}

private func syscall2(_ a: String, _ b: String) -> Int32 { renameat2(AT_FDCWD, a, AT_FDCWD, b, 2) }
