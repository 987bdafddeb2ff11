import Glibc
import JSON
import Testing

@testable import Posix
@testable import Transport
@testable import Wire

private func processorMicroseconds() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000
    + Int(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
}

/// Microseconds of processor that 200 ms of `alone`'s loop take.
private func cost(of alone: Alone) -> Int {
  let before = processorMicroseconds()
  alone.loop.schedule(after: 200) { alone.loop.stop() }
  alone.loop.run()
  return processorMicroseconds() - before
}

/// In processes of their own, where nothing else uses the processor. A loop that spins would use all 200 ms.
@Suite(.disabled(if: isSanitized, "a sanitizer takes processor of its own")) struct IdleTests {
  @Test func `a peer that closed while reading is paused does not make the loop spin`() async {
    await #expect(processExitsWith: .success) {
      for medium in Medium.allCases {
        let alone = try Alone(medium)
        alone.connection.pauseReading()
        try alone.peer.write(Violation.message("id", "1", "method", #""ping""#))
        alone.peer.close()
        let used = cost(of: alone)
        try #require(used < 50_000, "\(medium): \(used) µs of 200 ms")
        try #require(!alone.connection.isClosed)
        alone.connection.resumeReading()
        alone.run("the close") { alone.connection.isClosed }
        try #require(alone.owner.requests.count == 1)
      }
    }
  }

  @Test func `a peer that closed only its input while bytes wait does not make the loop spin`() async {
    await #expect(processExitsWith: .success) {
      let alone = try Alone(.pipes)
      alone.connection.pauseReading()
      alone.connection.request(invocation(filler(1 << 20))) { _ in }
      alone.settle()
      alone.peer.closeInput()
      let used = cost(of: alone)
      try #require(used < 50_000, "\(used) µs of 200 ms")
    }
  }

  @Test func `a congested connection does not make the loop spin`() async {
    await #expect(processExitsWith: .success) {
      for medium in Medium.allCases {
        let alone = try Alone(medium)
        alone.owner.onRequest = { connection, id, _, _ in
          connection.respond(to: id, with: ToolResult(output: filler(2 << 20)))
        }
        for id in 1...5 { try alone.peer.write(Violation.message("id", "\(id)", "method", #""ping""#)) }
        let used = cost(of: alone)
        try #require(used < 100_000, "\(medium): \(used) µs of 200 ms")
        try #require(alone.owner.requests.count == 1)
      }
    }
  }
}
