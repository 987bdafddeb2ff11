internal import Glibc
internal import Posix

/// Tells once when a process has ended, by its pidfd.
final class ExitWatch: ReadinessHandler {
  private let pidfd: Descriptor
  private let loop: EventLoop
  private let handler: (ProcessExit) -> Void

  init(_ pidfd: consuming Descriptor, on loop: EventLoop, _ handler: @escaping (ProcessExit) -> Void) throws(PosixError)
  {
    self.loop = loop
    self.handler = handler
    self.pidfd = pidfd
    try loop.watch(self.pidfd.raw, for: .readable, handler: self)
  }

  func ready(_ readiness: Readiness) {
    let exit: ProcessExit
    do throws(PosixError) {
      guard let reaped = try ChildProcess.reap(pidfd: pidfd.raw) else { return }
      exit = reaped
    } catch {
      // Somebody else reaped our child: its status is lost, but not that it ended.
      exit = .code(-1)
    }
    loop.unwatch(pidfd.raw)
    handler(exit)
  }

  func signal(_ number: Int32) { ChildProcess.signal(pidfd: pidfd.raw, number) }
}

/// Reads a worker's standard error line by line.
final class ErrorReader: ReadinessHandler {
  private let descriptor: Descriptor
  private let loop: EventLoop
  private let emit: (String) -> Void
  private var splitter = LineSplitter()
  private var isWatching = true

  /// How much of a dead worker's last words is read at most.
  private static let drainBytes = 1 << 20

  init(_ descriptor: consuming Descriptor, on loop: EventLoop, _ emit: @escaping (String) -> Void) throws(PosixError) {
    self.descriptor = descriptor
    self.loop = loop
    self.emit = emit
    try self.descriptor.setNonBlocking()
    try loop.watch(self.descriptor.raw, for: .readable, handler: self)
  }

  func ready(_ readiness: Readiness) {
    if readOnce() <= 0 { stop() }
  }

  /// Reads what is there now, although a grandchild may still hold the other end, and stops.
  func drain() {
    var total = 0
    while isWatching, total < Self.drainBytes {
      let count = readOnce()
      if count <= 0 { break }
      total += count
    }
    splitter.finish(emit)
    stop()
  }

  /// Bytes read; 0 at the end, −1 on an error or when nothing is there.
  private func readOnce() -> Int {
    loop.withReadBuffer { buffer in
      let count = read(descriptor.raw, buffer.baseAddress, buffer.count)
      if count > 0 { splitter.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]), emit) }
      return count
    }
  }

  private func stop() {
    guard isWatching else { return }
    isWatching = false
    loop.unwatch(descriptor.raw)
  }
}
