internal import CJailCalls
internal import Glibc
internal import Posix

// A run that is over with its program's last word, while the program still lives.
//
// Ending an interpreter and its jail takes the kernel longer than most runs last. A program that waited therefore says
// at the very end of its reply how it is about to exit, and then waits for its end; the result is complete without it:
// output and reply are in the pipes, and the kernel tells what was used. What is left is ended by `retire`. Where
// something can be had only from a dead jail (files in the workspace), or is not known, the request pipe is closed
// instead, upon which the program exits as it said, and the result follows as for any other.
extension JailRun {
  /// What was there before the code arrived, to be told from what it does.
  struct Baseline: ~Copyable {
    let usage: ProgramUsage
    let before: ProgramUsage.Reading
    let workspace: WorkspaceUse
  }

  struct WorkspaceUse: Equatable {
    let freeBlocks, freeFiles: UInt64

    init?(_ folder: Int32) {
      var status = statvfs()
      guard fstatvfs(folder, &status) == 0 else { return nil }
      (freeBlocks, freeFiles) = (UInt64(status.f_bfree), UInt64(status.f_ffree))
    }
  }

  /// Called once the program of a jail that waits has said that it is ready: from now on its reply may end the run.
  /// `announcedExit` is asked after each piece of the reply. Where the kernel does not tell what is needed, or the
  /// program may have started others, the program is only let go when it has announced its exit.
  package func endsWithReply(_ announcedExit: @escaping ([UInt8]) -> Int32?) {
    guard waits, request != nil else { return }
    self.announcedExit = announcedExit
    guard mayEndByReply else { return }
    process.readStatus()
    guard let program = process.program?.raw, let folder = process.workspace?.raw,
      let usage = ProgramUsage.of(pidfd: program), let before = usage.read(), let workspace = WorkspaceUse(folder)
    else { return }
    process.waitedReadBytes = before.readBytes
    process.waitedWrittenBytes = before.writtenBytes
    baseline = Baseline(usage: usage, before: before, workspace: workspace)
  }

  /// The result came before the end: `retire` is due.
  package var isLeftBehind: Bool { isDone && request != nil }

  /// Ends what is left of the jail and waits until nothing is. The reaper kills it, so that what was used is counted as
  /// use of our children; should that take long, the kernel does with the reaper's end.
  package func retire() {
    guard isLeftBehind else { return }
    process.end()
    var ended = pollfd(fd: process.exitDescriptor, events: Int16(POLLIN), revents: 0)
    if poll(&ended, 1, 100) != 1 {
      process.kill()
      poll(&ended, 1, 1000)
    }
    request = nil
  }

  /// After each piece of the reply.
  func lookForLastWord() {
    guard requestBytes.isEmpty, let code = announcedExit?(reply.bytes) else { return }
    if !takeLastWord(code) {
      countUnread()
      request = nil
    }
    announcedExit = nil
    baseline = nil
  }

  /// False: the result needs the program's end.
  private func takeLastWord(_ code: Int32) -> Bool {
    process.readStatus()
    guard endedBy == nil, process.endedBy == nil, !process.isGone, given.isEmpty, !reply.isTruncated,
      let folder = process.workspace?.raw, let now = WorkspaceUse(folder), now == baseline?.workspace,
      let used = baseline?.usage.read(), let before = baseline?.before, let begunAt
    else { return false }
    drain(.output)
    drain(.error)
    guard endedBy == nil else { return false }
    var receipt = JailReceipt()
    // Which part of it the kernel did is not known.
    receipt.userMicroseconds = used.cpuMicroseconds - min(process.waitedMicroseconds, used.cpuMicroseconds)
    receipt.wallMicroseconds = UInt64(max(0, BootTime.now.nanoseconds - begunAt.nanoseconds)) / 1000
    receipt.peakMemoryBytes = max(used.peakBytes, process.receipt.peakMemoryBytes)
    receipt.readBytes = used.readBytes - min(before.readBytes, used.readBytes)
    receipt.writtenBytes = used.writtenBytes - min(before.writtenBytes, used.writtenBytes)
    result.receipt = receipt
    result.limitsHit.formUnion(process.limitsHit)
    if let listener = listener.take() {
      result.denials = listener.sorted
      result.denialsAreTruncated = listener.isTruncated
    }
    result.exitCode = code
    result.reason = reason()
    isDone = true
    return true
  }

  /// Whether the program has read all of its request, and so may have acted on it. True where that is not known.
  package var requestWasRead: Bool {
    requestBytes.isEmpty && !requestWasLost && (requestBytesUnread ?? 0) == 0
  }

  /// Counts what is still in the request's pipe, before that is closed.
  func countUnread() {
    guard announcedExit != nil, let raw = request?.raw else { return }
    let count = bh_call_unread(raw)
    requestBytesUnread = count >= 0 ? Int(count) : nil
  }
}
