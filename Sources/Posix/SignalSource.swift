internal import CLinux
internal import Glibc

/// Delivers signals as events of a loop. Make it before any thread starts, so that every thread inherits the mask.
package final class SignalSource: ReadinessHandler {
  private let descriptor: Descriptor
  private let loop: EventLoop
  private let handler: (Int32) -> Void

  package init(_ signals: [Int32], on loop: EventLoop, handler: @escaping (Int32) -> Void) throws(PosixError) {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in signals { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    descriptor = Descriptor(
      owning: try posix("signalfd") { signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK)) }
    )
    self.loop = loop
    self.handler = handler
    try loop.watch(descriptor.raw, for: .readable, handler: self)
  }

  package func ready(_ readiness: Readiness) {
    var info = signalfd_siginfo()
    while read(descriptor.raw, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
      handler(Int32(info.ssi_signo))
    }
  }

  package func cancel() { loop.unwatch(descriptor.raw) }
}

/// Writing to a pipe that nobody reads is an error to handle, not a reason to die.
package func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
