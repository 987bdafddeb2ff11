import Foundation
import Posix
import Testing

@testable import Journal

@Suite struct `Opening` {
  private static func kind(_ folder: String, _ loop: EventLoop) -> JournalError? {
    do {
      try Journal(folder: folder, version: "1.0", on: loop).close()
      return nil
    } catch {
      return error
    }
  }

  @Test func `an empty folder gets a journal of the newest format`() throws {
    let bench = try JournalBench()
    #expect(try bench.read { try $0.integer("PRAGMA user_version") } == Int64(Migrations.all.count))
    #expect(try bench.read { try $0.integer("PRAGMA application_id") } == Migrations.applicationID)
    #expect(try bench.read { try $0.text("PRAGMA journal_mode") } == "wal")
    #expect(bench.journal.run == 1 && bench.journal.takeSeq() == 1)
  }

  @Test(arguments: 1..<Migrations.all.count)
  func `a file of an older format is brought up to date with what it holds`(_ version: Int) throws {
    let bench = try JournalBench()
    bench.close()
    for file in try FileManager.default.contentsOfDirectory(atPath: bench.folder) {
      try FileManager.default.removeItem(atPath: "\(bench.folder)/\(file)")
    }
    do {
      let old = try Database(bench.path, .readWrite)
      for step in Migrations.all.prefix(version) { try old.execute(step) }
      try old.execute("PRAGMA user_version = \(version); PRAGMA application_id = \(Migrations.applicationID)")
      try old.execute("INSERT INTO runs (n, boot_id, pid, version, started_at) VALUES (3, 'b', 1, '0.9', 1)")
      try old.execute(
        """
        INSERT INTO jobs (seq, id, kind, state, priority, generation, title, caller, hash, spec, step_count, created_at)
        VALUES (8, 'old', 'plan', 'queued', 5, 1, 't', '{}', 'h', '{}', 1, 1)
        """
      )
    }
    try bench.reopen()
    #expect(bench.journal.run == 4 && bench.journal.takeSeq() == 9)
    #expect(try bench.read { try $0.job(id: "old")?.seq } == 8)
    #expect(try bench.read { try $0.integer("PRAGMA user_version") } == Int64(Migrations.all.count))
    #expect(try bench.write(update(8, .cancelled, endedAt: 2), .deleteJobs([8])) == nil)
  }

  @Test func `what was used before two models were told apart is compared with itself`() throws {
    let bench = try JournalBench()
    bench.close()
    for file in try FileManager.default.contentsOfDirectory(atPath: bench.folder) {
      try FileManager.default.removeItem(atPath: "\(bench.folder)/\(file)")
    }
    do {
      let old = try Database(bench.path, .readWrite)
      for step in Migrations.all.prefix(3) { try old.execute(step) }
      try old.execute("PRAGMA user_version = 3; PRAGMA application_id = \(Migrations.applicationID)")
      try old.execute("INSERT INTO usage VALUES (1, 8, 0, 5, 't', 'p', 'm', 1, 2, 3, 4, 5, 600, 0, 0)")
      try old.execute("INSERT INTO usage_days VALUES (0, 't', 'p', 'm', 1, 2, 3, 4, 5, 70, 0, 0)")
    }
    try bench.reopen()
    let sum = try bench.read { try $0.usage(since: 0, until: .max) }
    #expect(sum.costNanoUSD == 670 && sum.baselineNanoUSD == 670 && sum.calls == 2)
    #expect(sum.smallCalls == 0 && sum.escalatedCalls == 0 && sum.baselineModel == "")
  }

  @Test func `a newer file is refused and left as it is`() throws {
    let bench = try JournalBench()
    bench.close()
    try Database(bench.path, .readWrite).execute("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)")
    let before = FileManager.default.contents(atPath: bench.path)
    let error = try #require(Self.kind(bench.folder, bench.loop))
    #expect(error.kind == .newer && !error.mayPass)
    #expect(error.message.contains("has format 99") && error.message.contains("newer bulkheadd"))
    #expect(FileManager.default.contents(atPath: bench.path) == before)
  }

