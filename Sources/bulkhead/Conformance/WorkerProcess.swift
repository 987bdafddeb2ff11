internal import Glibc
internal import JSON
internal import Posix
internal import Wire

/// A worker under examination: its process, and the raw bytes that it exchanges. Used from one thread, which it blocks.
final class WorkerProcess {
  enum Event {
    case message(Envelope)
    /// Bytes that are no frame, or a frame that is no message; nothing after them is read.
    case violation(WireError, bytes: [UInt8])
    case endOfOutput
    case silence
  }

  private var input: Descriptor?
  private let output: Descriptor
  private let errors: Descriptor
  private let pidfd: Descriptor
  private let pid: Int32
  private var decoder = FrameDecoder()
  /// What was read since the last whole frame, to show it.
  private var recent: [UInt8] = []
  private var hasEnded = false
  private var hasClosedErrors = false
  private(set) var exit: ProcessExit?
  /// The end of what it wrote to standard error.
  private(set) var words: [UInt8] = []
  /// The first thing on standard output that was not a message.
  private(set) var firstViolation: (error: WireError, bytes: [UInt8])?

  init(_ plan: SpawnPlan) throws(PosixError) {
    var toChild = try DescriptorPair.pipe()
    var fromChild = try DescriptorPair.pipe()
    var errorPipe = try DescriptorPair.pipe()
    let childInput = toChild.takeFirst()
    let childOutput = fromChild.takeSecond()
    let childErrors = errorPipe.takeSecond()
    let input = toChild.takeSecond()
    output = fromChild.takeFirst()
    errors = errorPipe.takeFirst()
    try input.setNonBlocking()
    try output.setNonBlocking()
    try errors.setNonBlocking()
    let child = try plan.spawn(descriptors: [childInput.raw, childOutput.raw, childErrors.raw])
    pid = child.pid
    pidfd = child.takePidfd()
    self.input = consume input
  }

  deinit { kill() }

  /// Ends it and all that it started, and learns its exit.
  func kill() {
    Glibc.kill(-pid, SIGKILL)
    if exit == nil { ChildProcess.signal(pidfd: pidfd.raw, SIGKILL) }
    _ = waitForExit(milliseconds: 5000)
  }

  func closeInput() { input = nil }

  // MARK: Sending

  func send(_ frame: Frame, within milliseconds: Int64 = 10_000) -> String? { send(frame.bytes, within: milliseconds) }

  /// nil when all was written. Reads meanwhile, so that neither side waits for the other's pipe.
  func send(_ bytes: [UInt8], within milliseconds: Int64 = 10_000) -> String? {
    let end = BootTime.now + Milliseconds(milliseconds)
    var offset = 0
    while offset < bytes.count {
      guard let raw = input?.raw else { return "its input is closed" }
      let from = offset
      let count = bytes.withUnsafeBytes { write(raw, $0.baseAddress! + from, $0.count - from) }
      if count >= 0 {
        offset += count
      } else if errno == EAGAIN {
        if BootTime.now >= end { return "it read only \(offset) of \(bytes.count) bytes within \(milliseconds) ms" }
        wait(for: 20, writing: raw)
        drain()
      } else if errno != EINTR {
        return "it does not read its input (\(errnoMessage(errno)))"
      }
    }
    return nil
  }

  // MARK: Receiving

  /// The next thing on its standard output.
  func next(within milliseconds: Int64) -> Event {
    let end = BootTime.now + Milliseconds(milliseconds)
    while true {
      if let firstViolation { return .violation(firstViolation.error, bytes: firstViolation.bytes) }
      do throws(WireError) {
        let envelope = try decoder.next { payload throws(WireError) in try Envelope(payload: payload) }
        if let envelope {
          recent = Array(recent.suffix(decoder.pendingBytes))
          return .message(envelope)
        }
        if hasEnded {
          try decoder.finish()
          return .endOfOutput
        }
      } catch {
        firstViolation = (error, Array(recent.prefix(64)))
        continue
      }
      if drain() { continue }
      if hasEnded { continue }
      let left = end.milliseconds(since: .now)
      if left == 0 { return .silence }
      wait(for: left, writing: nil)
    }
  }

  /// Reads what is there; whether anything was.
  @discardableResult
  private func drain() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var progressed = false
    if !hasEnded {
      let count = buffer.withUnsafeMutableBytes { read(output.raw, $0.baseAddress, $0.count) }
      if count > 0 {
        if recent.count < 1 << 10 { recent += buffer[..<min(count, 1 << 10)] }
        buffer.withUnsafeBytes { decoder.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        progressed = true
      } else if count == 0 || errno != EAGAIN && errno != EINTR {
        hasEnded = true
      }
    }
    if !hasClosedErrors {
      let count = buffer.withUnsafeMutableBytes { read(errors.raw, $0.baseAddress, $0.count) }
      if count > 0 {
        words = Array((words + buffer[..<count]).suffix(4096))
      } else if count == 0 || errno != EAGAIN && errno != EINTR {
        hasClosedErrors = true
      }
    }
    return progressed
  }

  private func wait(for milliseconds: Int64, writing: Int32?) {
    var watched = [pollfd(fd: pidfd.raw, events: 0, revents: 0)]
    if !hasEnded { watched.append(pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0)) }
    if !hasClosedErrors { watched.append(pollfd(fd: errors.raw, events: Int16(POLLIN), revents: 0)) }
    if let writing { watched.append(pollfd(fd: writing, events: Int16(POLLOUT), revents: 0)) }
    poll(&watched, nfds_t(watched.count), Int32(min(milliseconds, 60_000)))
  }

  // MARK: Ending

  /// nil when it still runs. What it had written is read before its exit is told.
  func waitForExit(milliseconds: Int64) -> ProcessExit? {
    let end = BootTime.now + Milliseconds(milliseconds)
    while exit == nil {
      do throws(PosixError) {
        exit = try ChildProcess.reap(pidfd: pidfd.raw)
      } catch {
        return nil
      }
      if exit != nil { break }
      let left = end.milliseconds(since: .now)
      if left == 0 { return nil }
      drain()
      var watched = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
      poll(&watched, 1, Int32(min(left, 20)))
    }
    while drain() {}
    return exit
  }

  /// The last lines of its standard error.
  var lastWords: [String] {
    String(decoding: words, as: UTF8.self).split(separator: "\n").suffix(5).map(String.init)
  }
}

/// Bytes as people read them: hexadecimal, then the printable ones.
func shownBytes(_ bytes: [UInt8]) -> String {
  let shown = bytes.prefix(16)
  let hex = shown.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  let text = shown.map { (0x20..<0x7F).contains($0) ? String(UnicodeScalar($0)) : "." }.joined()
  return "\(hex)\(bytes.count > 16 ? " …" : "") |\(text)|"
}
