import Audit
import Digest
import Foundation
import Testing

@testable import Journal

@Suite struct `Audit log` {
  private static func record(_ name: String, at: Int64 = 5, job: String? = "j", tool: String = "bash") -> Change {
    .audit(
      AuditRecord(
        at: at,
        kind: "tool.invoked",
        actor: "user:anna",
        job: job,
        step: name,
        data: Array("{\"tool\":\"\(tool)\",\"input\":\"\(name)\"}".utf8)
      )
    )
  }

  private static func verify(_ bench: JournalBench, against heads: [AuditHead] = []) throws -> AuditVerification {
    let key = try AuditKey.publicKey(bench.folder + "/audit.pub")
    return try bench.read { try $0.verifyAudit(trusting: [key], against: heads) }
  }

  private static func page(_ bench: JournalBench, _ change: (inout AuditFilter) -> Void = { _ in }) throws -> AuditPage
  {
    var filter = AuditFilter()
    change(&filter)
    let wanted = filter
    return try bench.read { try $0.audit(wanted) }
  }

  /// Writes to the file as somebody does who has it to himself.
  private static func tamper(_ bench: JournalBench, _ sql: String...) throws {
    bench.close()
    do {
      let database = try Database(bench.path, .readWrite)
      for table in ["audit", "audit_heads", "audit_beginnings"] {
        let triggers = try database.prepare(
          "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '\(table)'"
        )
        var names: [String] = []
        while try triggers.step() { names.append(triggers.text(0) ?? "") }
        for name in names { try database.execute("DROP TRIGGER \(name)") }
      }
      for statement in sql { try database.execute(statement) }
    }
    try bench.reopen()
  }