  @Test(arguments: [
    "PRAGMA application_id = 7; CREATE TABLE jobs (x)", "PRAGMA user_version = 1; CREATE TABLE runs (x)",
    "CREATE TABLE somebody_elses (x)",
  ])
  func `a file of another program is refused and left as it is`(_ sql: String) throws {
    let bench = try JournalBench()
    bench.close()
    try FileManager.default.removeItem(atPath: bench.path)
    try Database(bench.path, .readWrite).execute(sql)
    let before = FileManager.default.contents(atPath: bench.path)
    let error = try #require(Self.kind(bench.folder, bench.loop))
    #expect(error.kind == .corrupt && error.message.hasSuffix("is a SQLite file of another program, no journal"))
    #expect(FileManager.default.contents(atPath: bench.path) == before)
  }

  @Test func `what is no database is refused and left as it is`() throws {
    let bench = try JournalBench()
    bench.close()
    let text = String(repeating: "this is my diary. ", count: 500)
    try text.write(toFile: bench.path, atomically: false, encoding: .utf8)
    #expect(Self.kind(bench.folder, bench.loop)?.kind == .corrupt)
    #expect(try String(contentsOfFile: bench.path, encoding: .utf8) == text)
  }

  @Test func `a damaged file is an error, never a trap`() throws {
    let bench = try JournalBench()
    for seq in 1...200 { bench.journal.commit([.insertJob(job(Int64(seq))), event(Int64(seq), 1, data: "data")]) }
    bench.close()
    let whole = [UInt8](try #require(FileManager.default.contents(atPath: bench.path)))
    for start in stride(from: 4_096, to: whole.count, by: 4_096) {
      var damaged = whole
      for i in start..<min(start + 4_096, whole.count) { damaged[i] = UInt8(truncatingIfNeeded: i &* 31) }
      #expect(FileManager.default.createFile(atPath: bench.path, contents: Data(damaged)))
      do {
        try bench.reopen()
        _ = try bench.read { database in
          for seq in 1...200 { _ = try database.job(seq: Int64(seq)) }
          for seq in 1...200 { _ = try database.events(of: Int64(seq)) }
        }
      } catch let error as JournalError {
        #expect(error.kind == .corrupt || error.kind == .invalid, "\(error)")
      }
      bench.close()
    }
  }

  @Test func `a folder has one journal at a time`() throws {
    let bench = try JournalBench()
    let error = try #require(Self.kind(bench.folder, bench.loop))
    #expect(error.kind == .locked)
    #expect(error.message == "another coordinator uses the state folder '\(bench.folder)'")
    bench.close()
    #expect(Self.kind(bench.folder, bench.loop) == nil)
  }

  @Test func `a folder that is not there is an error with its name`() throws {
    let error = try #require(Self.kind("/nonexistent/folder", try EventLoop()))
    #expect(error.message.contains("/nonexistent/folder/journal.lock"))
  }

  @Test func `each start is a run, and events say which wrote them`() throws {
    let bench = try JournalBench()
    try bench.write(.insertJob(job(1)), event(1, 1))
    try bench.reopen()
    #expect(bench.journal.run == 2)
    try bench.write(event(1, 2))
    #expect(try bench.read { try $0.events(of: 1).map(\.run) } == [1, 2])
    #expect(try bench.read { try $0.lastEvent(of: 1) } == 2)
  }

  @Test func `numbers of removed jobs are not given again`() throws {
    let bench = try JournalBench()
    for _ in 1...3 {
      let seq = bench.journal.takeSeq()
      try bench.write(.insertJob(job(seq, .succeeded, endedAt: 1)))
    }
    try bench.write(.deleteJobs([1, 2, 3]))
    try bench.reopen()
    #expect(bench.journal.takeSeq() == 4)
  }
}
