import Posix
import Testing

/// A thread on which one test's tasks run. Swift's shared ones are as few as the processors, and tests of other suites
/// that wait for programs hold them for seconds; what has a deadline cannot run there.
final class OwnThread: TaskExecutor, Sendable {
  private let jobs = Guarded<[UnownedJob?]>([])
  private let count = Posix.Semaphore()

  /// Of the test that runs.
  @TaskLocal static var current: OwnThread?

  init() {
    startThread("test") {
      while true {
        self.count.wait()
        guard let job = self.jobs.withLock({ $0.removeFirst() }) else { return }
        job.runSynchronously(on: self.asUnownedTaskExecutor())
      }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    count.signal()
  }

  func stop() {
    jobs.withLock { $0.append(nil) }
    count.signal()
  }
}

/// Runs each test of a suite on a thread of its own.
struct OwnThreadTrait: TestTrait, SuiteTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void)
    async throws
  {
    guard testCase != nil else { return try await body() }
    let thread = OwnThread()
    defer { thread.stop() }
    try await OwnThread.$current.withValue(thread) {
      try await withTaskExecutorPreference(thread) { try await body() }
    }
  }
}

extension Trait where Self == OwnThreadTrait {
  static var ownThread: OwnThreadTrait { OwnThreadTrait() }
}
