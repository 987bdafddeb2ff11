import Foundation
import Glibc
import JSON
import Posix
import Testing

/// State folders that cannot be used, or stop to be usable.
@Suite struct StorageTests {
  private static let journal = "/state/journal.db"

  /// Starts a coordinator that must refuse: its words, and that it changed nothing.
  private func refusal(_ daemon: Daemon, at location: SourceLocation = #_sourceLocation) throws -> String {
    let file = daemon.folder + Self.journal
    let before = try Data(contentsOf: URL(filePath: file))
    try daemon.start()
    #expect(daemon.waitForExit() == .code(1), sourceLocation: location)
    #expect(try Data(contentsOf: URL(filePath: file)) == before, "the file was changed", sourceLocation: location)
    #expect(!FileManager.default.fileExists(atPath: file + "-wal"), sourceLocation: location)
    #expect(!FileManager.default.fileExists(atPath: daemon.socket), "a socket is left", sourceLocation: location)
    return daemon.log
  }

  /// A journal with one job in it, and nobody who uses it.
  private func used() throws -> Daemon {
    let daemon = try Daemon()
    try daemon.addSteps()
    let client = try daemon.startReady(workers: 1)
    _ = try client.waitForEnd(try client.submit([["id": "a", "tool": "count", "input": ["add": 1]]]))
    daemon.signal(SIGTERM)
    #expect(daemon.waitForExit() == .code(0))
    return daemon
  }

