import Glibc
import Synchronization
import Testing

@testable import Posix

/// Runs a loop on a thread of its own until `stop`.
private func withLoop(_ body: (EventLoop) throws -> Void) throws {
  let loop = try EventLoop()
  try body(loop)
  loop.run()
}

@Suite struct EventLoopTests {
  @Test func `work runs in the order of submission`() throws {
    try withLoop { loop in
      let order = Guarded<[Int]>([])
      for i in 0..<1000 { loop.submit { order.withLock { $0.append(i) } } }
      loop.submit {
        #expect(order.withLock { $0 } == Array(0..<1000))
        loop.stop()
      }
    }
  }

  @Test func `timers fire in the order of their deadlines and not when cancelled`() throws {
    var fired: [String] = []
    try withLoop { loop in
      loop.schedule(after: 20) {
        fired.append("twenty")
        loop.stop()
      }
      let cancelled = loop.schedule(after: 10) { fired.append("cancelled") }
      loop.schedule(after: 5) {
        fired.append("five")
        loop.cancel(cancelled)
      }
      loop.schedule(after: 0) { fired.append("zero") }
    }
    #expect(fired == ["zero", "five", "twenty"])
  }

  @Test func `the timer heap stays ordered under random insertion and removal`() throws {
    var random = SystemRandomNumberGenerator()
    var queue = TimerQueue()
    var live: [LoopTimer] = []
    var removed = 0
    for _ in 0..<5000 {
      if Bool.random(using: &random) || live.isEmpty {
        live.append(queue.add(at: BootTime(nanoseconds: .random(in: 0..<1_000_000)), {}))
      } else {
        queue.remove(live.remove(at: .random(in: live.indices)))
        removed += 1
      }
    }
    var last = 0
    for deadline in stride(from: 0, through: 1_000_000, by: 1000) {
      last += queue.takeDue(now: BootTime(nanoseconds: Int64(deadline))).count
    }
    #expect(last == 5000 - removed - removed)
    #expect(queue.isEmpty)
  }

  @Test func `a handler is told of bytes and of the end`() throws {
    final class Reader: ReadinessHandler {
      let descriptor: Int32
      let loop: EventLoop
      var seen: [UInt8] = []
      init(_ descriptor: Int32, _ loop: EventLoop) { (self.descriptor, self.loop) = (descriptor, loop) }
      func ready(_ readiness: Readiness) {
        var byte: UInt8 = 0
        if read(descriptor, &byte, 1) == 1 {
          seen.append(byte)
        } else {
          loop.unwatch(descriptor)
          loop.stop()
        }
      }
    }
    var pipe = try DescriptorPair.pipe()
    let readEnd = pipe.takeFirst()
    let writeEnd = pipe.takeSecond()
    try writeEnd.writeAll([1, 2, 3])
    _ = consume writeEnd
    let loop = try EventLoop()
    let reader = Reader(readEnd.raw, loop)
    try loop.watch(readEnd.raw, for: .readable, handler: reader)
    loop.run()
    #expect(reader.seen == [1, 2, 3])
  }
}
