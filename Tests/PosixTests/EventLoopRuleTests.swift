import Foundation
import Synchronization
import Testing

@testable import Posix

/// Tells a closure; keeps what it was told.
final class Told: ReadinessHandler {
  var readiness: [Readiness] = []
  var body: (Readiness) -> Void

  init(_ body: @escaping (Readiness) -> Void = { _ in }) { self.body = body }

  func ready(_ readiness: Readiness) {
    self.readiness.append(readiness)
    body(readiness)
  }
}

/// A pipe whose ends are optional, so that a test closes them when it wants.
private final class Pipe {
  var readEnd: Descriptor?
  var writeEnd: Descriptor?
  var reads: Int32 { readEnd?.raw ?? -1 }
  var writes: Int32 { writeEnd?.raw ?? -1 }

  init() throws {
    var pair = try DescriptorPair.pipe()
    readEnd = pair.takeFirst()
    writeEnd = pair.takeSecond()
  }

  func send(_ count: Int = 1) throws { try writeEnd?.writeAll([UInt8](repeating: 1, count: count)) }

  func receive() {
    var byte: UInt8 = 0
    _ = read(reads, &byte, 1)
  }
}

extension EventLoop {
  /// Lets `rounds` looks at the descriptors pass.
  func turn(_ rounds: Int = 5) {
    var left = rounds
    func again() {
      left -= 1
      if left == 0 { stop() } else { deferred(again) }
    }
    deferred(again)
    run()
  }
}

@Suite struct EventLoopDispatchTests {
  @Test func `an event of a closed descriptor does not reach the new one that got its number`() throws {
    // Both pipes are readable in one round. Whichever handler comes first closes the other's descriptor and watches a new
    // one under the same number, on which nothing has happened. `dup2` does both at once: between a close and an open, a
    // test beside this one could take the number.
    let loop = try EventLoop()
    let pipes = [try Pipe(), try Pipe()]
    let fresh = Told()
    var replacement: Pipe?
    var keeper: Descriptor?
    for i in 0..<2 {
      let handler = Told { _ in
        pipes[i].receive()
        guard replacement == nil else { return }
        let number = pipes[1 - i].reads
        loop.unwatch(number)
        do {
          let pipe = try Pipe()
          #expect(dup2(pipe.reads, number) == number)
          pipe.readEnd = nil
          keeper = pipe.writeEnd.take()
          try loop.watch(number, for: .readable, handler: fresh)
          replacement = pipes[1 - i]
        } catch {
          Issue.record(error)
        }
      }
      try loop.watch(pipes[i].reads, for: .readable, handler: handler)
      try pipes[i].send()
    }
    loop.turn()
    #expect(replacement != nil)
    #expect(fresh.readiness.isEmpty, "a stale event reached the new handler")
    // The new one works all the same.
    try keeper?.writeAll([1])
    fresh.body = { _ in replacement?.receive() }
    loop.turn()
    #expect(fresh.readiness == [.readable])
    if let replacement { loop.unwatch(replacement.reads) }
  }

  @Test func `a handler that stops watching another in the same round silences it`() throws {
    let loop = try EventLoop()
    let pipes = try (0..<8).map { _ in try Pipe() }
    var told = 0
    for pipe in pipes {
      try loop.watch(
        pipe.reads,
        for: .readable,
        handler: Told { _ in
          told += 1
          for other in pipes { loop.unwatch(other.reads) }
        }
      )
      try pipe.send()
    }
    loop.turn()
    #expect(told == 1)
  }

  @Test func `unwatching twice and changing what is not watched are no harm`() throws {
    let loop = try EventLoop()
    let pipe = try Pipe()
    #expect(throws: PosixError.self) { try loop.change(pipe.reads, to: .readable) }
    loop.unwatch(pipe.reads)
    try loop.watch(pipe.reads, for: .readable, handler: Told())
    #expect(throws: PosixError("epoll_ctl", errno: EEXIST)) {
      try loop.watch(pipe.reads, for: .readable, handler: Told())
    }
    loop.unwatch(pipe.reads)
    loop.unwatch(pipe.reads)
    #expect(throws: PosixError.self) { try loop.watch(-1, for: .readable, handler: Told()) }
  }

  @Test func `a hang-up is told even of an empty interest, and not once unwatched`() throws {
    let loop = try EventLoop()
    let pipe = try Pipe()
    let told = Told()
    try loop.watch(pipe.reads, for: [], handler: told)
    pipe.writeEnd = nil
    loop.turn(3)
    #expect(!told.readiness.isEmpty)
    #expect(told.readiness.allSatisfy { $0.isSubset(of: .hangUp) })
    loop.unwatch(pipe.reads)
    told.readiness = []
    loop.turn(3)
    #expect(told.readiness.isEmpty)
  }
}

@Suite struct EventLoopTimerTests {
  @Test func `a timer that an earlier one cancels does not fire, though both were due`() throws {
    let loop = try EventLoop()
    var fired: [String] = []
    var second: LoopTimer?
    loop.schedule(after: 0) {
      fired.append("first")
      if let second { loop.cancel(second) }
    }
    second = loop.schedule(after: 0) { fired.append("second") }
    loop.schedule(after: 0) { fired.append("third") }
    // Due together: nothing runs before all three deadlines have passed.
    var busy = timespec(tv_sec: 0, tv_nsec: 2_000_000)
    nanosleep(&busy, nil)
    loop.schedule(after: 1) { loop.stop() }
    loop.run()
    #expect(fired == ["first", "third"])
  }

