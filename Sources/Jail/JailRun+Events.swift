internal import CJailPolicy
internal import CLinux
internal import Glibc
internal import Posix

// What `advance` does for each source of events.
extension JailRun {
  // MARK: Status messages

  func readStatus() {
    while let raw = status?.raw {
      var message = bh_jail_message()
      var descriptors: (Int32, Int32) = (-1, -1)
      var count: Int32 = 0
      let length = withUnsafeMutableBytes(of: &descriptors) {
        bh_call_receive(
          raw,
          &message,
          MemoryLayout<bh_jail_message>.size,
          $0.assumingMemoryBound(to: Int32.self).baseAddress!,
          2,
          &count
        )
      }
      if length == -Int(EAGAIN) { return }
      // The other end is closed by launcher and reaper alike: both are ending.
      guard length == MemoryLayout<bh_jail_message>.size, message.magic == BH_JAIL_MAGIC else {
        unwatch(raw)
        status = nil
        return
      }
      var received: [Int32] = []
      if count > 0 { received.append(descriptors.0) }
      if count > 1 { received.append(descriptors.1) }
      take(message, received)
    }
  }

  private func take(_ message: bh_jail_message, _ received: [Int32]) {
    var descriptors = received[...]
    switch bh_jail_message_kind(rawValue: UInt32(message.kind)) {
    case BH_MESSAGE_REAPER:
      if let raw = descriptors.popFirst() { reaper = Descriptor(owning: raw) }
      if endedBy != nil { kill() }
    case BH_MESSAGE_READY:
      isReady = true
      if message.code & BH_READY_LISTENER != 0, let raw = descriptors.popFirst() { startListening(raw) }
      if message.code & BH_READY_WORKSPACE != 0, let raw = descriptors.popFirst() { workspace = Descriptor(owning: raw) }
    case BH_MESSAGE_FAILED:
      result.setupFailure = JailSetupFailure(
        stage: Self.name(ofStage: message.stage),
        errno: message.error,
        index: message.code
      )
    case BH_MESSAGE_LIMIT:
      takeLimit(bh_jail_limit(rawValue: UInt32(bitPattern: message.code)), observed: message.values.0)
    case BH_MESSAGE_EXIT:
      exitStatus = message.code
      result.receipt.peakMemoryBytes = max(result.receipt.peakMemoryBytes, message.values.0)
    case BH_MESSAGE_RECEIPT:
      takeReceipt(message)
    default: break
    }
    for raw in descriptors { close(raw) }
  }

  private func takeLimit(_ limit: bh_jail_limit, observed: UInt64) {
    switch limit {
    case BH_LIMIT_WALL:
      result.limitsHit.insert(.wall)
      endedBy = endedBy ?? .timeout
    case BH_LIMIT_CPU:
      result.limitsHit.insert(.cpu)
      endedBy = endedBy ?? .cpuLimit
    case BH_LIMIT_MEMORY:
      result.limitsHit.insert(.memory)
      result.receipt.peakMemoryBytes = max(result.receipt.peakMemoryBytes, observed)
      endedBy = endedBy ?? .memoryLimit
    case BH_LIMIT_PROCESSES: result.limitsHit.insert(.processes)
    case BH_LIMIT_OPEN_FILES: result.limitsHit.insert(.openFiles)
    default: break
    }
  }

  private func takeReceipt(_ message: bh_jail_message) {
    result.receipt.userMicroseconds = message.values.0
    result.receipt.systemMicroseconds = message.values.1
    result.receipt.peakMemoryBytes = max(result.receipt.peakMemoryBytes, message.values.2 &* 1024)
    result.receipt.wallMicroseconds = message.values.3
    result.receipt.readBytes = message.values.4
    result.receipt.writtenBytes = message.values.5
  }

  static func name(ofStage stage: UInt16) -> String {
    let names = [
      "none", "policy", "credentials", "namespaces", "identities", "sources", "root", "mount", "pivot", "hostname",
      "watchdog", "reaper", "start", "session", "rlimits", "capabilities", "no_new_privs", "landlock", "seccomp",
      "working_folder", "exec",
    ]
    return names.indices.contains(Int(stage)) ? names[Int(stage)] : "stage \(stage)"
  }

  // MARK: Refused calls

  private func startListening(_ raw: Int32) {
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
    var buffer = [UInt8](repeating: 0, count: 65536)
    // Not until it is empty: a flood must not keep the other sources waiting.
    for _ in 0..<16 {
      let count = buffer.withUnsafeMutableBytes { read(raw, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { return }
      guard count > 0 else { return closeOutput(stream) }
      keep(buffer[..<count], stream)
      if count < buffer.count { return }
    }
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
    guard let raw = input?.raw else { return }
    // A program that closed its input must not end us by SIGPIPE, whatever the process has set.
    var pipe = sigset_t()
    var before = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    let count = inputBytes.prefix(65536).withUnsafeBytes { write(raw, $0.baseAddress, $0.count) }
    let failure = errno
    if count < 0, failure == EPIPE {
      var none = timespec()
      sigtimedwait(&pipe, nil, &none)
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    if count < 0, failure == EAGAIN || failure == EINTR { return }
    inputBytes = count < 0 ? [] : inputBytes.dropFirst(count)
    if inputBytes.isEmpty {
      unwatch(raw)
      input = nil
    }
  }

  // MARK: Time

  func setTimer() {
    var due = backstop.map(\.nanoseconds)
    if isListenerPaused { due = BootTime.now.nanoseconds + 1_000_000 }
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
    if let backstop, backstop < .now {
      result.limitsHit.insert(.wall)
      end(.timeout)
    } else {
      setTimer()
    }
  }

  // MARK: End

  func end(_ reason: JailReason) {
    endedBy = endedBy ?? reason
    kill()
  }

  /// Ends the namespace, and with it every process of the tree.
  func kill() {
    if let raw = reaper?.raw {
      ChildProcess.signal(pidfd: raw, SIGKILL)
    } else if !isReady {
      // The reaper has a parent-death signal on the launcher, and both see the socket close.
      launcher.signal(SIGKILL)
    }
  }

  func unwatch(_ raw: Int32) {
    var unused = epoll_event()
    epoll_ctl(epoll.raw, EPOLL_CTL_DEL, raw, &unused)
  }
}