  @Test func `the records of one transaction are one row, in the order in which they were written`() throws {
    let bench = try JournalBench()
    try bench.write(.insertJob(job(1)), Self.record("a"), event(1, 1), Self.record("b"))
    try bench.write(Self.record("c"))
    #expect(try bench.read { try $0.integer("SELECT count(*) FROM audit") } == 2)
    #expect(try bench.read { try $0.text("SELECT first || ',' || count FROM audit LIMIT 1") } == "1,2")
    let page = try Self.page(bench) { $0.isNewestFirst = false }
    #expect(page.records.map(\.number) == [1, 2, 3] && page.next == nil)
    #expect(
      page.records.first?.text
        == #"{"n":1,"at":5,"kind":"tool.invoked","actor":"user:anna","job":"j","step":"a","data":{"tool":"bash","input":"a"}}"#
    )
    let verification = try Self.verify(bench)
    #expect(verification.problems.isEmpty && verification.records == 3 && verification.lastHash == page.records[2].hash)
  }

  @Test func `an entry that is refused leaves no record, and those beside it stay in the chain`() throws {
    let bench = try JournalBench()
    var answers: [JournalError?] = []
    bench.journal.commit([Self.record("a")]) { answers.append($0) }
    bench.journal.commit([Self.record("b"), update(99, .running)]) { answers.append($0) }
    bench.journal.commit([Self.record("c")]) { answers.append($0) }
    try bench.until("all are settled") { answers.count == 3 }
    #expect(answers.map { $0?.kind } == [nil, .invalid, nil])
    #expect(try Self.page(bench).records.map { AuditLine($0.text)?.step } == ["c", "a"])
    #expect(try Self.verify(bench).problems.isEmpty)
  }

  @Test func `the chain goes on after a restart, and every close signs its end`() throws {
    let bench = try JournalBench()
    for i in 0..<5 { try bench.write(Self.record("\(i)")) }
    try bench.reopen()
    for i in 5..<8 { try bench.write(Self.record("\(i)")) }
    try bench.reopen()
    // Nothing new, no new head.
    try bench.reopen()
    let verification = try Self.verify(bench)
    #expect(verification.problems.isEmpty && verification.records == 8 && verification.lastSigned == 8)
    #expect(try bench.read { try $0.auditHeads(limit: 10).map(\.number) } == [5, 8])
  }

  @Test func `a head follows every so many records, and is told`() throws {
    let bench = try JournalBench(headInterval: 10)
    var heads: [AuditHead] = []
    bench.journal.onAuditHead = { heads.append($0) }
    for i in 0..<25 { try bench.write(Self.record("\(i)")) }
    try bench.until("two heads") { heads.count == 2 }
    #expect(heads.map(\.number) == [10, 20])
    let page = try Self.page(bench) { ($0.isNewestFirst, $0.after, $0.limit) = (false, 9, 1) }
    #expect(page.records.first?.hash == heads[0].hash)
    // The end is signed when somebody asks, and by the timer.
    bench.journal.signAudit()
    try bench.until("the end is signed") { heads.last?.number == 25 }
    #expect(try Self.verify(bench).lastSigned == 25)
  }

  @Test func `rows cannot be changed, and are removed only behind a signed beginning`() throws {
    let bench = try JournalBench(headInterval: 1)
    for i in 0..<3 { try bench.write(Self.record("\(i)")) }
    bench.close()
    let database = try Database(bench.path, .readWrite)
    for (sql, what) in [
      ("UPDATE audit SET at = 1", "audit records are never changed"),
      ("DELETE FROM audit WHERE first = 1", "only behind a signed beginning"),
      ("DELETE FROM audit WHERE first = 3", "only behind a signed beginning"),
      ("UPDATE audit_heads SET at = 1", "audit heads are never changed"),
      ("DELETE FROM audit_heads", "only behind a signed beginning"),
    ] {
      #expect {
        try database.execute(sql)
      } throws: {
        ($0 as? JournalError)?.message.contains(what) == true
      }
    }
  }

  // MARK: Attacks on the file

  @Test(arguments: [
    ("UPDATE audit SET records = replace(records, '\"4\"', '\"5\"') WHERE first = 5", "changed 5"),
    ("UPDATE audit SET records = replace(records, 'anna', 'otto') WHERE first = 5", "changed 5"),
    ("UPDATE audit SET hashes = zeroblob(32) WHERE first = 5", "changed 5"),
    ("UPDATE audit SET hashes = zeroblob(31) WHERE first = 5", "changed 5"),
    ("UPDATE audit SET records = 'x' WHERE first = 5", "changed 5"),
    ("UPDATE audit SET records = '' WHERE first = 5", "changed 5"),
    ("UPDATE audit SET records = records || records WHERE first = 5", "changed 5"),
    ("DELETE FROM audit WHERE first = 5", "missing 5"), ("DELETE FROM audit WHERE first < 5", "missing 1"),
    ("DELETE FROM audit WHERE first > 6", "truncated 7"),
    (
      """
      CREATE TEMP TABLE t AS SELECT * FROM audit WHERE first IN (5, 6);
      UPDATE audit SET (records, hashes) = (SELECT records, hashes FROM t WHERE t.first = 11 - audit.first)
        WHERE first IN (5, 6)
      """, "missing 5"
    ),
    ("UPDATE audit_heads SET hash = zeroblob(32) WHERE number = 6", "signature 6"),
    ("UPDATE audit_heads SET at = at + 1 WHERE number = 6", "signature 6"),
    ("UPDATE audit_heads SET key = '0011223344556677' WHERE number = 6", "key 6"),
    (
      "INSERT INTO audit_heads SELECT number + 1, hash, at, key, signature FROM audit_heads WHERE number = 6",
      "signature 7"
    ),
    (
      "INSERT INTO audit_beginnings SELECT number, hash, at, key, signature FROM audit_heads WHERE number = 6;"
        + "DELETE FROM audit WHERE first <= 6; DELETE FROM audit_heads WHERE number < 6", "signature 6"
    ),
  ])
  func `what was done to the file is noticed`(_ sql: String, _ problem: String) throws {
    let bench = try JournalBench(headInterval: 3)
    for i in 0..<10 { try bench.write(Self.record("\(i)")) }
    #expect(try Self.verify(bench).problems.isEmpty)
    try Self.tamper(bench, sql)
    let first = try Self.verify(bench).problems.first
    #expect(first.map { "\($0.kind.rawValue) \($0.record)" } == problem, "\(String(describing: first))")
  }

  @Test func `an older copy of the whole file is noticed by heads that were kept elsewhere, and by nothing else`()
    throws
  {
    let bench = try JournalBench()
    for i in 0..<5 { try bench.write(Self.record("\(i)")) }
    bench.close()
    let copy = bench.folder + "/copy"
    try FileManager.default.copyItem(atPath: bench.path, toPath: copy)
    try bench.reopen()
    for i in 5..<9 { try bench.write(Self.record("\(i)")) }
    try bench.reopen()
    let heads = try bench.read { try $0.auditHeads(limit: 10) }
    bench.close()
    try FileManager.default.removeItem(atPath: bench.path)
    try FileManager.default.moveItem(atPath: copy, toPath: bench.path)
    try bench.reopen()
    #expect(try Self.verify(bench).problems.isEmpty)
    let problem = try Self.verify(bench, against: heads).problems.first
    #expect(problem?.kind == .truncated && problem?.record == 6)
  }

  @Test func `a key that was replaced is noticed`() throws {
    let bench = try JournalBench()
    try bench.write(Self.record("a"))
    bench.close()
    unlink(bench.folder + "/audit.key")
    try bench.reopen()
    try bench.write(Self.record("b"))
    #expect(try Self.verify(bench).problems.map(\.kind) == [.key])
  }

  // MARK: Retention

  @Test func `old records go from the front, and a signed beginning and a record say so`() throws {
    let bench = try JournalBench(headInterval: 4)
    for i in 0..<20 { try bench.write(Self.record("\(i)", at: Int64(i))) }
    #expect(try bench.read { try $0.hasAudit(before: 10) })
    try bench.write(.trimAudit(before: 10))
    let verification = try Self.verify(bench)
    #expect(verification.problems.isEmpty && verification.first == 11 && verification.last == 21)
    let last = try #require(try Self.page(bench).records.first)
    #expect(last.text.contains(#""kind":"audit.removed","actor":"coordinator","data":{"first":1,"last":10,"hash":""#))
    #expect(try bench.read { try $0.hasAudit(before: 10) } == false)

    // Again, and all but the last: one always stays, so that numbers go on.
    try bench.write(.trimAudit(before: .max))
    try bench.write(.trimAudit(before: .max))
    try bench.reopen()
    try bench.write(Self.record("z"))
    let again = try Self.verify(bench)
    #expect(again.problems.isEmpty && again.records >= 2)
    #expect(try bench.read { try $0.integer("SELECT count(*) FROM audit_beginnings") } == 1)
  }

  @Test func `a record that is older than those before it stays with them`() throws {
    let bench = try JournalBench()
    for (i, at) in [50, 10, 60].enumerated() { try bench.write(Self.record("\(i)", at: Int64(at))) }
    try bench.write(.trimAudit(before: 20))
    #expect(try Self.verify(bench).first == 1)
  }

  // MARK: Queries

  @Test func `records are found by what they say, page by page in both orders`() throws {
    let bench = try JournalBench()
    for i in 0..<30 {
      try bench.write(
        Self.record("a\(i)", at: Int64(i), job: "j\(i % 3)", tool: i % 2 == 0 ? "bash" : "ba"),
        .audit(
          AuditRecord(
            at: Int64(i),
            kind: "approval.denied",
            actor: "user:otto",
            data: Array(#"{"reason":"Nö \"x\""}"#.utf8)
          )
        )
      )
    }
    #expect(try Self.page(bench) { $0.job = "j1" }.records.count == 10)
    #expect(try Self.page(bench) { $0.tool = "ba" }.records.count == 15)
    #expect(try Self.page(bench) { $0.tool = "\"" }.records.isEmpty)
    #expect(try Self.page(bench) { $0.kind = "approval" }.records.count == 30)
    #expect(try Self.page(bench) { $0.kind = "approv" }.records.isEmpty)
    #expect(try Self.page(bench) { $0.actor = "otto" }.records.count == 30)
    #expect(try Self.page(bench) { $0.actor = "user:anna" }.records.count == 30)
    #expect(try Self.page(bench) { $0.text = "NÖ \"X" }.records.isEmpty)
    #expect(try Self.page(bench) { $0.text = "nö \"X" }.records.count == 30)
    #expect(try Self.page(bench) { ($0.since, $0.until) = (10, 12) }.records.count == 4)
    for isNewestFirst in [true, false] {
      var (numbers, after): ([Int64], Int64?) = ([], nil)
      repeat {
        let page = try Self.page(bench) { ($0.isNewestFirst, $0.after, $0.limit) = (isNewestFirst, after, 7) }
        numbers += page.records.map(\.number)
        after = page.next
      } while after != nil
      #expect(numbers == (isNewestFirst ? Array((1...60).reversed()) : Array(1...60)))
    }
  }

  // MARK: Acts

  @Test func `a step that began without a record is found`() throws {
    let bench = try JournalBench()
    func start(_ seq: Int64, _ number: Int64, item: Int64? = nil) -> Change {
      .event(EventRecord(job: seq, number: number, at: 1, kind: "step.started", step: "a", item: item))
    }
    func invoked(_ job: String, _ step: String) -> Change {
      .audit(AuditRecord(at: 1, kind: "tool.invoked", actor: "user:anna", job: job, step: step))
    }
    try bench.write(
      .insertJob(job(1)),
      start(1, 1),
      invoked("job-1", "a"),
      start(1, 2, item: 3),
      invoked("job-1", "a[3]")
    )
    #expect(try bench.read { try $0.actsWithoutRecord() }.isEmpty)
    try bench.write(start(1, 3, item: 3), .insertJob(job(2)), start(2, 1))
    #expect(
      try bench.read { try $0.actsWithoutRecord() } == [
        "step 'a[3]' of job 'job-1': 2 starts, and 1 of them in the audit log",
        "step 'a' of job 'job-2': 1 starts, and 0 of them in the audit log",
      ]
    )
  }

  @Test func `a call that was made without a record is found, and jobs from before the log are not looked at`() throws {
    let bench = try JournalBench()
    var direct = job(1, .running)
    direct.kind = .call
    var attempt = step()
    attempt.worker = "w"
    var call = CallRecord(key: "k/0/x", job: 1, parent: "k", tool: "bash", input: "{}", startedAt: 1)
    call.state = .running
    try bench.write(.insertJob(direct), .putStep(job: 1, attempt), .insertCall(call))
    #expect(try bench.read { try $0.actsWithoutRecord() }.isEmpty)
    func invoked(_ job: String, _ data: String) -> Change {
      .audit(AuditRecord(at: 1, kind: "tool.invoked", actor: "user:anna", job: job, data: Array(data.utf8)))
    }
    try bench.write(invoked("other", "{}"))
    #expect(
      try bench.read { try $0.actsWithoutRecord() }
        == ["call 'job-1' is not in the audit log", "call 'k/0/x' in job 'job-1' is not in the audit log"]
    )
    try bench.write(invoked("job-1", #"{"tool":"bash","key":"k/0/x","input":{}}"#))
    #expect(try bench.read { try $0.actsWithoutRecord() }.isEmpty)

    let later = try JournalBench()
    try later.write(.insertJob(direct), .putStep(job: 1, attempt))
    try later.write(.audit(AuditRecord(at: 2, kind: "service.started", actor: "coordinator")))
    #expect(try later.read { try $0.actsWithoutRecord() }.isEmpty)
  }

  @Test func `records that had to wait for room on the disk stand in the chain once, in order`() throws {
    let bench = try JournalBench()
    try bench.write(.insertJob(job(1)), Self.record("a"))
    try bench.limitPages(try bench.pages + 2)
    var settled = 0
    bench.journal.commit([event(1, 1, data: String(repeating: "x", count: 1 << 18)), Self.record("b")]) { _ in
      settled += 1
    }
    bench.journal.commit([.insertJob(job(2)), Self.record("refused")], refusable: true) { _ in settled += 1 }
    bench.journal.commit([Self.record("c")]) { _ in settled += 1 }
    try bench.until("it is in trouble") { bench.journal.trouble != nil && settled == 1 }
    try bench.limitPages(nil)
    try bench.until("they are written") { settled == 3 }
    #expect(try Self.page(bench).records.reversed().map { AuditLine($0.text)?.step } == ["a", "b", "c"])
    #expect(try Self.verify(bench).problems.isEmpty)
  }

  // MARK: Another implementation

  @Test func `a program of another language verifies an export, and finds a change in it`() throws {
    let bench = try JournalBench(headInterval: 3)
    for i in 0..<8 { try bench.write(Self.record("Ünd \\\"\(i)\\\"", at: Int64(i))) }
    try bench.write(.trimAudit(before: 2))
    try bench.reopen()
    var text: [String] = []
    let heads = try bench.read { try $0.auditHeads(limit: 100) }
    if let beginning = try bench.read({ try $0.auditBeginning() }) { text.append(beginning.line) }
    for record in try Self.page(bench, { $0.isNewestFirst = false }).records {
      text.append(AuditExport.line(record.hash, record.text))
      text += heads.filter { $0.number == record.number }.map(\.line)
    }
    func run(_ lines: [String]) throws -> (Int32, String) {
      let file = bench.folder + "/export"
      try (lines.joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
      let process = Process()
      let output = Pipe()
      process.executableURL = URL(filePath: "/usr/bin/python3")
      let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "protocol/verify-audit.py").path
      process.arguments = ["-I", "-S", script, file, bench.folder + "/audit.pub"]
      process.standardOutput = output
      try process.run()
      let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, said)
    }
    let good = try run(text)
    #expect(good.0 == 0 && good.1 == "the chain holds up to record 9, 4 statements\n", "\(good)")
    let bad = try run(text.map { $0.replacing("\\\"5\\\"", with: "\\\"6\\\"") })
    #expect(bad.0 == 1 && bad.1 == "record 6 is not what was hashed\n", "\(bad)")
    let forged = try run(
      text.map { $0.replacing("\"key\":\"", with: "\"key\":\"0").replacing("0\",\"sig", with: "\",\"sig") }
    )
    #expect(forged.0 == 1, "\(forged)")
  }
}
