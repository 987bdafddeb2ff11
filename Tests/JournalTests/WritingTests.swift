import Posix
import Testing

@testable import Journal

@Suite struct `Writing` {
  @Test func `entries of one round share one transaction`() throws {
    let bench = try JournalBench()
    var settled = 0
    for seq in 1...500 {
      bench.journal.commit([.insertJob(job(Int64(seq))), event(Int64(seq), 1)]) { _ in settled += 1 }
    }
    #expect(bench.journal.backlog == 500)
    try bench.until("all are on disk") { settled == 500 }
    #expect(bench.journal.commits == 1 && bench.journal.entries == 500)
    #expect(try bench.read { try $0.jobs(Database.JobFilter()).count } == 100)
    #expect(try bench.read { try $0.integer("SELECT count(*) FROM events") } == 500)
  }

  @Test func `a flood is written in batches and completed in the order of the calls`() throws {
    let bench = try JournalBench()
    var order: [Int] = []
    try bench.write(.insertJob(job(1)))
    for number in 1...10_000 { bench.journal.commit([event(1, Int64(number))]) { _ in order.append(number) } }
    try bench.until("all are on disk") { order.count == 10_000 }
    #expect(order == Array(1...10_000))
    #expect(bench.journal.commits == 4, "one, and three batches")
  }

  @Test func `what a completion writes comes behind what waited before it`() throws {
    let bench = try JournalBench()
    var order: [String] = []
    bench.journal.commit([.insertJob(job(1))]) { _ in
      order.append("first")
      bench.journal.commit([event(1, 2)]) { _ in order.append("of the first") }
    }
    bench.journal.commit([.insertJob(job(2))]) { _ in order.append("second") }
    try bench.until("all are on disk") { order.count == 3 }
    #expect(order == ["first", "second", "of the first"])
  }

  @Test func `an entry is written in whole or not at all, and fails alone`() throws {
    let bench = try JournalBench()
    var errors: [JournalError?] = []
    bench.journal.commit([.insertJob(job(1))]) { errors.append($0) }
    bench.journal.commit([.insertJob(job(2)), event(2, 1), .endStep(job: 2, StepEnd(StepKey(0), .cancelled))]) {
      errors.append($0)
    }
    bench.journal.commit([.insertJob(job(3))]) { errors.append($0) }
    try bench.until("all are settled") { errors.count == 3 }
    #expect(errors[0] == nil && errors[2] == nil)
    #expect(errors[1]?.kind == .invalid && errors[1]?.message.contains("had not begun") == true)
    #expect(try bench.read { try $0.jobs(Database.JobFilter()).map(\.seq) } == [3, 1])
    #expect(try bench.read { try $0.integer("SELECT count(*) FROM events") } == 0)
    #expect(bench.journal.trouble == nil, "a mistake of one is no trouble of the disk")
  }

  @Test func `an entry behind a wrong one is not lost when the disk is full then`() throws {
    let bench = try JournalBench()
    try bench.write(.insertJob(job(1)))
    try bench.limitPages(try bench.pages + 3)
    var results: [String] = []
    let much = String(repeating: "x", count: 1 << 20)
    bench.journal.commit([event(1, 1)]) { results.append("small \($0?.kind.rawValue ?? "written")") }
    bench.journal.commit([.insertJob(job(1))]) { results.append("wrong \($0?.kind.rawValue ?? "written")") }
    bench.journal.commit([event(1, 2, data: much)]) { results.append("large \($0?.kind.rawValue ?? "written")") }
    bench.journal.commit([event(1, 3)]) { results.append("last \($0?.kind.rawValue ?? "written")") }
    try bench.until("the disk is full") { bench.journal.trouble != nil }
    #expect(results == ["small written", "wrong journal_invalid"])
    try bench.limitPages(nil)
    try bench.until("all are settled") { results.count == 4 }
    #expect(results.suffix(2) == ["large written", "last written"])
    #expect(try bench.read { try $0.events(of: 1).map(\.number) } == [1, 2, 3])
  }

  @Test func `the reader sees what was committed and nothing else`() throws {
    let bench = try JournalBench()
    try bench.write(.insertJob(job(1)))
    // Somebody else holds the file for a moment: the writer waits.
    let other = try Database(bench.path, .readWrite)
    try other.execute("BEGIN IMMEDIATE")
    var isWritten = false
    bench.journal.commit([.insertJob(job(2)), update(1, .running)]) { _ in isWritten = true }
    #expect(try bench.read { try $0.job(seq: 2) } == nil)
    #expect(try bench.read { try $0.job(seq: 1)?.state } == .queued)
    #expect(!isWritten)
    try other.execute("ROLLBACK")
    try bench.until("it is written") { isWritten }
    #expect(try bench.read { try $0.job(seq: 2)?.id } == "job-2")
    #expect(try bench.read { try $0.job(seq: 1)?.state } == .running)
  }

