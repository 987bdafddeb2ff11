import Foundation
import JSON
import Synchronization
import Testing

@testable import Posix
@testable import Transport
@testable import Wire

/// A loop on a thread of its own.
final class LoopThread: Sendable {
  let loop: EventLoop
  private let ended = DispatchSemaphore(value: 0)

  init() throws {
    loop = try EventLoop()
    Thread.detachNewThread { [loop, ended] in
      loop.run()
      ended.signal()
    }
  }

  /// Runs `work` on the loop and waits for it, at most ten seconds.
  func perform(_ work: @escaping @Sendable () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) {
    let done = DispatchSemaphore(value: 0)
    loop.submit {
      #expect(throws: Never.self, sourceLocation: sourceLocation) { try work() }
      done.signal()
    }
    #expect(done.wait(timeout: .now() + 10) == .success, "the loop is stuck", sourceLocation: sourceLocation)
  }

  func stop() {
    loop.stop()
    #expect(ended.wait(timeout: .now() + 10) == .success, "the loop does not stop")
  }
}

/// What lives on a loop, for the closures that run there.
///
/// Safety: `value` is made, used and dropped on one loop's thread only; the box is handed around, its content is not.
private final class OnLoop<T>: @unchecked Sendable {
  var value: T?
}

@Suite struct ThreadTests {
  @Test(arguments: Medium.allCases)
  func `two loops on two threads talk, fed by two more threads`(medium: Medium) throws {
    let near = try LoopThread()
    let far = try LoopThread()
    let descriptors = OnLoop<(near: Ends, far: Ends)>()
    descriptors.value = try medium.make()
    let coordinator = OnLoop<(Connection, Recorder)>()
    let worker = OnLoop<(Connection, Recorder)>()
    far.perform {
      let recorder = Recorder()
      let ends = try #require(descriptors.value?.far)
      worker.value = (try ends.connect(far.loop, PhaseGate(.worker, receiver: .peer), recorder), recorder)
    }
    near.perform {
      let recorder = Recorder()
      let ends = try #require(descriptors.value?.near)
      coordinator.value = (try ends.connect(near.loop, PhaseGate(.worker, receiver: .coordinator), recorder), recorder)
    }
    let sum = Atomic<Int>(0)
    let done = DispatchSemaphore(value: 0)
    let count = 5000
    for half in 0..<2 {
      Thread.detachNewThread {
        let inFlight = DispatchSemaphore(value: 200)
        for i in 0..<count {
          if inFlight.wait(timeout: .now() + 10) == .timedOut { return }
          near.loop.submit {
            coordinator.value?.0.request(invocation(.integer(Int64(i)))) { result in
              if case .success(let result) = result, let value = result.output.integerValue {
                sum.wrappingAdd(Int(value) + 1, ordering: .relaxed)
              }
              inFlight.signal()
              if i == count - 1 { done.signal() }
            }
          }
        }
        _ = half
      }
    }
    for _ in 0..<2 { #expect(done.wait(timeout: .now() + 30) == .success) }
    #expect(sum.load(ordering: .relaxed) == count * (count + 1))
    near.perform {
      coordinator.value?.0.close(because: nil)
      #expect(coordinator.value?.1.closes.count == 1)
      coordinator.value = nil
    }
    // The worker's side sees the end by itself.
    let seen = DispatchSemaphore(value: 0)
    far.perform {
      if worker.value?.0.isClosed == true { seen.signal() } else { worker.value?.1.onClose = { _ in seen.signal() } }
    }
    #expect(seen.wait(timeout: .now() + 10) == .success)
    far.perform { worker.value = nil }
    near.stop()
    far.stop()
  }

  @Test func `a close raced by replies from another thread answers each request once`() throws {
    let far = try LoopThread()
    for round in 0..<100 {
      let near = try LoopThread()
      let descriptors = OnLoop<(near: Ends, far: Ends)>()
      descriptors.value = try (round % 2 == 0 ? Medium.pipes : .socket).make()
      let worker = OnLoop<(Connection, Recorder)>()
      far.perform {
        let recorder = Recorder()
        let ends = try #require(descriptors.value?.far)
        worker.value = (try ends.connect(far.loop, PhaseGate(.worker, receiver: .peer), recorder), recorder)
      }
      let answers = Guarded([Int](repeating: 0, count: 64))
      let coordinator = OnLoop<(Connection, Recorder)>()
      near.perform {
        let recorder = Recorder()
        let ends = try #require(descriptors.value?.near)
        let connection = try ends.connect(near.loop, PhaseGate(.worker, receiver: .coordinator), recorder)
        coordinator.value = (connection, recorder)
        for i in 0..<64 { connection.request(invocation()) { _ in answers.withLock { $0[i] += 1 } } }
      }
      // From this thread, while the replies are on their way.
      if round % 3 == 0 { far.perform { worker.value?.0.close(because: nil) } }
      near.perform { coordinator.value?.0.close(because: nil) }
      #expect(answers.withLock { $0 } == [Int](repeating: 1, count: 64))
      near.perform {
        #expect(coordinator.value?.1.closes.count == 1)
        coordinator.value = nil
      }
      near.stop()
      far.perform {
        worker.value?.0.close(because: nil)
        worker.value = nil
      }
    }
    far.stop()
  }
}
