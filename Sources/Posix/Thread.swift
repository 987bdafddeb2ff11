internal import CLinux
internal import Glibc

/// Starts a detached thread that runs `body` once. All signals are blocked in it; the process handles them elsewhere.
package func startThread(_ name: String, stackBytes: Int = 1 << 20, _ body: @escaping @Sendable () -> Void) {
  pthread_detach(makeThread(name, stackBytes, body))
}

/// A thread whose end somebody waits for.
package struct JoinableThread: Sendable {
  private let thread: pthread_t

  package init(_ name: String, stackBytes: Int = 1 << 20, _ body: @escaping @Sendable () -> Void) {
    thread = makeThread(name, stackBytes, body)
  }

  /// To be called once.
  package func join() { pthread_join(thread, nil) }
}

private func makeThread(_ name: String, _ stackBytes: Int, _ body: @escaping @Sendable () -> Void) -> pthread_t {
  final class Box {
    let name: String
    let body: @Sendable () -> Void
    init(_ name: String, _ body: @escaping @Sendable () -> Void) { (self.name, self.body) = (name, body) }
  }
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  pthread_attr_setstacksize(&attributes, stackBytes)
  var all = sigset_t()
  var before = sigset_t()
  sigfillset(&all)
  pthread_sigmask(SIG_BLOCK, &all, &before)
  let box = Unmanaged.passRetained(Box(name, body))
  var thread = pthread_t()
  let status = pthread_create(
    &thread,
    &attributes,
    { argument in
      let box = Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue()
      pthread_setname_np(pthread_self(), String(box.name.prefix(15)))
      box.body()
      return nil
    },
    box.toOpaque()
  )
  pthread_sigmask(SIG_SETMASK, &before, nil)
  pthread_attr_destroy(&attributes)
  precondition(status == 0, "pthread_create: \(errnoMessage(status))")
  return thread
}
