internal import CJailPolicy
internal import CLinux
internal import Glibc
package import Posix

/// One jailed program from its start to its result.
///
/// Drive it by waiting for `pollDescriptor` to be readable (level-triggered; it covers output, status, refused calls,
/// exit and timers) and calling `advance` until that returns a result; or call `run`, which blocks. Not `Sendable`: one
/// thread drives a run. Giving a run up (releasing it) ends the jail.
package final class JailRun {
  package enum Stream: Sendable { case output, error }

  /// Told of output as it comes, up to the limit.
  package var onOutput: ((Stream, ArraySlice<UInt8>) -> Void)?
  /// Given the listening socket of a run that is `proxied`, before the run's first output.
  package var onProxy: ((consuming Descriptor) -> Void)?
  /// Called once when the tree is gone, before the result is put together.
  package var onGone: (() -> Void)?
  var guests: [Int32: () -> Void] = [:]
  package var result = JailResult()

  let limits: JailLimits
  var given: [String: [UInt8]]
  let process: JailProcess
  let epoll: Descriptor
  let timer: Descriptor
  var listener: DenialListener?
  var input: Descriptor?
  var inputBytes: ArraySlice<UInt8>
  var output: Descriptor?
  var errorOutput: Descriptor?
  var endedBy: JailReason?
  /// When a jail that was asked to end is killed.
  var killAt: BootTime?
  var isListenerPaused = false
  var isDone = false
  /// If the reaper should fail to keep the wall limit.
  var backstop: BootTime?
  let waits: Bool
  let mayEndByReply: Bool
  /// The exit code that a reply announces, or nil while it is incomplete.
  var announcedExit: (([UInt8]) -> Int32?)?
  var baseline: Baseline?
  var begunAt: BootTime?
  private var begunWall: UInt64?
  /// When output is watched again after `begin`.
  var lookAt: BootTime?
  var request: Descriptor?
  var requestBytes: ArraySlice<UInt8> = []
  var requestWasLost = false
  var requestIsWatched = false
  var requestBytesUnread: Int?
  var replyIsWatched = false
  var replyEnd: Descriptor?
  /// What the program wrote to its descriptor 4.
  package internal(set) var reply = JailOutput()
  let replyLimit: Int

  enum Token: UInt64 {
    case launcher, status, output, errorOutput, input, listener, timer, request, reply
  }

  /// Starts the jail. `input` is written to the program's standard input, which is then closed.
  package init(
    _ jail: PreparedJail,
    input: [UInt8] = [],
    replyLimit: Int = 4 << 20,
    program: String? = nil
  ) throws(JailError) {
    limits = jail.limits
    given = jail.given
    waits = jail.waits
    mayEndByReply = jail.waits && jail.exchanges && jail.isOneProcess
    self.replyLimit = replyLimit
    inputBytes = input[...]
    do {
      epoll = Descriptor(owning: try posix("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
      timer = Descriptor(
        owning: try posix("timerfd_create") {
          timerfd_create(CLOCK_BOOTTIME, Int32(TFD_CLOEXEC) | Int32(TFD_NONBLOCK))
        }
      )
      var stdin = try DescriptorPair.pipe()
      var stdout = try DescriptorPair.pipe()
      var stderr = try DescriptorPair.pipe()
      // Plain numbers with one place that closes them: they must stay open until the program has its copies, and an
      // optimised build may end a descriptor's life after its last mention.
      var inner = [stdin.takeFirst().release(), stdout.takeSecond().release(), stderr.takeSecond().release()]
      defer { for raw in inner { close(raw) } }
      self.input = stdin.takeSecond()
      output = stdout.takeFirst()
      errorOutput = stderr.takeFirst()
      if jail.exchanges {
        var requests = try DescriptorPair.pipe()
        var replies = try DescriptorPair.pipe()
        inner.append(requests.takeFirst().release())
        inner.append(replies.takeSecond().release())
        request = requests.takeSecond()
        replyEnd = replies.takeFirst()
      }
      process = try JailProcess(jail, descriptors: inner, program: program)
      if !waits { setBackstop(limits.wallMilliseconds) }
      try watchEverything()
    } catch let error as PosixError {
      throw JailError(.start, "cannot start a jail: \(error)", errno: error.errno)
    } catch let error as JailError {
      throw error
    } catch {
      throw JailError(.start, "cannot start a jail: \(error)")
    }
  }

  deinit {
    // Its end of the status socket closes with it, which alone would end the jail; this is sooner.
    if !isDone || isLeftBehind { process.kill() }
  }

  /// Readable when `advance` has something to do.
  package var pollDescriptor: Int32 { epoll.raw }

  /// Ends the run from outside; the result follows as soon as the tree is gone.
  package func cancel() { end(.cancelled) }

  /// Blocks until the run has ended.
  package func run() throws(JailError) -> JailResult {
    while true {
      if let result = advance() { return result }
      var event = epoll_event()
      let count = epoll_wait(epoll.raw, &event, 1, -1)
      if count < 0, errno != EINTR { throw JailError(.start, "epoll_wait failed", errno: errno) }
    }
  }

  /// Does what can be done without waiting. Returns the result once the whole tree is gone and its output is read.
  package func advance() -> JailResult? {
    if isDone { return result }
    var events = [epoll_event](repeating: epoll_event(), count: 8)
    let count = epoll_wait(epoll.raw, &events, 8, 0)
    var launcherEnded = false
    for event in events.prefix(Int(max(0, count))) {
      switch Token(rawValue: event.data.u64) {
      case .launcher: launcherEnded = true
      case .status: readStatus()
      case .output: readOutput(.output)
      case .errorOutput: readOutput(.error)
      case .input: writeInput()
      case .listener: answerDenials()
      case .request: writeRequest()
      case .reply:
        readReply()
        lookForLastWord()
      case .timer: timerFired()
      case nil: serveGuest(event.data.u64)
      }
    }
    if !isDone, launcherEnded || process.isGone { finish() }
    return isDone ? result : nil
  }
}

// MARK: Start

extension JailRun {
  private func watchEverything() throws(PosixError) {
    try watch(process.exitDescriptor, .launcher, .readable)
    if let raw = process.statusDescriptor { try watch(raw, .status, .readable) }
    try output?.setNonBlocking()
    try errorOutput?.setNonBlocking()
    if let raw = output?.raw { try watch(raw, .output, .readable) }
    if let raw = errorOutput?.raw { try watch(raw, .errorOutput, .readable) }
    if inputBytes.isEmpty { input = nil }
    try input?.setNonBlocking()
    if let raw = input?.raw { try watch(raw, .input, .writable) }
    try request?.setNonBlocking()
    try replyEnd?.setNonBlocking()
    try watchReply()
    try watch(timer.raw, .timer, .readable)
    setTimer()
  }

  /// Sends the program its request and, unless it waited, closes that pipe. For a program that waited, its limits count from now on:
  /// `given` are files that the request brings, which are no artifacts unless they change; `waitedMicroseconds` is the
  /// processor time that it had used. False: the program is gone and has not got it.
  package func begin(
    _ bytes: [UInt8],
    given files: [String: [UInt8]] = [:],
    wallMilliseconds: UInt64? = nil,
    waitedMicroseconds: UInt64 = 0
  ) -> Bool {
    given.merge(files) { $1 }
    requestBytes = bytes[...]
    if waits {
      begunAt = .now
      let wall = wallMilliseconds ?? limits.wallMilliseconds
      begunWall = wall
      process.waitedMicroseconds = waitedMicroseconds
      setBackstop(wall)
      lookAway(for: min(Self.calmMilliseconds, wall ?? .max))
    }
    writeRequest()
    if requestBytes.isEmpty { return !requestWasLost }
    // The rest as the program reads. Out of memory for one more watch is as good as a program that is gone.
    guard let raw = request?.raw else { return false }
    do { try watch(raw, .request, .writable) } catch { return false }
    requestIsWatched = true
    return true
  }

  /// Most runs of a program that waited last a millisecond or two. Reading its output as it comes, and its end piece by
  /// piece, would wake this thread five times while the two are at work on the same few processors; so for a moment
  /// only its end wakes us. Then the output is watched, and the reaper told to count.
  private static let calmMilliseconds: UInt64 = 5

  private func lookAway(for milliseconds: UInt64) {
    for raw in [output?.raw, errorOutput?.raw].compactMap({ $0 }) { unwatch(raw) }
    if baseline == nil { unwatchReply() }
    lookAt = .now + Milliseconds(Int64(clamping: milliseconds))
    setTimer()
  }

  func look() {
    lookAt = nil
    let passed = begunAt.map { UInt64(BootTime.now.milliseconds(since: $0)) } ?? 0
    process.begin(
      wallMilliseconds: begunWall.map { $0 > passed ? $0 - passed : 1 },
      waitedMicroseconds: process.waitedMicroseconds
    )
    do {
      if let raw = output?.raw { try watch(raw, .output, .readable) }
      if let raw = errorOutput?.raw { try watch(raw, .errorOutput, .readable) }
      try watchReply()
    } catch {
      end(.workerLost)
    }
  }

  private func watchReply() throws(PosixError) {
    guard !replyIsWatched, let raw = replyEnd?.raw else { return }
    try watch(raw, .reply, .readable)
    replyIsWatched = true
  }

  func unwatchReply() {
    guard replyIsWatched, let raw = replyEnd?.raw else { return }
    unwatch(raw)
    replyIsWatched = false
  }

  private func setBackstop(_ wallMilliseconds: UInt64?) {
    backstop = wallMilliseconds.map { BootTime.now + Milliseconds(Int64(clamping: $0 / 2) &* 2 &+ 2_000) }
  }

  func watch(_ descriptor: Int32, _ token: Token, _ interest: Readiness) throws(PosixError) {
    var event = epoll_event()
    event.events = interest.rawValue
    event.data.u64 = token.rawValue
    try posix("epoll_ctl") { epoll_ctl(epoll.raw, EPOLL_CTL_ADD, descriptor, &event) }
  }
}
