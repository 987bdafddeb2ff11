internal import Posix
internal import Synchronization

/// Threads for tools' functions, started when first needed: at most as many as may run at a time, so a function that
/// blocks holds up nobody.
final class CallExecutor: TaskExecutor, Sendable {
  private struct State {
    var jobs: [UnownedJob] = []
    var threads = 0
    var idle = 0
  }

  private let state = Mutex(State())
  private let limit: Int
  private let available = Semaphore()

  init(threads limit: Int) { self.limit = limit }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let startsThread = state.withLock { state in
      state.jobs.append(job)
      guard state.jobs.count > state.idle, state.threads < limit else { return false }
      state.threads += 1
      return true
    }
    if startsThread { startThread("call", stackBytes: 8 << 20) { self.work() } }
    available.signal()
  }

  private func work() -> Never {
    var wasBusy = false
    while true {
      state.withLock { $0.idle += 1 }
      available.wait(lingering: wasBusy)
      wasBusy = true
      let job = state.withLock { state in
        state.idle -= 1
        return state.jobs.isEmpty ? nil : state.jobs.removeFirst()
      }
      job?.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
