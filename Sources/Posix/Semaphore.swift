internal import Glibc

/// A counting semaphore between threads of this process.
package final class Semaphore: @unchecked Sendable {
  // Safety: sem_t is made for concurrent use; it is initialised before and destroyed after all of it.
  private let semaphore: UnsafeMutablePointer<sem_t>

  package init() {
    semaphore = .allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  package func signal() { sem_post(semaphore) }

  /// Takes one, waiting for it. Looks for a short while before it sleeps, as `EventLoop` does and for the same reason;
  /// `lingering` is for a thread that has just been busy.
  package func wait(lingering: Bool = false) {
    if lingering {
      let end = BootTime.now.nanoseconds + EventLoop.lingerNanoseconds
      repeat {
        if sem_trywait(semaphore) == 0 { return }
        sched_yield()
      } while BootTime.now.nanoseconds < end
    }
    while sem_wait(semaphore) == -1, errno == EINTR {}
  }
}
