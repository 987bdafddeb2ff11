internal import Glibc
internal import Jail
internal import Posix
internal import Tunnel

/// A server's program in its jail: lives from one start to its end, on the loop. Its standard output goes to `onOutput`
/// as it comes; its standard error to `onError`, line by line. Letting go of it ends the jail.
final class ServerProcess {
  /// Bytes of its standard output, empty at the end of it.
  var onOutput: ((UnsafeRawBufferPointer) -> Void)?
  /// One line of its standard error.
  var onError: ((String) -> Void)?
  /// Called once, when the whole tree is gone, with how it ended.
  var onEnd: ((String) -> Void)?

  private let loop: EventLoop
  private let watcher: LoopWatcher
  private let process: JailProcess
  private var tunnel: TunnelRun?
  private var input: InputQueue?
  private var output: Descriptor?
  private var errors: Descriptor?
  private var lines = ErrorLines()
  private var statusRaw: Int32?
  private var hasBegun = false
  private var isOver = false
  private var timer: LoopTimer?

  /// - Parameters:
  ///   - hosts: what the jail, which is then `proxied`, may reach.
  ///   - tunnel: outlives this.
  init(_ jail: PreparedJail, hosts: [String], tunnel: Int32?, on loop: EventLoop) throws {
    self.loop = loop
    watcher = LoopWatcher(loop)
    var stdin = try DescriptorPair.pipe()
    var stdout = try DescriptorPair.pipe()
    var stderr = try DescriptorPair.pipe()
    // Plain numbers with one place that closes them: they must stay open until the program has its copies.
    let inner = [stdin.takeFirst().release(), stdout.takeSecond().release(), stderr.takeSecond().release()]
    defer { for raw in inner { close(raw) } }
    process = try JailProcess(jail, descriptors: inner)
    input = try InputQueue(stdin.takeSecond(), on: loop)
    if let tunnel, !hosts.isEmpty { self.tunnel = try TunnelRun(hosts: hosts, tunnel: tunnel, watcher: watcher) }
    try watch(stdout.takeFirst(), stderr.takeFirst())
  }

  private func watch(_ output: consuming Descriptor, _ errors: consuming Descriptor) throws(PosixError) {
    try output.setNonBlocking()
    try errors.setNonBlocking()
    try watcher.watch(output.raw) { [unowned self] in readOutput() }
    self.output = consume output
    try watcher.watch(errors.raw) { [unowned self] in readErrors() }
    self.errors = consume errors
    tunnel?.onDenial = { [weak self] in self?.onError?("was refused the host '\($0.host)': \($0.why)") }
    statusRaw = process.statusDescriptor
    if let statusRaw { try watcher.watch(statusRaw) { [unowned self] in readStatus() } }
    try watcher.watch(process.exitDescriptor) { [unowned self] in finish() }
  }

  deinit {
    if let timer { loop.cancel(timer) }
    unwatchProcess()
    if let raw = output?.raw { watcher.unwatch(raw) }
    if let raw = errors?.raw { watcher.unwatch(raw) }
    if !isOver {
      tunnel?.end(waits: false)
      process.kill()
    }
  }

  private func unwatchProcess() {
    if let statusRaw { watcher.unwatch(statusRaw) }
    statusRaw = nil
    if process.exitDescriptor >= 0 { watcher.unwatch(process.exitDescriptor) }
  }

  // MARK: To the server

  /// False: it has left so much unread that no more is kept for it.
  func send(_ bytes: [UInt8]) -> Bool { input?.append(bytes) ?? false }

  /// Bytes that wait for the server to read.
  var queuedBytes: Int { input?.count ?? 0 }

  /// How long each stage of an orderly end may take.
  struct Patience {
    /// From closing its input to SIGTERM.
    var closing: Milliseconds
    /// From there to SIGKILL for the whole tree.
    var terminating: Milliseconds

    static let ordinary = Patience(closing: 2_000, terminating: 2_000)
    /// Within the grace that the coordinator gives to a worker.
    static let hurried = Patience(closing: 500, terminating: 300)
  }

  /// Closes its input, then asks, then ends it; `onEnd` follows.
  func stop(_ patience: Patience) {
    input = nil
    arm(patience.closing) { [unowned self] in
      process.signalProgram(SIGTERM)
      arm(patience.terminating) { [unowned self] in end() }
    }
  }

  /// Ends the tree at once.
  func end() {
    input = nil
    process.end()
    arm(1_000) { [unowned self] in process.kill() }
  }

  private func arm(_ delay: Milliseconds, _ body: @escaping () -> Void) {
    if let timer { loop.cancel(timer) }
    timer =
      isOver
      ? nil
      : loop.schedule(after: delay) { [weak self] in
        self?.timer = nil
        if self?.isOver == false { body() }
      }
  }

  // MARK: From the server

  private func readOutput() {
    guard let raw = output?.raw else { return }
    let count = loop.withReadBuffer { buffer in
      let count = read(raw, buffer.baseAddress, buffer.count)
      if count > 0 { onOutput?(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])) }
      return count
    }
    guard count == 0 || count < 0 && errno != EAGAIN && errno != EINTR else { return }
    watcher.unwatch(raw)
    output = nil
    onOutput?(UnsafeRawBufferPointer(start: nil, count: 0))
  }

  private func readErrors() {
    guard let raw = errors?.raw else { return }
    let count = loop.withReadBuffer { buffer in
      let count = read(raw, buffer.baseAddress, 8192)
      if count > 0 {
        lines.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])) { onError?($0) }
      }
      return count
    }
    guard count == 0 || count < 0 && errno != EAGAIN && errno != EINTR else { return }
    watcher.unwatch(raw)
    errors = nil
  }

  private func readStatus() {
    process.readStatus()
    if process.statusDescriptor == nil, let raw = statusRaw {
      watcher.unwatch(raw)
      statusRaw = nil
    }
    if process.isReady, !hasBegun {
      hasBegun = true
      process.begin()
      if let proxy = process.takeProxy() { tunnel?.listen(on: proxy) }
    }
    if process.isGone { finish() }
  }

  private func finish() {
    guard !isOver, process.isGone || process.reaped() else { return }
    process.readStatus()
    isOver = true
    if let timer { loop.cancel(timer) }
    timer = nil
    unwatchProcess()
    tunnel?.end(waits: false)
    input = nil
    // What it said before it ended; a descriptor that was passed on may hold the pipe open, so this does not wait.
    for _ in 0..<64 where output != nil { readOutput() }
    for _ in 0..<16 where errors != nil { readErrors() }
    lines.finish { onError?($0) }
    if let raw = output?.raw { watcher.unwatch(raw) }
    if let raw = errors?.raw { watcher.unwatch(raw) }
    output = nil
    errors = nil
    let onEnd = onEnd
    self.onEnd = nil
    onEnd?(reason)
  }

  private var reason: String {
    if let failure = process.setupFailure { return "its jail could not be set up: \(failure)" }
    if let limit = process.endedBy { return "it was stopped at its limit: \(limit.rawValue)" }
    switch process.exit {
    case .code(let code)?: return "it exited with code \(code)"
    case .signal(let number)?: return "it was ended by signal \(signalName(number))"
    case nil: return "it was ended"
    }
  }
}
