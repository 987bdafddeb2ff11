import ClientKit
import Posix
import Testing

@Suite(.ownThread) struct StreamTests {
  /// Far more than the buffers of a socket hold.
  private static let count = 20_000

  private static func log(_ id: JSON?, _ number: Int) -> [UInt8] {
    let line: JSON = [
      "time": "2026-01-01T00:00:00Z", "worker": "w", "instance": 0, "pid": 1,
      "text": .string("\(number) " + String(repeating: "x", count: 200)),
    ]
    return FakePeer.frame(["jsonrpc": "2.0", "method": "log", "params": ["id": id ?? .null, "line": line]])
  }

  private static func event(_ id: JSON?, _ number: Int) -> [UInt8] {
    let event: JSON = [
      "number": .integer(Int64(number)), "at": 1, "run": 1, "kind": "step.started", "step": "s",
      "data": ["text": .string(String(repeating: "x", count: 200))],
    ]
    return FakePeer.frame(["jsonrpc": "2.0", "method": "job/event", "params": ["id": id ?? .null, "event": event]])
  }

  private static let job: JSON = [
    "id": "j", "kind": "plan", "state": "succeeded", "priority": 5, "generation": 1, "title": "t", "caller": [:],
    "step_count": 1, "created_at": 1, "sequence": 1,
  ]

  /// Sends until the client stops reading, signals, and goes on.
  private static func flood(_ peer: FakePeer, _ stalled: Posix.Semaphore, _ frame: (Int) -> [UInt8]) throws {
    var bytes: [UInt8] = []
    for number in 1...count { bytes += frame(number) }
    let written = try peer.write(bytes, patience: 500)
    guard written < bytes.count / 2 else { throw Failure("\(written) of \(bytes.count) bytes were taken unread") }
    stalled.signal()
    let rest = Array(bytes[written...])
    guard try peer.write(rest) == rest.count else { throw Failure("the client never read on") }
  }

  @Test func `a consumer of logs that falls behind stops the reading, and loses nothing`() async throws {
    let stalled = Posix.Semaphore()
    let fake = try FakeCoordinator { peer in
      try peer.greet()
      let request = try peer.expect("logs/read")
      try Self.flood(peer, stalled) { Self.log(request["id"], $0) }
      try peer.answer(request, ["lines": []])
      while try peer.receive() != nil {}
    }
    let client = try await fake.connect()
    var lines = client.logs(follow: true).makeAsyncIterator()
    _ = try await lines.next()
    await waiting { stalled.wait() }
    var expected = 2
    while let line = try await lines.next() {
      guard line.text.hasPrefix("\(expected) ") else { throw Failure("'\(line.text)' where \(expected) is due") }
      expected += 1
    }
    #expect(expected == Self.count + 1)
    client.close()
    try fake.finish()
  }

  @Test func `a consumer of events that falls behind stops the reading, and loses nothing`() async throws {
    let stalled = Posix.Semaphore()
    let fake = try FakeCoordinator { peer in
      try peer.greet()
      let request = try peer.expect("job/events")
      guard request["params"]?["after"] == 7, request["params"]?["follow"] == true else { throw Failure("\(request)") }
      try Self.flood(peer, stalled) { Self.event(request["id"], $0) }
      try peer.answer(request, ["job": Self.job, "events": []])
      while try peer.receive() != nil {}
    }
    let client = try await fake.connect()
    let stream = client.follow(job: "j", after: 7)
    var events = stream.makeAsyncIterator()
    #expect(try await events.next()?.number == 1)
    #expect(stream.job == nil)
    await waiting { stalled.wait() }
    var last: Int64 = 1
    while let event = try await events.next() {
      guard event.number == last + 1 else { throw Failure("\(event.number) after \(last)") }
      last = event.number
    }
    #expect(last == Int64(Self.count))
    #expect(stream.job?.state == "succeeded")
    client.close()
    try fake.finish()
  }

  @Test func `a stream that is dropped while nothing is read lets others be answered`() async throws {
    let stalled = Posix.Semaphore()
    let fake = try FakeCoordinator { peer in
      try peer.greet()
      let request = try peer.expect("logs/read")
      try Self.flood(peer, stalled) { Self.log(request["id"], $0) }
      while let message = try peer.receive() {
        switch message["method"]?.stringValue {
        case "cancel": try peer.refuse(request, 4001, "cancelled", "stopped because the caller asked")
        case "workers/list": try peer.answer(message, ["workers": []])
        default: throw Failure("\(message)")
        }
      }
    }
    let client = try await fake.connect()
    var stream: LogStream? = client.logs(follow: true)
    await waiting { stalled.wait() }
    #expect(stream != nil)
    stream = nil
    #expect(try await client.workers() == [])
    client.close()
    try fake.finish()
  }

  @Test func `a cancelled consumer is sent to its end`() async throws {
    let fake = try FakeCoordinator { peer in
      try peer.greet()
      let request = try peer.expect("job/events")
      try peer.write(Self.event(request["id"], 1))
      _ = try peer.expect("cancel")
      try peer.refuse(request, 4001, "cancelled", "stopped because the caller asked")
      while try peer.receive() != nil {}
    }
    let client = try await fake.connect()
    let first = Posix.Semaphore()
    let task = Task(executorPreference: OwnThread.current) { () -> Int in
      var count = 0
      for try await _ in client.follow(job: "j") {
        count += 1
        first.signal()
      }
      return count
    }
    await waiting { first.wait() }
    task.cancel()
    #expect(try await task.value == 1)
    client.close()
    try fake.finish()
  }

  @Test func `an error ends a stream with what it says`() async throws {
    let fake = try FakeCoordinator { peer in
      try peer.greet()
      try peer.refuse(peer.expect("job/events"), 4016, "not_found", "there is no job 'j'")
      while try peer.receive() != nil {}
    }
    let client = try await fake.connect()
    do throws(ClientError) {
      var events = client.follow(job: "j").makeAsyncIterator()
      _ = try await events.next()
      Issue.record("there was an event")
    } catch {
      #expect(error.code.rawValue == "not_found")
    }
    client.close()
    try fake.finish()
  }
}
