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

  package func wait() {
    while sem_wait(semaphore) == -1, errno == EINTR {}
  }
}