  @Test func `a second coordinator on the same state folder is refused and touches nothing`() throws {
    let daemon = try Daemon()
    try daemon.addSteps()
    let client = try daemon.startReady(workers: 1)
    let upload = try client.request("blob/write", ["offset": 0, "data": "aGVsbG8=", "last": false, "name": "a"])
    let other = try Daemon()
    try other.start(["--state", daemon.folder + "/state"])
    #expect(other.waitForExit() == .code(1))
    #expect(other.log.contains("another coordinator uses the state folder '\(daemon.folder)/state'"), "\(other.log)")
    #expect(!FileManager.default.fileExists(atPath: other.socket))
    let check = try daemon.checkJournal()
    #expect(check.code == 1 && check.text.contains("another coordinator uses"), "\(check.text)")
    // The first one goes on, with what it was in the middle of.
    let rest: JSONObject = ["upload": upload["upload"] ?? .null, "offset": 5, "data": "IQ==", "last": true]
    #expect(try client.request("blob/write", rest)["artifact"] != nil)
    #expect(
      try client.waitForEnd(try client.submit([["id": "a", "tool": "count", "input": ["add": 1]]])) == "succeeded"
    )
  }

  @Test func `a journal from a newer version is refused`() throws {
    let daemon = try used()
    try daemon.sql("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99")
    #expect(try refusal(daemon).contains("has format 99; this version knows formats up to"))
  }

  @Test(arguments: ["CREATE TABLE t (a); PRAGMA user_version = 0", "CREATE TABLE t (a); PRAGMA application_id = 7"])
  func `a database of another program is refused`(_ statements: String) throws {
    let daemon = try Daemon()
    try daemon.sql(statements)
    #expect(try refusal(daemon).contains("is a SQLite file of another program, no journal"))
  }

  @Test func `a file that is no database is refused`() throws {
    let daemon = try Daemon()
    try Data(repeating: 0x41, count: 8_192).write(to: URL(filePath: daemon.folder + Self.journal))
    #expect(try refusal(daemon).contains("journal.db': file is not a database"))
  }

  @Test func `a damaged page is found by the examination`() throws {
    let daemon = try used()
    let sound = try daemon.checkJournal()
    #expect(sound.code == 0 && sound.text.hasPrefix("1 jobs, 0 of them open"), "\(sound.text)")
    let file = URL(filePath: daemon.folder + Self.journal)
    var bytes = try Data(contentsOf: file)
    // Every page but the first, which says that it is a database.
    for offset in stride(from: 4_096, to: bytes.count, by: 4_096) {
      bytes.replaceSubrange(offset..<offset + 64, with: Data(repeating: 0xFF, count: 64))
    }
    try bytes.write(to: file)
    let check = try daemon.checkJournal()
    #expect(check.code == 1 && check.text.contains("malformed"), "\(check.text)")
  }

  @Test(arguments: [
    ("UPDATE steps SET state = 'running', output = NULL, ended_at = NULL", "has ended, and a step of it is running"),
    ("DELETE FROM events WHERE id & 268435455 = 2", "event 2 is missing"),
    ("DELETE FROM events", "has no events"),
    ("UPDATE jobs SET state = 'failed'", "is failed, and its last event is 'job.succeeded'"),
    (
      "INSERT INTO events SELECT max(id) + 1, 1, 1, 'step.succeeded', 'a', NULL, NULL FROM events",
      "step 'a' succeeded twice"
    ),
  ])
  func `what must not be between rows is found by the examination`(_ statements: String, _ problem: String) throws {
    let daemon = try used()
    try daemon.sql(statements)
    let check = try daemon.checkJournal()
    #expect(check.code == 1 && check.text.contains(problem), "\(check.text)")
  }

  @Test func `a state folder that cannot be written is refused`() throws {
    let daemon = try used()
    if geteuid() == 0 {
      // Modes do not stop root; a mount does.
      let script = #"""
        exec unshare --mount --propagation private sh -c '
          mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$0" "$@"' "$0" STATE "$@"
        """#
      try daemon.start(throughShell: script.replacingOccurrences(of: "STATE", with: daemon.folder + "/state"))
    } else {
      for path in [Self.journal, "/state"] { chmod(daemon.folder + path, 0o555) }
      try daemon.start()
    }
    #expect(daemon.waitForExit() == .code(1))
    for path in ["/state", Self.journal] { chmod(daemon.folder + path, 0o700) }
    #expect(daemon.log.contains("/state"), "\(daemon.log)")
    #expect(daemon.log.contains("read-only file system") || daemon.log.contains("permission denied"), "\(daemon.log)")
    #expect(try daemon.checkJournal().code == 0)
  }

  @Test(.enabled(if: geteuid() == 0, "needs root to mount a small file system"))
  func `a full disk refuses new jobs, loses nothing, and is forgotten when there is room again`() throws {
    let daemon = try Daemon()
    try daemon.addSteps()
    let script = #"""
      exec unshare --mount --propagation private sh -c '
        mount -t tmpfs -o size=3m,mode=700 none "$1" && shift && exec "$0" "$@"' "$0" STATE "$@"
      """#
    try daemon.start(throughShell: script.replacingOccurrences(of: "STATE", with: daemon.folder + "/state"))
    let client = try daemon.connect()
    try eventually("the worker is ready") { try client.request("status")["workers_ready"] == 1 }
    let steps: [JSON] = [
      ["id": "a", "tool": "once", "input": ["add": 1, "sleep_ms": 600]],
      ["id": "b", "tool": "count", "input": ["add": 2, "of": ["step:a#/value"]]],
    ]
    try client.submit(steps, id: "running")
    try eventually("its first step runs") { try daemon.executions().count == 1 }

    let filler = "/proc/\(daemon.pid)/root\(daemon.folder)/state/filler"
    let file = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    #expect(file >= 0)
    let block = [UInt8](repeating: 1, count: 4_096)
    while write(file, block, block.count) > 0 {}
    #expect(errno == ENOSPC)
    close(file)

    // The log may have room in blocks it has; what does not fit there is refused.
    let text = JSON.string(String(repeating: "x", count: 8_000))
    let big = (0..<24).map { number -> JSON in
      ["id": .string("s\(number)"), "description": text, "tool": "pure", "input": ["add": .integer(9)]]
    }
    var refused: [String] = []
    for number in 1...40 where refused.count < 3 {
      let id = "refused\(number)"
      let reply = try client.reply(to: client.begin("job/submit", ["id": .string(id), "plan": ["steps": .array(big)]]))
      guard let error = reply["error"] else { continue }
      #expect(error["data"]?["name"] == "storage_failed" && error["data"]?["reason"] == "storage_full", "\(error)")
      refused.append(id)
    }
    #expect(refused.count == 3, "nothing was refused")
    let trouble = try client.request("status")["jobs"]?["trouble"]?.stringValue
    #expect(trouble?.contains("full") == true, "\(trouble ?? "no trouble")")
    usleep(2_500_000)
    #expect(
      try client.request("status")["jobs"]?["trouble"] != nil,
      "it forgot the trouble while there is still no room"
    )
    #expect(
      try daemon.executions(of: "count").count { $0["add"] == 2 } == 0,
      "the next step began before the end of the first was on disk"
    )

    unlink(filler)
    #expect(try client.waitForEnd("running") == "succeeded")
    try eventually("the trouble is over") { try client.request("status")["jobs"]?["trouble"] == nil }
    #expect(try daemon.executions(of: "once").count == 1)
    let listed =
      try client.request("job/list", ["limit": 1000])["jobs"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
    #expect(Set(listed).isDisjoint(with: refused), "something was half written")
    #expect(try client.waitForEnd(try client.submit(big, id: refused[0])) == "succeeded")
    #expect(try client.request("journal/backup")["bytes"]?.integerValue ?? 0 > 0)
  }
}
