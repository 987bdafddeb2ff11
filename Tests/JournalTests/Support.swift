import CSQLite
import Foundation
import Posix
import Testing

@testable import Journal

/// A folder of its own, a loop that the test runs, and the journal in it.
final class JournalBench {
  let folder: String
  let loop: EventLoop
  private var open: Journal?
  var journal: Journal {
    guard let open else { preconditionFailure("the journal is closed") }
    return open
  }

  private let headInterval: Int64

  init(headInterval: Int64 = 1_000) throws {
    self.headInterval = headInterval
    folder = FileManager.default.temporaryDirectory.appending(path: "bulkhead-journal-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    loop = try EventLoop()
    open = try Self.open(folder, loop, headInterval)
  }

  /// A child of another test, between clone and exec, holds what we let go of for a moment longer.
  private static func open(_ folder: String, _ loop: EventLoop, _ headInterval: Int64) throws -> Journal {
    for _ in 0..<500 {
      do throws(JournalError) {
        return try Journal(folder: folder, version: "1.0", on: loop, headInterval: headInterval)
      } catch {
        if error.kind != .locked { throw error }
      }
      usleep(10_000)
    }
    return try Journal(folder: folder, version: "1.0", on: loop, headInterval: headInterval)
  }

  deinit {
    open?.close()
    // Safety: a folder that is left in the temporary directory harms nobody.
    try? FileManager.default.removeItem(atPath: folder)
  }

  var path: String { folder + "/journal.db" }

  struct TimedOut: Error { let what: String }

  func until(_ what: String, at location: SourceLocation = #_sourceLocation, _ condition: @escaping () -> Bool) throws {
    let deadline = BootTime.now + 30_000
    var isMet = false
    func look() {
      isMet = condition()
      if isMet || BootTime.now > deadline { loop.stop() } else { loop.schedule(after: 1) { look() } }
    }
    look()
    loop.run()
    guard isMet else {
      Issue.record("timed out waiting until \(what)", sourceLocation: location)
      throw TimedOut(what: what)
    }
  }

  /// Writes one entry and waits for its completion.
  @discardableResult
  func write(_ changes: Change..., refusable: Bool = false) throws -> JournalError? {
    var answer: JournalError??
    journal.commit(changes, refusable: refusable) { answer = .some($0) }
    try until("the entry is settled") { answer != nil }
    return answer ?? nil
  }

  func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) throws -> T {
    var answer: Result<T, JournalError>?
    journal.reader.read(body) { answer = $0 }
    try until("the answer is there") { answer != nil }
    return try #require(answer).get()
  }

  /// As the next start of the coordinator does.
  func reopen() throws {
    close()
    open = try Self.open(folder, loop, headInterval)
  }

  /// The lock goes with the object that holds it.
  func close() {
    open?.close()
    open = nil
  }

  /// Has the disk be full when the file has `pages` pages; nil: not any more. Between writes only.
  func limitPages(_ pages: Int64?) throws {
    let database = journal.writer.database
    _ = try database.integer("PRAGMA max_page_count = \(pages ?? 1_073_741_823)")
  }

  var pages: Int64 { get throws { try journal.writer.database.integer("PRAGMA page_count") } }
}

func job(_ seq: Int64, _ state: JobState = .queued, endedAt: Int64? = nil) -> JobRecord {
  var job = JobRecord(
    seq: seq,
    id: "job-\(seq)",
    kind: .plan,
    state: state,
    priority: 5,
    title: "t",
    caller: "{}",
    hash: "h",
    spec: "{}",
    stepCount: 1,
    createdAt: 1
  )
  job.endedAt = endedAt
  return job
}

func event(_ job: Int64, _ number: Int64, data: String? = nil) -> Change {
  .event(EventRecord(job: job, number: number, at: 1, kind: "step.started", step: "a", data: data))
}

func step(_ key: StepKey = StepKey(0), _ state: StepState = .running) -> StepRecord {
  var step = StepRecord(key, state)
  if state == .succeeded { step.output = "1" }
  if state == .failed { step.error = "{}" }
  return step
}

func update(_ seq: Int64, _ state: JobState, endedAt: Int64? = nil) -> Change {
  var update = JobUpdate(seq: seq, state: state)
  update.endedAt = endedAt
  return .updateJob(update)
}
