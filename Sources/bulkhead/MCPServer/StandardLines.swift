internal import Glibc
internal import MCP
internal import Posix

/// Standard input and output as the protocol uses them: a message on a line. Each has a thread of its own, so that neither a
/// silent nor a slow client ever blocks Swift's shared threads.
final class StandardLines: Sendable {
  enum Input: Sendable {
    case line([UInt8])
    /// One that was longer than a message may be, and was left out.
    case oversized
  }

  private struct Output {
    var queue: [[UInt8]] = []
    var bytes = 0
    var isClosed = false
  }

  /// Lines that were read and not yet looked at.
  private static let window = 64
  /// Above it a client does not keep up, and is told less.
  private static let highWaterBytes = 4 << 20
  /// Above it a client does not read at all.
  private static let mostBytes = 256 << 20

  private let output = Guarded(Output())
  private let written = Semaphore()
  private let room = Semaphore()
  private let outputEnded = Semaphore()
  private let inputEnds: AsyncStream<Input>.Continuation
  let lines: AsyncStream<Input>

  init() {
    (lines, inputEnds) = AsyncStream.makeStream(of: Input.self)
    for _ in 0..<Self.window { room.signal() }
  }

  /// Starts both threads. From here on standard output carries messages only: whatever else is printed goes to standard
  /// error.
  func start() throws(PosixError) {
    let out = try posix("dup") { fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) }
    try posix("dup2") { dup2(STDERR_FILENO, STDOUT_FILENO) }
    startThread("mcp-output") { self.write(to: out) }
    startThread("mcp-input") { self.read() }
  }

  // MARK: Input

  private func read() {
    var framing = LineFraming()
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    var oversized = 0
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      framing.take(chunk[..<count]) { give(.line($0)) }
      while oversized < framing.oversized {
        oversized += 1
        give(.oversized)
      }
    }
    inputEnds.finish()
  }

  /// Waits while the server is behind, which stops the reading.
  private func give(_ input: Input) {
    room.wait()
    inputEnds.yield(input)
  }

  /// One more may be read.
  func taken() { room.signal() }

  /// As if input had ended.
  func endInput() { inputEnds.finish() }

  // MARK: Output

  /// Whether the client is behind with its reading.
  var isCongested: Bool { output.withLock { $0.bytes > Self.highWaterBytes } }

  /// Writes a message, which has no line break, behind those before it.
  func write(_ message: [UInt8]) {
    let isTooMuch = output.withLock { output in
      if output.isClosed { return false }
      output.bytes += message.count + 1
      output.queue.append(message + [UInt8(ascii: "\n")])
      return output.bytes > Self.mostBytes
    }
    written.signal()
    if isTooMuch { close() }
  }

  /// Returns when everything was written, or cannot be; at most after `patience`.
  func finish(within patience: Duration) async {
    written.signal()
    output.withLock { $0.isClosed = true }
    let end = Task.detached { [outputEnded] in
      await withCheckedContinuation { continuation in
        startThread("mcp-flush") {
          outputEnded.wait()
          continuation.resume()
        }
      }
    }
    // Safety: nobody cancels the sleep.
    let limit = Task.detached { () -> Void in try? await ContinuousClock().sleep(for: patience) }
    await firstOf(end, limit)
  }

  /// Nobody reads any more: nothing is written, and the input ends.
  private func close() {
    output.withLock { output in
      output.isClosed = true
      output.queue = []
    }
    endInput()
  }

  private func write(to descriptor: Int32) {
    while true {
      let (messages, isClosed) = output.withLock { output in
        defer { output.queue = [] }
        return (output.queue, output.isClosed)
      }
      for message in messages {
        guard Self.writeAll(message, descriptor) else {
          close()
          outputEnded.signal()
          return
        }
        output.withLock { $0.bytes -= message.count }
      }
      if messages.isEmpty {
        if isClosed { break }
        written.wait()
      }
    }
    outputEnded.signal()
  }

  private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + offset, $0.count - offset) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      offset += count
    }
    return true
  }
}