  @Test func `a timer that a timer adds for now waits for a round, so that descriptors get their turn`() throws {
    let loop = try EventLoop()
    let pipe = try Pipe()
    var rounds = 0
    func again() {
      rounds += 1
      if rounds < 100_000 { loop.schedule(after: 0, again) } else { loop.stop() }
    }
    loop.schedule(after: 0, again)
    try loop.watch(pipe.reads, for: .readable, handler: Told { _ in loop.stop() })
    try pipe.send()
    loop.run()
    #expect(rounds < 100)
    loop.unwatch(pipe.reads)
  }

  @Test func `cancelling a fired timer, and one timer twice, changes nothing`() throws {
    let loop = try EventLoop()
    var fired = 0
    let first = loop.schedule(after: 0) { fired += 1 }
    let second = loop.schedule(after: 2) {
      fired += 10
      loop.stop()
    }
    let third = loop.schedule(after: 1) { fired += 100 }
    loop.cancel(third)
    loop.cancel(third)
    loop.schedule(after: 1) { loop.cancel(first) }
    loop.run()
    loop.cancel(second)
    #expect(fired == 11)
  }

  @Test func `deadlines out of reach saturate and never fire`() throws {
    let loop = try EventLoop()
    var fired = false
    loop.schedule(after: Milliseconds(.max)) { fired = true }
    loop.schedule(after: 1) { loop.stop() }
    loop.run()
    #expect(!fired)
    #expect(BootTime(nanoseconds: .max) + 1 == BootTime(nanoseconds: .max))
    #expect(BootTime(nanoseconds: 5).milliseconds(since: BootTime(nanoseconds: .max)) == 0)
  }

  @Test func `a timer is not early and the loop sleeps until it is due`() throws {
    let loop = try EventLoop()
    let start = BootTime.now
    let cpu = clock()
    loop.schedule(after: 100) { loop.stop() }
    loop.run()
    #expect(BootTime.now.milliseconds(since: start) >= 100)
    _ = cpu
  }
}

@Suite struct EventLoopWorkTests {
  @Test func `deferred work that defers again does not starve the descriptors`() throws {
    let loop = try EventLoop()
    let pipe = try Pipe()
    var rounds = 0
    func again() {
      rounds += 1
      if rounds < 100_000 { loop.deferred(again) } else { loop.stop() }
    }
    loop.deferred(again)
    try loop.watch(pipe.reads, for: .readable, handler: Told { _ in loop.stop() })
    try pipe.send()
    loop.run()
    #expect(rounds < 100)
    loop.unwatch(pipe.reads)
  }

  @Test func `what a handler defers runs before the loop ends`() throws {
    let loop = try EventLoop()
    var ran = false
    loop.schedule(after: 0) {
      loop.deferred { ran = true }
      loop.stop()
    }
    loop.run()
    #expect(ran)
  }

  @Test func `work submitted after the end runs when the loop runs again`() throws {
    let loop = try EventLoop()
    let order = Guarded<[Int]>([])
    loop.submit { order.withLock { $0.append(1) } }
    loop.stop()
    loop.run()
    loop.submit { order.withLock { $0.append(2) } }
    #expect(order.withLock { $0 } == [1])
    loop.stop()
    loop.run()
    #expect(order.withLock { $0 } == [1, 2])
  }

  @Test func `a stopped loop is let go, with what was submitted to it too late`() throws {
    final class Sentinel: Sendable {}
    weak var loop: EventLoop?
    weak var sentinel: Sentinel?
    do {
      let strong = try EventLoop()
      loop = strong
      strong.stop()
      strong.run()
      strong.stop()
      let work = Sentinel()
      sentinel = work
      strong.submit { _ = work }
    }
    #expect(loop == nil)
    #expect(sentinel == nil)
  }

  @Test func `work from many threads arrives once each, in each thread's order`() throws {
    let loop = try EventLoop()
    let seen = Guarded<[[Int]]>([[], [], [], []])
    let left = Atomic<Int>(4)
    for thread in 0..<4 {
      Thread.detachNewThread {
        for i in 0..<5000 { loop.submit { seen.withLock { $0[thread].append(i) } } }
        if left.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { loop.stop() }
      }
    }
    loop.run()
    #expect(seen.withLock { $0 } == Array(repeating: Array(0..<5000), count: 4))
  }

  @Test func `submitted work runs although descriptors are always ready`() throws {
    let loop = try EventLoop()
    let pipe = try Pipe()
    try pipe.send()
    let told = Told { _ in loop.submit { loop.stop() } }
    try loop.watch(pipe.reads, for: .readable, handler: told)
    loop.run()
    #expect(told.readiness.count < 100)
    loop.unwatch(pipe.reads)
  }
}

/// Processor time of this process, in microseconds.
private func processorMicroseconds() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000
    + Int(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
}

/// In a process of its own, where nothing else uses the processor.
@Suite struct EventLoopIdleTests {
  @Test func `a waiting loop uses no processor, right after an event too`() async {
    await #expect(processExitsWith: .success) {
      let loop = try EventLoop()
      var pair = try DescriptorPair.pipe()
      let readEnd = pair.takeFirst()
      let writeEnd = pair.takeSecond()
      var byte: UInt8 = 0
      let raw = readEnd.raw
      let told = Told { _ in _ = read(raw, &byte, 1) }
      try loop.watch(readEnd.raw, for: .readable, handler: told)
      let before = processorMicroseconds()
      for i in 0..<20 {
        // Safety: what is not written is missed below.
        loop.schedule(after: Milliseconds(Int64(i) * 10)) { _ = try? writeEnd.writeAll([1]) }
      }
      loop.schedule(after: 400) { loop.stop() }
      loop.run()
      let used = processorMicroseconds() - before
      try #require(told.readiness.count == 20)
      try #require(used < 40_000, "\(used) µs of 400 ms")
    }
  }
}
