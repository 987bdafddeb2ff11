import Foundation
import Posix
import Testing

@testable import Journal

@Suite struct `Reading` {
  @Test func `jobs come newest first, filtered and in pages`() throws {
    let bench = try JournalBench()
    for seq in 1...250 {
      var record = job(Int64(seq), seq % 2 == 0 ? .running : .succeeded, endedAt: seq % 2 == 0 ? nil : 5)
      if seq % 5 == 0 { record.kind = .call }
      bench.journal.commit([.insertJob(record)])
    }
    try bench.write(.insertJob(job(251)))
    func page(_ change: (inout Database.JobFilter) -> Void) throws -> [Int64] {
      var filter = Database.JobFilter()
      change(&filter)
      let wanted = filter
      return try bench.read { try $0.jobs(wanted).map(\.seq) }
    }
    #expect(try page { $0.limit = 3 } == [251, 250, 249])
    #expect(
      try page {
        $0.limit = 3; $0.before = 249
      } == [248, 247, 246]
    )
    #expect(try page { $0.before = 1 } == [])
    #expect(
      try page {
        $0.limit = 3; $0.states = [.succeeded, .queued]
      } == [251, 249, 247]
    )
    #expect(
      try page {
        $0.limit = 2; $0.kind = .call; $0.states = [.running]
      } == [250, 240]
    )
    #expect(try page { _ in }.count == 100)
  }

  @Test func `large rows make short pages`() throws {
    let bench = try JournalBench()
    let long = String(repeating: "x", count: 1 << 20)
    for seq in 1...10 {
      var record = job(Int64(seq))
      record.reason = long
      bench.journal.commit([.insertJob(record)])
      bench.journal.commit([event(1, Int64(seq), data: long)])
    }
    try bench.write(.insertJob(job(11)))
    let jobs = try bench.read { try $0.jobs(Database.JobFilter()).map(\.seq) }
    #expect(jobs.first == 11 && (3...6).contains(jobs.count))
    let events = try bench.read { try $0.events(of: 1).map(\.number) }
    #expect(events.first == 1 && (3...6).contains(events.count))
  }

  @Test func `events are those of the job, behind a number, whatever that is`() throws {
    let bench = try JournalBench()
    for seq in 1...4 { for number in 1...20 { bench.journal.commit([event(Int64(seq), Int64(number))]) } }
    try bench.write(.insertJob(job(1)))
    func numbers(_ after: Int64, _ limit: Int = 100) throws -> [Int64] {
      try bench.read { database in
        let events = try database.events(of: 3, after: after, limit: limit)
        #expect(events.allSatisfy { $0.job == 3 })
        return events.map(\.number)
      }
    }
    #expect(try numbers(0) == Array(1...20))
    #expect(try numbers(15, 3) == [16, 17, 18])
    for after in [20, 1 << 28, 1 << 28 + 5, 1 << 40, Int64.max] as [Int64] { #expect(try numbers(after) == []) }
    #expect(try numbers(-1) == Array(1...20))
    #expect(try bench.read { try $0.lastEvent(of: 3) } == 20)
    #expect(try bench.read { try $0.lastEvent(of: 5) } == 0)
  }

  @Test func `steps come in plan order with their items behind them, up to the greatest indices`() throws {
    let bench = try JournalBench()
    let keys = [
      StepKey(0), StepKey(1), StepKey(1, item: 0), StepKey(1, item: 999), StepKey(2), StepKey(9_999),
      StepKey(9_999, item: 999),
    ]
    for seq in 1...3 {
      for key in keys.reversed() { bench.journal.commit([.putStep(job: Int64(seq), step(key, .succeeded))]) }
    }
    try bench.write(.insertJob(job(1)))
    #expect(try bench.read { try $0.steps(of: 2).map(\.key) } == keys)
    #expect(try bench.read { try $0.steps(of: 2, step: 1).map(\.key) } == Array(keys[1...3]))
    #expect(try bench.read { try $0.steps(of: 2, items: false).map(\.key) } == [keys[0], keys[1], keys[4], keys[5]])
    #expect(try bench.read { try $0.steps(of: 2, payloads: false).allSatisfy { $0.output == nil } })
    let all = try bench.read { try $0.stepSize(of: 2) }
    #expect(all.rows == 7 && all.bytes == 7)
    let one = try bench.read { try $0.stepSize(of: 2, step: 9_999) }
    #expect(one.rows == 2 && one.bytes == 2)
    try bench.write(.clearSteps(job: 2, [1, 9_999]))
    #expect(try bench.read { try $0.steps(of: 2).map(\.key) } == [keys[0], keys[4]])
    #expect(try bench.read { try $0.steps(of: 3).count } == 7)
  }

  @Test func `sizes are in bytes`() throws {
    let bench = try JournalBench()
    var row = step(StepKey(0), .succeeded)
    row.input = "é\u{1F600}"
    try bench.write(.putStep(job: 1, row))
    #expect(try bench.read { try $0.stepSize(of: 1) }.bytes == 7)
  }

  @Test func `open jobs come by priority, then by age`() throws {
    let bench = try JournalBench()
    for (seq, priority) in [(1, 5), (2, 9), (3, 5), (4, 0), (5, 9)] as [(Int64, Int64)] {
      var record = job(seq, seq == 3 ? .waiting : .queued)
      record.priority = priority
      try bench.write(.insertJob(record))
    }
    try bench.write(.insertJob(job(6, .failed, endedAt: 1)))
    #expect(try bench.read { try $0.openJobs().map(\.seq) } == [2, 5, 1, 3, 4])
  }
}

