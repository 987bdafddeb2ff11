import Posix
import Testing

@testable import Journal

@Suite struct `A full disk` {
  private static let much = String(repeating: "x", count: 1 << 18)

  @Test func `refuses what may be refused and holds the rest until there is room`() throws {
    let bench = try JournalBench()
    try bench.write(.insertJob(job(1)))
    var troubles: [JournalError.Kind?] = []
    bench.journal.onTrouble = { troubles.append($0?.kind) }
    try bench.limitPages(try bench.pages + 2)
    var settled: [String] = []
    bench.journal.commit([event(1, 1, data: Self.much)]) { settled.append("first \($0?.kind.rawValue ?? "written")") }
    bench.journal.commit([.insertJob(job(2)), event(2, 1, data: Self.much)], refusable: true) {
      settled.append("new \($0?.kind.rawValue ?? "written")")
    }
    bench.journal.commit([event(1, 2)]) { settled.append("second \($0?.kind.rawValue ?? "written")") }
    try bench.until("the new job is refused") { settled == ["new storage_full"] }
    #expect(bench.journal.trouble?.kind == .full && troubles == [.full])
    #expect(bench.journal.backlog == 2)
    // While it lasts, new work is refused at once.
    #expect(try bench.write(.insertJob(job(3)), refusable: true)?.kind == .full)
    #expect(settled.count == 1)
    try bench.limitPages(nil)
    try bench.until("the others are written") { settled.count == 3 }
    #expect(settled.suffix(2) == ["first written", "second written"])
    #expect(troubles == [.full, nil] && bench.journal.trouble == nil)
    #expect(try bench.write(.insertJob(job(3)), refusable: true) == nil)
    #expect(try bench.read { try $0.jobs(Database.JobFilter()).map(\.seq) } == [3, 1])
  }

  @Test func `is tried again and again, and told once`() throws {
    let bench = try JournalBench()
    try bench.write(.insertJob(job(1)))
    var troubles = 0
    bench.journal.onTrouble = { if $0 != nil { troubles += 1 } }
    try bench.limitPages(try bench.pages)
    var isWritten = false
    bench.journal.commit([event(1, 1, data: Self.much)]) { _ in isWritten = true }
    try bench.until("it is in trouble") { bench.journal.trouble != nil }
    let start = BootTime.now
    try bench.until("several tries are over") { BootTime.now > start + 800 }
    #expect(!isWritten && troubles == 1)
    try bench.limitPages(nil)
    try bench.until("it is written") { isWritten }
  }

  @Test func `that has only refused is forgotten, and the next entry tells`() throws {
    let bench = try JournalBench()
    try bench.limitPages(try bench.pages)
    #expect(try bench.write(.insertJob(job(1)), event(1, 1, data: Self.much), refusable: true)?.kind == .full)
    try bench.until("the trouble is forgotten") { bench.journal.trouble == nil }
    #expect(try bench.write(.insertJob(job(1)), event(1, 1, data: Self.much), refusable: true)?.kind == .full)
    try bench.limitPages(nil)
    try bench.until("the trouble is forgotten again") { bench.journal.trouble == nil }
    #expect(try bench.write(.insertJob(job(1)), refusable: true) == nil)
  }

  @Test func `at the end loses what is not on disk, and the file stays whole`() throws {
    let bench = try JournalBench()
    try bench.write(.insertJob(job(1)))
    try bench.limitPages(try bench.pages)
    bench.journal.commit([event(1, 1, data: Self.much)])
    try bench.until("it is in trouble") { bench.journal.trouble != nil }
    try bench.reopen()
    #expect(try bench.read { try $0.text("PRAGMA integrity_check") } == "ok")
    #expect(try bench.read { try $0.job(seq: 1)?.id } == "job-1")
    #expect(try bench.read { try $0.events(of: 1).count } == 0)
  }
}
