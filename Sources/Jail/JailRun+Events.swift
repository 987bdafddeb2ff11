internal import CJailPolicy
internal import CLinux
internal import Glibc
package import Posix

// What `advance` does for each source of events.
extension JailRun {
  // MARK: Status messages

  func readStatus() {
    let watched = process.statusDescriptor
    process.readStatus()
    if let raw = process.listener.take() { startListening(raw.release()) }
    if let proxy = process.proxy.take() { onProxy?(proxy) }
    // Closed on both sides, it has left the epoll set by itself; the exit is next.
    if watched != nil, process.statusDescriptor == nil, endedBy == nil { endedBy = process.endedBy }
  }

  // MARK: Refused calls

  func startListening(_ raw: Int32) {
    listener = DenialListener(owning: raw)
    do { try watch(raw, .listener, .readable) } catch { listener = nil }
  }

  func answerDenials() {
    guard let raw = listener?.descriptor.raw else { return }
    for _ in 0..<64 {
      var waiting = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 0) == 1 else { return }
      // Hung up: no process uses the filter any more. What was seen is kept until the result.
      guard waiting.revents & Int16(POLLIN) != 0 else { return unwatch(raw) }
      guard listener?.answerOne() == true else { return }
      if listener?.isThrottled == true {
        unwatch(raw)
        isListenerPaused = true
        setTimer()
        return
      }
    }
  }

  // MARK: Output and input

  func readOutput(_ stream: Stream) {
    let raw = stream == .output ? output?.raw : errorOutput?.raw
    guard let raw else { return }
    // Not until it is empty: a flood must not keep the other sources waiting.
    for _ in 0..<16 {
      let (bytes, error) = Self.piece(raw)
      if error == EINTR { continue }
      if error == EAGAIN { return }
      if bytes.isEmpty { return closeOutput(stream) }
      keep(bytes[...], stream)
      if bytes.count < Self.pieceBytes { return }
    }
  }

  private static let pieceBytes = 65536

  /// What is in a pipe, empty at its end; or why there is nothing.
  private static func piece(_ raw: Int32) -> (bytes: [UInt8], error: Int32) {
    var error: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: pieceBytes) { buffer, count in
      let result = read(raw, buffer.baseAddress, pieceBytes)
      if result < 0 { error = errno }
      count = max(0, result)
    }
    return (bytes, error)
  }

  private func keep(_ bytes: ArraySlice<UInt8>, _ stream: Stream) {
    let held = stream == .output ? result.output.bytes.count : result.errorOutput.bytes.count
    let room = max(0, limits.outputBytes - held)
    let kept = bytes.prefix(room)
    if !kept.isEmpty { onOutput?(stream, kept) }
    switch stream {
    case .output: result.output.bytes += kept
    case .error: result.errorOutput.bytes += kept
    }
    guard kept.count < bytes.count else { return }
    switch stream {
    case .output: result.output.isTruncated = true
    case .error: result.errorOutput.isTruncated = true
    }
    if result.limitsHit.insert(.output).inserted { end(.outputLimit) }
  }

  private func closeOutput(_ stream: Stream) {
    switch stream {
    case .output:
      if let raw = output?.raw { unwatch(raw) }
      output = nil
    case .error:
      if let raw = errorOutput?.raw { unwatch(raw) }
      errorOutput = nil
    }
  }

  func writeInput() {
    guard let raw = input?.raw, send(&inputBytes, to: raw) != .later else { return }
    unwatch(raw)
    input = nil
  }

  func writeRequest() {
    guard let raw = request?.raw else { return }
    let sent = send(&requestBytes, to: raw)
    if sent == .later { return }
    requestWasLost = sent == .refused
    if requestIsWatched { unwatch(raw) }
    requestIsWatched = false
    // Open, it says that the result has not been taken yet, and how much of the request was never read.
    if announcedExit == nil { request = nil }
  }

  private enum Sent {
    case all, later, refused
  }

  private func send(_ bytes: inout ArraySlice<UInt8>, to raw: Int32) -> Sent {
    // A program that closed its input must not end us by SIGPIPE, whatever the process has set.
    var pipe = sigset_t()
    var before = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    let count = bytes.prefix(65536).withUnsafeBytes { write(raw, $0.baseAddress, $0.count) }
    let failure = errno
    if count < 0, failure == EPIPE {
      var none = timespec()
      sigtimedwait(&pipe, nil, &none)
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    if count < 0, failure == EAGAIN || failure == EINTR { return .later }
    bytes = count < 0 ? [] : bytes.dropFirst(count)
    return count < 0 ? .refused : bytes.isEmpty ? .all : .later
  }

  /// Past its limit the reply is read and dropped, so that the program is not held up.
  func readReply() {
    guard let raw = replyEnd?.raw else { return }
    for _ in 0..<16 {
      let (bytes, error) = Self.piece(raw)
      if error == EINTR { continue }
      if error == EAGAIN { return }
      if bytes.isEmpty {
        unwatchReply()
        replyEnd = nil
        return
      }
      let kept = bytes.prefix(max(0, replyLimit - reply.bytes.count))
      reply.bytes += kept
      if kept.count < bytes.count { reply.isTruncated = true }
      if bytes.count < Self.pieceBytes { return }
    }
  }

  // MARK: Time

  func setTimer() {
    var due = backstop.map(\.nanoseconds)
    if let killAt { due = killAt.nanoseconds }
    if let lookAt { due = min(due ?? .max, lookAt.nanoseconds) }
    if isListenerPaused { due = min(due ?? .max, BootTime.now.nanoseconds + 1_000_000) }
    guard let due else { return }
    var value = itimerspec()
    value.it_value.tv_sec = Int(due / 1_000_000_000)
    value.it_value.tv_nsec = Int(due % 1_000_000_000)
    timerfd_settime(timer.raw, Int32(TFD_TIMER_ABSTIME), &value, nil)
  }

  func timerFired() {
    var count: UInt64 = 0
    _ = read(timer.raw, &count, 8)
    if isListenerPaused, let raw = listener?.descriptor.raw {
      isListenerPaused = false
      do { try watch(raw, .listener, .readable) } catch { listener = nil }
    }
    if let lookAt, lookAt <= .now { look() }
    if let killAt {
      if killAt < .now { process.kill() } else { setTimer() }
    } else if let backstop, backstop < .now {
      result.limitsHit.insert(.wall)
      end(.timeout)
    } else {
      setTimer()
    }
  }

  // MARK: End

  func end(_ reason: JailReason) {
    guard endedBy == nil else { return }
    endedBy = process.endedBy ?? reason
    process.end()
    killAt = BootTime.now + 1_000
    setTimer()
  }

  /// Calls `body` from `advance` when `raw`, which stays open until `unwatch`, is readable or hung up. For descriptors
  /// that are no part of the run and are to be served on its thread.
  package func watch(_ raw: Int32, _ body: @escaping () -> Void) throws(PosixError) {
    var event = epoll_event()
    event.events = Readiness.readable.rawValue
    event.data.u64 = UInt64(UInt32(bitPattern: raw)) << 32
    try posix("epoll_ctl") { epoll_ctl(epoll.raw, EPOLL_CTL_ADD, raw, &event) }
    guests[raw] = body
  }

  func serveGuest(_ token: UInt64) {
    guard token >> 32 != 0 else { return }
    guests[Int32(truncatingIfNeeded: token >> 32)]?()
  }

  package func unwatch(_ raw: Int32) {
    guests[raw] = nil
    var unused = epoll_event()
    epoll_ctl(epoll.raw, EPOLL_CTL_DEL, raw, &unused)
  }
}
