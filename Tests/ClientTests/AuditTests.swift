import Foundation
import JSON
import Testing

@Suite struct `The audit log of a service` {
  private func numbers(_ outcome: Outcome) throws -> [Int64] {
    try outcome.output.split(separator: "\n").map { try #require(try JSON(parsing: String($0))["n"]?.integerValue) }
  }

  @Test func `starts and ends are searched, exported, verified, and an older state is noticed`() throws {
    let program = try Program()
    func state() throws -> String {
      let files = FileManager.default.enumerator(atPath: program.folder)?.compactMap { $0 as? String } ?? []
      let journal = try #require(files.first { $0.hasSuffix("/journal.db") })
      return "\(program.folder)/\(journal.dropLast("/journal.db".count))"
    }
    try program.up()
    #expect(try program.run(["down"]).code == 0)
    let folder = try state()
    try FileManager.default.copyItem(atPath: folder + "/journal.db", toPath: program.folder + "/old.db")
    try program.up()

    let shown = try program.run(["audit"])
    #expect(shown.output.contains("service.stopped") && shown.output.contains("coordinator"), "\(shown)")
    let stop = try #require(numbers(program.run(["audit", "--json", "--kind", "service.stopped"])).last)
    let count = Int64(try numbers(program.run(["audit", "--json"])).count)
    #expect(try numbers(program.run(["audit", "--json"])) == Array(1...count) && count > stop)
    #expect(try numbers(program.run(["audit", "--json", "-n", "1", "0.1"])) == [stop + 1])
    #expect(try program.run(["audit", "--tool", "bash"]).output == "no such records\n")

    let verified = try program.run(["audit", "verify"])
    #expect(
      verified.code == 0 && verified.output.hasPrefix("the audit log holds: \(count) records, 1 to \(count), 1 signed")
    )
    #expect(verified.errors.contains("no head vouches yet for what follows record \(stop)"))

    let export = try program.run(["audit", "export"])
    try program.write("export.jsonl", export.output)
    let key = folder + "/audit.pub"
    let file = try program.run(["audit", "verify", "--file", "export.jsonl", "--public-key", key])
    #expect(file.code == 0 && file.output == verified.output, "\(file)")
    #expect(try program.run(["down"]).code == 0)

    try program.up()
    let heads = try program.run(["audit", "export", "--heads"])
    #expect(heads.output.split(separator: "\n").count == 2)
    try program.write("heads.jsonl", heads.output)
    let against = try program.run(["audit", "verify", "--against", "heads.jsonl", "--public-key", key, "--json"])
    #expect(try against.code == 0 && against.json()["compared"] == 2, "\(against)")
    #expect(try program.run(["down"]).code == 0)

    func rest(_ arguments: String...) throws -> Outcome {
      try program.begin(
        ["--verify-audit", "--state", folder, "--socket", program.folder + "/run/none"] + arguments,
        program: "\(Program.folder)/bulkheadd"
      ).outcome()
    }
    let good = try rest("--against", program.folder + "/heads.jsonl")
    #expect(good.code == 0, "\(good)")
    #expect(good.output.contains(", 3 heads, ") && good.output.hasSuffix(", 0 problems\n"))

    // Somebody puts the older state back.
    for suffix in ["", "-wal", "-shm"] { unlink(folder + "/journal.db" + suffix) }
    try FileManager.default.copyItem(atPath: program.folder + "/old.db", toPath: folder + "/journal.db")
    #expect(try rest().code == 0)
    let old = try rest("--against", program.folder + "/heads.jsonl")
    #expect(old.code == 1)
    #expect(old.errors.contains("was kept elsewhere, and the log ends with record \(stop)"), "\(old)")
  }

  @Test func `each head is a line of the service's log`() throws {
    let program = try Program()
    try program.up()
    #expect(try program.run(["down"]).code == 0)
    let files = FileManager.default.enumerator(atPath: program.folder)?.compactMap { $0 as? String } ?? []
    let logs = files.filter { $0.hasSuffix(".log") }.compactMap {
      try? String(contentsOfFile: "\(program.folder)/\($0)", encoding: .utf8)  // Safety: then the head is not found.
    }
    #expect(logs.contains { $0.contains("audit head") && $0.contains("audit.signature") }, "\(files)")
  }
}