@Suite struct `Removing` {
  private static func fill(_ bench: JournalBench) throws {
    for seq in 1...3 as ClosedRange<Int64> {
      try bench.write(
        .insertJob(job(seq, .running)),
        event(seq, 1),
        .putStep(job: seq, step(StepKey(0), .succeeded)),
        .putStep(job: seq, step(StepKey(9_999, item: 999), .succeeded)),
        .insertCall(CallRecord(key: "k\(seq)", job: seq, parent: "p", tool: "t", input: "{}", startedAt: 1)),
        .artifacts(job: seq, ["a\(seq)", "shared"]),
        update(seq, .succeeded, endedAt: seq * 10)
      )
    }
  }

  private static func counts(_ bench: JournalBench) throws -> [Int64] {
    try bench.read { database in
      try ["jobs", "events", "steps", "calls", "artifacts"].map { try database.integer("SELECT count(*) FROM \($0)") }
    }
  }

  @Test func `takes a job with all that is its own and nothing of its neighbours`() throws {
    let bench = try JournalBench()
    try Self.fill(bench)
    try bench.write(.deleteJobs([2]))
    #expect(try Self.counts(bench) == [2, 2, 4, 2, 4])
    #expect(try bench.read { try $0.referencedArtifacts() } == ["a1", "a3", "shared"])
    #expect(try bench.read { try $0.steps(of: 1).count } == 2)
    #expect(try bench.read { try $0.events(of: 3).count } == 1)
  }

  @Test func `gives room back to the file system`() throws {
    let bench = try JournalBench()
    for seq in 1...8 as ClosedRange<Int64> {
      var record = job(seq, .succeeded, endedAt: 1)
      record.spec = String(repeating: "x", count: 100_000)
      try bench.write(.insertJob(record))
    }
    let before = try bench.read { try $0.integer("PRAGMA page_count") }
    try bench.write(.deleteJobs(Array(1...8)))
    #expect(try bench.read { try $0.integer("PRAGMA page_count") } < before / 4)
  }

  @Test func `spares a job that was opened again since it was chosen`() throws {
    let bench = try JournalBench()
    try Self.fill(bench)
    #expect(try bench.read { try $0.endedJobs(before: 25, limit: 10) } == [1, 2])
    #expect(try bench.read { try $0.countEndedJobs(before: 25) } == 2)
    try bench.write(update(2, .queued))
    try bench.write(.deleteJobs([1, 2]))
    #expect(try Self.counts(bench) == [2, 2, 4, 2, 4])
    #expect(try bench.read { try $0.job(seq: 2)?.state } == .queued)
  }

  @Test func `a deadline goes when it is cleared, and stays otherwise`() throws {
    let bench = try JournalBench()
    var record = job(1)
    record.deadlineAt = 77
    try bench.write(.insertJob(record), update(1, .running))
    #expect(try bench.read { try $0.job(seq: 1)?.deadlineAt } == 77)
    var update = JobUpdate(seq: 1, state: .queued)
    update.clearsTimes = true
    update.spec = "new"
    try bench.write(.updateJob(update))
    #expect(try bench.read { try $0.job(seq: 1)?.deadlineAt } == nil)
    #expect(try bench.read { try $0.job(seq: 1)?.spec } == "new")
  }
}

@Suite struct `Backups` {
  @Test func `a copy is one whole moment, also while others write`() throws {
    let bench = try JournalBench()
    var written: Int64 = 0
    var isOver = false
    func writeOn() {
      guard !isOver else { return }
      let seq = bench.journal.takeSeq()
      let data = String(repeating: "x", count: 3_000)
      bench.journal.commit([.insertJob(job(seq)), event(seq, 1, data: data), event(seq, 2), event(seq, 3)]) { _ in
        written = seq
        writeOn()
      }
    }
    writeOn()
    for number in 1...5 {
      let before = written
      try bench.until("more is written") { written > before + 50 }
      let least = written
      let file = bench.folder + "/copy-\(number).db"
      var answer: Result<Int64, JournalError>?
      bench.journal.backUp(to: file) { answer = $0 }
      try bench.until("the copy is made") { answer != nil }
      let bytes = try #require(answer).get()
      let attributes = try FileManager.default.attributesOfItem(atPath: file)
      #expect(attributes[.size] as? Int64 == bytes && attributes[.posixPermissions] as? Int == 0o600)
      #expect(!FileManager.default.fileExists(atPath: file + ".partial"))
      let copy = try Database(file, .readOnly)
      #expect(try copy.text("PRAGMA integrity_check") == "ok")
      let jobs = try copy.integer("SELECT count(*) FROM jobs")
      #expect(jobs >= least)
      #expect(try copy.integer("SELECT count(*) FROM events") == 3 * jobs, "no entry is there by half")
    }
    isOver = true
    try bench.until("nothing is written any more") { bench.journal.backlog == 0 }
  }

  @Test func `a copy is a journal`() throws {
    let bench = try JournalBench()
    try bench.write(.insertJob(job(1)), event(1, 1))
    let other = bench.folder + "/other"
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    var answer: Result<Int64, JournalError>?
    bench.journal.backUp(to: other + "/journal.db") { answer = $0 }
    try bench.until("the copy is made") { answer != nil }
    let copy = try Journal(folder: other, version: "1.0", on: bench.loop)
    #expect(copy.run == 2 && copy.takeSeq() == 2)
    copy.close()
  }

  @Test func `a copy that cannot be made leaves nothing`() throws {
    let bench = try JournalBench()
    var answer: Result<Int64, JournalError>?
    bench.journal.backUp(to: bench.folder + "/nowhere/copy.db") { answer = $0 }
    try bench.until("it is told") { answer != nil }
    #expect(throws: JournalError.self) { try answer?.get() }
    #expect(!FileManager.default.fileExists(atPath: bench.folder + "/nowhere"))
  }
}
