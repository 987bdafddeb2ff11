internal import Glibc

/// A value that several threads share, reached only under a lock.
///
/// A pthread mutex and not `Synchronization.Mutex`: the thread sanitizer knows the former and takes every contended use
/// of the latter for a race (Swift 6.3 on Linux: four threads that count in one `Mutex` show it).
///
/// Safety: `value` is touched in `withLock` alone, by whoever holds `mutex`; the mutex stays where it was initialised.
package final class Guarded<Value>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  package init(_ value: sending Value) {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    self.value = value
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func withLock<R, E: Error>(_ body: (inout sending Value) throws(E) -> sending R) throws(E) -> sending R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
