import Audit
import Digest
import JSON
import Journal
import Posix
import Testing
import Wire

@testable import Coordinator

@Suite struct `Asking the audit log` {
  private func bench(_ count: Int = 5) throws -> JobBench {
    let bench = try JobBench()
    for i in 0..<count {
      let event = AuditEvent.invoked(
        AuditEvent.Invocation(tool: i % 2 == 0 ? "bash" : "ls", input: ["i": .integer(Int64(i))])
      )
      var isWritten = false
      bench.coordinator.journal.commit([AuditWriter().change(event, job: "j-\(i)", step: "s")]) {
        isWritten = $0 == nil
      }
      try bench.until("it is written") { isWritten }
    }
    return bench
  }

  @Test func `a client searches, fetches heads and has the log verified over its socket`() throws {
    let bench = try bench()
    var isSigned = false
    bench.coordinator.journal.onAuditHead = { _ in isSigned = true }
    bench.coordinator.journal.signAudit()
    try bench.until("the end is signed") { isSigned }
    let client = try SocketClient(bench)
    try client.send(["id": 1, "method": "audit/query", "params": ["tool": "bash", "limit": 2]])
    try client.send(["id": 2, "method": "audit/heads"])
    try client.send(["id": 3, "method": "audit/verify"])
    try client.send(["id": 4, "method": "audit/query", "params": ["order": "random"]])
    try client.send([
      "id": 5, "method": "audit/verify",
      "params": ["against": [["number": 1, "hash": "x", "at": 1, "key": "k", "signature": "s"]]],
    ])
    for id in 1...5 { try client.waitForReply(Int64(id), bench) }
    let records = try #require(client.reply(1)?["result"]?["records"]?.arrayValue)
    #expect(records.compactMap { $0["record"]?.stringValue }.compactMap { AuditLine($0)?.job } == ["j-4", "j-2"])
    #expect(client.reply(1)?["result"]?["next"]?.integerValue == 3)
    let head = try #require(client.reply(2)?["result"]?["heads"]?[0])
    #expect(head["number"] == 5 && head["hash"] == records[0]["hash"])
    let verified = client.reply(3)?["result"]
    #expect(verified?["records"] == 5 && verified?["last_signed"] == 5 && verified?["problem_count"] == 0)
    #expect(client.reply(4)?["error"]?["data"]?["path"] == "/order")
    #expect(client.reply(5)?["error"]?["data"]?["path"] == "/against/0")
    // A head that the log has never had.
    let key = SigningKey()
    let other = AuditHead(.head, number: 9, hash: .none, at: 1, signedWith: key)
    try client.send([
      "id": 6, "method": "audit/verify",
      "params": [
        "against": [
          [
            "number": 9, "hash": .string(other.hash.hex), "at": 1, "key": .string(other.key),
            "signature": .string(Hexadecimal.text(other.signature)),
          ]
        ]
      ],
    ])
    try client.waitForReply(6, bench)
    let problems = client.reply(6)?["result"]?["problems"]?.arrayValue ?? []
    #expect(problems.map { $0["kind"] } == ["key", "truncated"])
    try bench.end()
  }

  @Test func `records are kept as long as the operator wants`() throws {
    let bench = try bench()
    var settings = AuditSettings()
    settings.keep = 3_600_000
    let service = AuditService(bench.coordinator.journal, log: bench.coordinator.log, settings: settings)
    func count() throws -> Int64 { try bench.read { try $0.countAudit() } }
    _ = try bench.ask { answer in service.collect { answer(.success($0 == nil)) } }.get()
    #expect(try count() == 5)
    settings.keep = -1_000
    let strict = AuditService(bench.coordinator.journal, log: bench.coordinator.log, settings: settings)
    let isDone: Bool = try bench.ask { answer in strict.collect { answer(.success($0 == nil)) } }.get()
    #expect(isDone)
    #expect(try count() <= 2)
    let found: AuditVerify.Response = try bench.ask { answer in
      do throws(WireError) {
        _ = try service.verify(AuditVerify(), progress: { _, _ in }, answer: answer)
      } catch {
        answer(.failure(error))
      }
    }.get()
    #expect(found.problemCount == 0 && found.first >= 5)
    try bench.end()
  }
}