  @Test func `the reader cannot write`() throws {
    let bench = try JournalBench()
    #expect(throws: JournalError.self) { try bench.read { try $0.execute("DELETE FROM runs") } }
  }

  @Test func `close writes what waits`() throws {
    let bench = try JournalBench()
    for seq in 1...5_000 { bench.journal.commit([.insertJob(job(Int64(seq)))]) }
    try bench.reopen()
    #expect(try bench.read { try $0.integer("SELECT count(*) FROM jobs") } == 5_000)
    #expect(bench.journal.takeSeq() == 5_001)
  }

  @Test func `a closed journal says so`() throws {
    let bench = try JournalBench()
    bench.journal.close()
    bench.journal.close()
    #expect(try bench.write(.insertJob(job(1)))?.kind == .closed)
    #expect(throws: JournalError(.closed, "the journal is closed")) { try bench.read { try $0.job(seq: 1) } }
  }

  @Test func `empty and strange texts come back as they were`() throws {
    let bench = try JournalBench()
    for (number, text) in ["", "\u{0}", "é\u{1F600}", "'; DROP TABLE events; --"].enumerated() {
      try bench.write(event(1, Int64(number + 1), data: text))
    }
    #expect(
      try bench.read { try $0.events(of: 1).map(\.data) } == ["", "\u{0}", "é\u{1F600}", "'; DROP TABLE events; --"]
    )
  }
}

@Suite struct `Rules of the schema` {
  static let wrong: [(String, [Change])] = [
    ("a final job without its end", [update(1, .succeeded)]),
    ("an end of a job that is not final", [update(1, .running, endedAt: 5)]),
    (
      "a second job with the id",
      [
        .insertJob(
          {
            var other = job(9); other.id = "job-1"; return other
          }()
        )
      ]
    ),
    (
      "a second job with the number",
      [
        .insertJob(
          {
            var other = job(1); other.id = "other"; return other
          }()
        )
      ]
    ),
    (
      "a priority out of range",
      [
        .insertJob(
          {
            var other = job(9); other.priority = 10; return other
          }()
        )
      ]
    ),
    (
      "no steps",
      [
        .insertJob(
          {
            var other = job(9); other.stepCount = 0; return other
          }()
        )
      ]
    ),
    (
      "generation 0",
      [
        .insertJob(
          {
            var other = job(9); other.generation = 0; return other
          }()
        )
      ]
    ),
    ("a job that is not there", [update(99, .running)]),
    ("a success without output", [.putStep(job: 1, StepRecord(StepKey(0), .succeeded))]),
    ("a failure without error", [.putStep(job: 1, StepRecord(StepKey(0), .failed))]),
    ("an end of a step that has not begun", [.endStep(job: 1, StepEnd(StepKey(5), .cancelled))]),
    (
      "a negative attempt",
      [
        .putStep(
          job: 1,
          {
            var row = step(); row.attempt = -1; return row
          }()
        )
      ]
    ),
    ("an event twice", [event(1, 1), event(1, 1)]),
  ]

  @Test(arguments: wrong)
  func `refuse`(_ what: String, _ changes: [Change]) throws {
    let bench = try JournalBench()
    try bench.write(.insertJob(job(1)))
    var error: JournalError??
    bench.journal.commit(changes) { error = .some($0) }
    try bench.until("it is settled") { error != nil }
    #expect((error ?? nil)?.kind == .invalid, "\(what)")
    #expect(try bench.read { try $0.job(seq: 1)?.state } == .queued)
  }

  @Test(arguments: [
    "UPDATE jobs SET state = 'done'", "UPDATE jobs SET kind = 'other'", "UPDATE jobs SET seq = 'text'",
    "INSERT INTO steps (id, state, generation, attempt) VALUES (1, 'pending', 1, 0)",
    "INSERT INTO calls (key, job, parent, tool, state, input, started_at) VALUES ('k', 1, 'p', 't', 'unknown', '', 1)",
    "UPDATE events SET kind = 'other'", "UPDATE events SET at = 2",
  ])
  func `hold whoever writes`(_ sql: String) throws {
    let bench = try JournalBench()
    try bench.write(.insertJob(job(1)), event(1, 1))
    let other = try Database(bench.path, .readWrite)
    #expect(throws: JournalError.self) { try other.execute(sql) }
  }

  @Test func `states of the schema are those of the code`() throws {
    let bench = try JournalBench()
    for (i, state) in JobState.allCases.enumerated() {
      let seq = Int64(i + 1)
      #expect(try bench.write(.insertJob(job(seq, state, endedAt: state.isFinal ? 1 : nil))) == nil)
      #expect(try bench.read { try $0.job(seq: seq)?.state } == state)
    }
    for (i, state) in StepState.allCases.enumerated() {
      #expect(try bench.write(.putStep(job: 1, step(StepKey(i), state))) == nil)
    }
    #expect(try bench.read { try $0.steps(of: 1).map(\.state) } == StepState.allCases)
  }
}
