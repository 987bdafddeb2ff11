internal import CJailPolicy
internal import CLinux
internal import Glibc
internal import Posix

// From the end of the tree to the result record.
extension JailRun {
  /// Called when the last process of the tree is gone: the reaper says so, or the launcher has ended. What is left then
  /// are namespaces, which take about as long to go as everything else.
  func finish() {
    guard process.isGone || process.reaped() else { return }
    process.readStatus()
    onGone?()
    onGone = nil
    result.setupFailure = process.setupFailure
    result.limitsHit.formUnion(process.limitsHit)
    result.receipt = process.receipt
    takeControlGroup()
    if let begunAt {
      result.receipt.wallMicroseconds = UInt64(max(0, BootTime.now.nanoseconds - begunAt.nanoseconds)) / 1000
    }
    endedBy = endedBy ?? process.endedBy
    if let raw = process.listener.take() { startListening(raw.release()) }
    drain(.output)
    drain(.error)
    drainReply()
    input = nil
    countUnread()
    request = nil
    if let listener = listener.take() {
      result.denials = listener.sorted
      result.denialsAreTruncated = listener.isTruncated
    }
    takeExit()
    collectArtifacts()
    result.reason = reason()
    isDone = true
    output = nil
    errorOutput = nil
  }

  /// What only the kernel's account holds: processes that it ended or refused, and processor time that nobody reaped.
  private func takeControlGroup() {
    guard let usage = process.controlGroupUsage else { return }
    if usage.refusedProcesses > 0 { result.limitsHit.insert(.processes) }
    if usage.memoryKills > 0, endedBy == nil, process.exit != .code(0) {
      result.limitsHit.insert(.memory)
      endedBy = process.endedBy ?? .memoryLimit
    }
    if let peak = usage.peakBytes { result.receipt.peakMemoryBytes = max(result.receipt.peakMemoryBytes, peak) }
    let waited = min(process.waitedMicroseconds, usage.cpuMicroseconds)
    let known = result.receipt.userMicroseconds + result.receipt.systemMicroseconds
    // Launcher and reaper are in the group too: a few milliseconds.
    let unknown = usage.cpuMicroseconds - waited
    if unknown > known + 20_000 { result.receipt.userMicroseconds += unknown - known }
  }

  /// What is in the pipe when the tree is gone. A descriptor that was passed out of the jail may hold the pipe open
  /// and keep writing, so this stops at the output limit and does not wait.
  func drain(_ stream: Stream) {
    let limit = limits.outputBytes
    while stream == .output ? output != nil : errorOutput != nil {
      let before = held(stream)
      readOutput(stream)
      if held(stream) == before || before >= limit { return }
    }
  }

  private func drainReply() {
    while replyEnd != nil, !reply.isTruncated {
      let before = reply.bytes.count
      readReply()
      if reply.bytes.count == before { break }
    }
    replyEnd = nil
  }

  private func held(_ stream: Stream) -> Int {
    stream == .output ? result.output.bytes.count : result.errorOutput.bytes.count
  }

  private func takeExit() {
    switch process.exit {
    case .code(let code): result.exitCode = code
    case .signal(let signal): result.signal = signal
    case nil: break
    }
  }

  private func collectArtifacts() {
    guard let workspace = process.workspace.take() else { return }
    var status = statvfs()
    if fstatvfs(workspace.raw, &status) == 0 {
      let used = UInt64(status.f_blocks &- status.f_bfree) &* UInt64(clamping: status.f_frsize)
      result.receipt.workspaceBytes = used
      if status.f_bfree == 0 || status.f_ffree == 0 { result.limitsHit.insert(.workspace) }
    }
    var collector = ArtifactCollector(workspace: workspace.raw, limits: limits)
    collector.collect(given: given)
    result.artifacts = collector.artifacts
    result.skippedArtifacts = collector.skipped
    if collector.isLimited { result.limitsHit.insert(.artifacts) }
    if collector.sawLargestFile { result.limitsHit.insert(.fileSize) }
  }

  /// Refused calls that ordinary programs make in passing and do well without.
  private static let passing: Set<String> = [
    "socket", "ioctl", "prctl", "personality", "setpriority", "sched_setaffinity", "sched_setscheduler", "memfd_create",
    "mbind", "set_mempolicy", "statmount", "name_to_handle_at", "prlimit64", "clock_adjtime", "adjtimex", "setgroups",
  ]

  func reason() -> JailReason {
    if result.setupFailure != nil { return endedBy ?? .setupFailed }
    if let endedBy { return endedBy }
    if result.exitCode == 0 { return .ok }
    switch result.signal {
    case SIGSYS: return .syscallDenied
    case SIGXCPU:
      result.limitsHit.insert(.cpu)
      return .cpuLimit
    default: break
    }
    if result.exitCode == nil, result.signal == nil { return .workerLost }
    // The program failed by itself; the wall it met is the better answer where there was one.
    if result.limitsHit.contains(.workspace) { return .workspaceLimit }
    if result.limitsHit.contains(.processes) { return .processLimit }
    if result.denials.contains(where: { !Self.passing.contains($0.name) }) { return .syscallDenied }
    return result.signal == nil ? .nonzeroExit : .signal
  }
}
