internal import Glibc
internal import Posix

/// Tells once when a process has ended, by its pidfd.
final class ExitWatch: ReadinessHandler {
  let process: any WorkerProcess
  private let loop: EventLoop
  private let handler: (ProcessExit) -> Void

  init(
    _ process: any WorkerProcess,
    on loop: EventLoop,
    _ handler: @escaping (ProcessExit) -> Void
  ) throws(PosixError) {
    self.process = process
    self.loop = loop
    self.handler = handler
    try loop.watch(process.exitDescriptor, for: .readable, handler: self)
  }

  func ready(_ readiness: Readiness) {
    guard let exit = process.reap() else { return }
    loop.unwatch(process.exitDescriptor)
    handler(exit)
  }
}

/// Reads a worker's standard error line by line. One that talks faster than `bytesPerTurn` and `linesPerTurn` each `turn`
/// is made to wait on its full pipe, so that it does not keep the loop from serving others.
final class ErrorReader: ReadinessHandler {
  private let descriptor: Descriptor
  private let loop: EventLoop
  private let emit: (String) -> Void
  private var splitter = LineSplitter()
  private var isWatching = true
  private var isOver = false
  private var bytes = 0
  private var lines = 0
  private var pause: LoopTimer?

  private static let turn: Milliseconds = 20
  private static let bytesPerTurn = 1 << 18
  private static let linesPerTurn = 500
  /// In one read: what a line of one byte each makes of it is still served in a millisecond.
  private static let readBytes = 1 << 13

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
    let count = readOnce()
    if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR {
      isOver = true
      unwatch()
    } else if bytes >= Self.bytesPerTurn || lines >= Self.linesPerTurn {
      unwatch()
    }
    if pause == nil, count > 0 { pause = loop.schedule(after: Self.turn) { [weak self] in self?.beginTurn() } }
  }

  private func beginTurn() {
    pause = nil
    bytes = 0
    lines = 0
    guard !isWatching, !isOver else { return }
    do throws(PosixError) {
      try loop.watch(descriptor.raw, for: .readable, handler: self)
      isWatching = true
    } catch {
      emit("standard error cannot be read any more: \(error)")
      isOver = true
    }
  }

  /// Reads what is there now, although a grandchild may still hold the other end, and stops.
  func drain() {
    var total = 0
    while !isOver, total < Self.drainBytes {
      let count = readOnce()
      if count <= 0 { break }
      total += count
    }
    splitter.finish(emit)
    isOver = true
    unwatch()
    if let pause { loop.cancel(pause) }
  }

  /// Bytes read; 0 at the end, −1 on an error or when nothing is there.
  private func readOnce() -> Int {
    loop.withReadBuffer { buffer in
      let count = read(descriptor.raw, buffer.baseAddress, min(buffer.count, Self.readBytes))
      guard count > 0 else { return count }
      bytes += count
      splitter.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])) {
        lines += 1
        emit($0)
      }
      return count
    }
  }

  private func unwatch() {
    guard isWatching else { return }
    isWatching = false
    loop.unwatch(descriptor.raw)
  }
}
