import Audit
import CSQLite
import Coordinator
import Digest
import Glibc
import JSON
import Journal
import Posix

/// The audit log: what it adds to a step's writing (two records a step), what a record costs to make, and a walk of a
/// million records beside plain SHA-256 over the same bytes.
func measureAudit() throws -> [Measurement] {
  try measureWriting() + measureMaking() + measureWalk()
}

// MARK: Writing

/// 50 steps share a commit, as those of 50 jobs do.
private func measureWriting() throws -> [Measurement] {
  let writer = AuditWriter()
  let with = try WrittenJournal()
  let without = try WrittenJournal()
  defer {
    with.close()
    without.close()
  }
  var (ours, floor): ([Double], [Double]) = ([], [])
  for _ in 0..<15 {
    ours.append(try with.write(commits: 100, steps: 50, auditing: writer))
    floor.append(try without.write(commits: 100, steps: 50, auditing: nil))
  }
  return [
    Measurement(subject: "writing a step, 50 a commit", side: "with the audit log", bytes: nil, samples: ours),
    Measurement(subject: "writing a step, 50 a commit", side: "without", bytes: nil, samples: floor),
  ]
}

/// A journal in a folder of its own, with one job that has as many steps as are wanted.
private final class WrittenJournal {
  private let folder: String
  private let loop: EventLoop
  private let journal: Journal
  private var number: Int64 = 0

  init() throws {
    var name = Array("/var/tmp/bulkhead-audit-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw PosixError.current("mkdtemp") }
    folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    loop = try EventLoop()
    journal = try Journal(folder: folder, version: "1.0", on: loop)
  }

  var path: String { folder + "/journal.db" }

  /// Nanoseconds for each step: its attempt and an event, and then its end and an event, in two commits.
  func write(commits: Int, steps: Int, auditing writer: AuditWriter?) throws -> Double {
    let start = now()
    for _ in 0..<commits {
      let first = number
      try commit((0..<steps).map { beginning(first + Int64($0), writer) })
      try commit((0..<steps).map { ending(first + Int64($0), writer) })
      number += Int64(steps)
    }
    return (now() - start) / Double(commits * steps)
  }

  private func beginning(_ number: Int64, _ writer: AuditWriter?) -> [Change] {
    var row = StepRecord(StepKey(Int(number % 16_000)), .running)
    row.attempt = 1
    row.idempotencyKey = "0123456789abcdef0123456789abcdef0123456789abcdef"
    row.worker = "echo"
    row.input = "{\"text\":\"a step's input, of the length that they have\",\"n\":\(number)}"
    let event = EventRecord(job: 1, number: 2 * number + 1, at: 1, kind: "step.started", step: "s1", data: data)
    return [.putStep(job: 1 + number / 16_000, row), .event(event)] + (writer.map { [Self.invoked(number, $0)] } ?? [])
  }

  private func ending(_ number: Int64, _ writer: AuditWriter?) -> [Change] {
    var end = StepEnd(StepKey(Int(number % 16_000)), .succeeded)
    end.output = Self.output
    let event = EventRecord(job: 1, number: 2 * number + 2, at: 1, kind: "step.succeeded", step: "s1", data: data)
    return [.endStep(job: 1 + number / 16_000, end), .event(event)] + (writer.map { [Self.ended($0)] } ?? [])
  }

  private let data = "{\"attempt\":1,\"worker\":\"echo\"}"
  private static let output = Array("{\"text\":\"a step's output, of the length that they have\"}".utf8)

  static func invoked(_ number: Int64, _ writer: AuditWriter) -> Change {
    var event = AuditEvent.Invocation(
      tool: "echo",
      worker: "echo",
      input: ["text": "a step's input, of the length that they have", "n": .integer(number)]
    )
    event.attempt = 1
    event.idempotencyKey = "0123456789abcdef0123456789abcdef0123456789abcdef"
    event.policy = "0123456789abcdef"
    return writer.change(.invoked(event), job: "job-1", step: "s1")
  }

  static func ended(_ writer: AuditWriter) -> Change {
    var event = AuditEvent.Ending(tool: "echo", result: "succeeded")
    event.output = output
    event.attempt = 1
    return writer.change(.ended(event), job: "job-1", step: "s1")
  }

  private func commit(_ entries: [[Change]]) throws {
    var failure: JournalError?
    for (i, changes) in entries.enumerated() {
      let isLast = i == entries.count - 1
      journal.commit(changes) { [loop] error in
        failure = failure ?? error
        if isLast { loop.stop() }
      }
    }
    loop.run()
    if let failure { throw failure }
  }

  /// `count` records, 100 a commit.
  func fill(_ count: Int, _ writer: AuditWriter) throws {
    for start in stride(from: 0, to: count, by: 20_000) {
      try commit((start..<min(start + 20_000, count)).map { [Self.invoked(Int64($0), writer)] })
    }
    journal.signAudit()
  }

  func verify() throws -> AuditVerification {
    let key = try AuditKey.publicKey(folder + "/audit.pub")
    return try Database(path, .readOnly).verifyAudit(trusting: [key])
  }

  func close() {
    journal.close()
    for file in ["journal.db", "journal.db-wal", "journal.db-shm", "journal.lock", "audit.key", "audit.pub"] {
      unlink("\(folder)/\(file)")
    }
    rmdir(folder)
  }
}

// MARK: Making

private func measureMaking() throws -> [Measurement] {
  let writer = AuditWriter()
  func length(_ change: Change) -> Int { if case .audit(let record) = change { record.data.count } else { 0 } }
  return try compare(
    "making a record",
    [
      Side(name: "tool.invoked") { count in
        (0..<count).reduce(0) { $0 &+ length(WrittenJournal.invoked(Int64($1), writer)) }
      },
      Side(name: "tool.ended") { count in
        (0..<count).reduce(0) { sum, _ in sum &+ length(WrittenJournal.ended(writer)) }
      },
    ]
  )
}

// MARK: Walking

private func measureWalk() throws -> [Measurement] {
  let divisor = getenv("BULKHEAD_SOAK").flatMap { Int(String(cString: $0)) } ?? 1
  let count = 1_000_000 / divisor
  let journal = try WrittenJournal()
  defer { journal.close() }
  try journal.fill(count, AuditWriter())
  var text: [UInt8] = []
  let rows = try Database(journal.path, .readOnly).prepare("SELECT records FROM audit")
  while try rows.step() { text += rows.bytes(0) ?? [] }
  var (ours, floor): ([Double], [Double]) = ([], [])
  for _ in 0..<5 {
    var start = now()
    let found = try journal.verify()
    ours.append(now() - start)
    guard found.problemCount == 0, found.records == count else {
      fatalError("the log does not hold: \(found.problems)")
    }
    start = now()
    var hash = SHA256()
    hash.update(text)
    guard hash.finish().utf8.count == 64 else { fatalError("no hash") }
    floor.append(now() - start)
  }
  let subject = "verifying \(count) records"
  return [
    Measurement(subject: subject, side: "ours", bytes: text.count, samples: ours),
    Measurement(subject: subject, side: "SHA-256 of the bytes", bytes: text.count, samples: floor),
  ]
}
