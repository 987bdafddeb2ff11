import Foundation
import JSON
import Testing

@testable import Posix
@testable import Transport
@testable import Wire

/// Open descriptors of this process.
private func descriptorCount() -> Int {
  (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? -1  // Safety: −1 fails the test.
}

/// Resident pages of this process, in bytes.
private func residentBytes() -> Int {
  let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""  // Safety: 0 fails the test.
  return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
}

private func exchange(_ joined: Joined, _ count: Int) {
  var answered = 0
  func next() {
    joined.near.request(invocation("hello"), timeout: 10_000) { _ in
      answered += 1
      if answered < count { next() }
    }
  }
  next()
  joined.run("\(count) round trips") { answered == count }
}

/// Each in a process of its own, since other tests open descriptors and take memory at the same time.
@Suite struct LeakTests {
  @Test func `no descriptor stays open after connections of every fate`() async {
    await #expect(processExitsWith: .success) {
      // The first round opens what the process keeps.
      var before = 0
      for round in 0..<51 {
        if round == 1 { before = descriptorCount() }
        for medium in Medium.allCases {
          let joined = try Joined(medium)
          exchange(joined, 3)
          switch round % 5 {
          case 0: joined.near.close(because: nil)
          case 1: joined.far.reportAndClose(WireError(.internalError, "x"))
          case 2: joined.near.request(invocation(filler(1 << 20))) { _ in }
          case 3: joined.near.pauseReading()
          default: break
          }
          if round % 2 == 0 {
            joined.near.close(because: nil)
            joined.run { joined.far.isClosed }
          }
          joined.loop.stop()
          joined.loop.stop()
        }
      }
      let after = descriptorCount()
      try #require(before > 0 && after == before, "from \(before) to \(after)")
    }
  }

  @Test(.disabled(if: isSanitized, "a sanitizer keeps freed memory"))
  func `100,000 round trips take no further memory`() async {
    await #expect(processExitsWith: .success) {
      let joined = try Joined(.pipes)
      joined.worker.keepsRequests = false
      exchange(joined, 5000)
      let before = residentBytes()
      for _ in 0..<20 { exchange(joined, 5000) }
      let growth = residentBytes() - before
      try #require(before > 0 && growth < 1 << 20, "grew by \(growth) bytes")
    }
  }

  @Test(.disabled(if: isSanitized, "a sanitizer keeps freed memory"))
  func `a peer that never reads costs its queue and no more`() async {
    await #expect(processExitsWith: .success) {
      var options = Connection.Options()
      options.queueBytes = 32 << 20
      let alone = try Alone(.pipes, options)
      let output = filler(60_000)
      alone.settle()
      let before = residentBytes()
      while !alone.connection.isClosed, alone.connection.queuedBytes < (32 << 20) - 100_000 {
        alone.connection.respondForTest(output)
        if alone.connection.queuedBytes % 20 == 0 { alone.settle(rounds: 2) }
      }
      let growth = residentBytes() - before
      try #require(!alone.connection.isClosed)
      try #require(growth < 36 << 20, "\(alone.connection.queuedBytes) bytes wait and take \(growth)")
      // Closing gives it back to the allocator.
      alone.connection.close(because: nil)
      try #require(alone.connection.queuedBytes == 0)
    }
  }

  @Test func `a large frame's memory does not stay with the connection`() async {
    await #expect(processExitsWith: .success) {
      let loop = try EventLoop()
      var joined: [Joined] = []
      let input = filler(8 << 20)
      // Warm the allocator with one of each.
      for _ in 0..<8 {
        let pair = try Joined(.socket)
        var isAnswered = false
        pair.worker.onRequest = { connection, id, _, _ in connection.respond(to: id, with: ToolResult(output: nil)) }
        pair.near.request(invocation(input)) { _ in isAnswered = true }
        pair.run("the answer") { isAnswered }
        joined.append(pair)
      }
      let held = joined.map { $0.far.decoder.reservedBytes }.max() ?? .max
      try #require(held <= 1 << 17, "\(held) bytes stay reserved")
      _ = loop
    }
  }
}

extension Connection {
  fileprivate func respondForTest(_ output: JSON) {
    notify(Progress(id: .number(1), kind: .stdout, text: output.stringValue ?? ""))
  }
}
