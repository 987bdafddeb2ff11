internal import Glibc
package import JSON
package import Posix
package import Wire

/// What a connection tells its owner, on the loop's thread.
package protocol ConnectionOwner: AnyObject {
  /// A request that the phase gate admits. Answer it exactly once with `respond`, now or later.
  func received(request id: RequestID, _ method: String, _ params: JSONObject, on connection: Connection)
  func received(notification method: String, _ params: JSONObject, on connection: Connection)
  /// The last call: every outstanding request has been failed. `nil` after an orderly end between two frames.
  func closed(_ connection: Connection, because error: WireError?)
}

/// One ordered, bounded conversation over a pair of descriptors. Lives on one event loop and never blocks it.
///
/// Order: messages are handled in the order of arrival, each to its end. Bounds: frames, unanswered requests of either
/// side, and bytes that wait to be written. Back-pressure: while more than `highWaterBytes` wait for the peer, its
/// requests wait too, so that it cannot make us produce faster than it consumes; what only consumes (replies, progress)
/// is handled at once, since two sides that both stopped reading would wait for each other for ever. Beyond
/// `backlogBytes` of waiting requests nothing more is read. A peer that reads nothing for `stallTimeout` loses the
/// connection. Every request gets an answer, on close too.
package final class Connection {
  package struct Options: Sendable {
    package var frameBytes = Limit.frameBytes
    package var depth = Limit.depth
    package var values = Limit.values
    package var outstanding = Limit.outstanding
    package var queueBytes = Limit.queueBytes
    package var highWaterBytes = 1 << 20
    package var backlogBytes = Limit.queueBytes
    package var stallTimeout: Milliseconds = 30_000

    package init() {}
  }

  typealias Completion = (Result<JSONObject, WireError>) -> Void

  struct Outstanding {
    /// nil once the caller has been answered (deadline) and the reply is only waited for.
    var completion: Completion?
    var timer: LoopTimer?
  }

  package let loop: EventLoop
  package let options: Options
  package var gate: PhaseGate
  package private(set) var isClosed = false
  /// Reading has been stopped by the owner this many times more than resumed.
  private var pauses = 0
  weak var owner: (any ConnectionOwner)?

  private var input: Descriptor?
  private var output: Descriptor?
  var decoder: FrameDecoder
  var backlog = Backlog()
  private var queue = OutputQueue()
  /// What the loop watches each descriptor for; a socket's whole interest is in the first.
  private var inputInterest: Readiness = []
  private var outputInterest: Readiness = []
  /// Why nothing can be written any more; what the peer wrote before is still read.
  private var outputFailure: WireError?
  private var willFlush = false
  private var stallTimer: LoopTimer?

  var outstanding: [Int64: Outstanding] = [:]
  var incoming: Set<RequestID> = []
  private var nextID: Int64 = 1

  /// Takes both descriptors (a socket: once, `output` nil), puts them in non-blocking mode and starts to read.
  package init(
    loop: EventLoop,
    input: consuming Descriptor,
    output: consuming Descriptor?,
    gate: PhaseGate,
    owner: any ConnectionOwner,
    options: Options = Options()
  ) throws(PosixError) {
    try input.setNonBlocking()
    let outputRaw = output?.raw ?? input.raw
    if let raw = output?.raw { try Self.setNonBlocking(raw) }
    self.loop = loop
    self.options = options
    self.gate = gate
    self.owner = owner
    self.outputRaw = outputRaw
    inputRaw = input.raw
    self.input = consume input
    self.output = consume output
    decoder = FrameDecoder(limit: options.frameBytes)
    try loop.watch(inputRaw, for: .readable, handler: self)
    inputInterest = .readable
  }

  let inputRaw: Int32
  private let outputRaw: Int32
  private var isSocket: Bool { inputRaw == outputRaw }

  private static func setNonBlocking(_ raw: Int32) throws(PosixError) {
    let flags = try posix("fcntl") { fcntl(raw, F_GETFL) }
    try posix("fcntl") { fcntl(raw, F_SETFL, flags | O_NONBLOCK) }
  }

  /// Requests of ours that have no reply yet.
  package var outstandingCount: Int { outstanding.count }
  /// Requests of the peer's that we have not answered yet.
  package var incomingCount: Int { incoming.count }
  package var queuedBytes: Int { queue.count }

  // MARK: Sending

  /// Sends a request; `completion` is called exactly once: with the result, the peer's error, `deadline_exceeded` after
  /// `timeout`, `overloaded` at once when a bound is reached, or `connection_closed`.
  /// Returns the id, for `cancel`; nil when nothing was sent.
  @discardableResult
  package func request<M: WireRequest>(
    _ message: M,
    timeout: Milliseconds? = nil,
    completion: @escaping (Result<M.Response, WireError>) -> Void
  ) -> RequestID? {
    if let refusal = refusalToSend() {
      completion(.failure(refusal))
      return nil
    }
    let id = nextID
    do throws(WireError) {
      try enqueue(Frame.request(.number(id), message, limit: options.frameBytes))
    } catch {
      let isFull = error.name == .notReading
      completion(.failure(isFull ? WireError(.overloaded, error.message, data: error.data) : error))
      return nil
    }
    nextID += 1
    var entry = Outstanding(completion: { result in
      switch result {
      case .success(let object):
        do throws(WireError) { completion(.success(try M.Response.decode(object))) } catch {
          completion(.failure(error))
        }
      case .failure(let error): completion(.failure(error))
      }
    })
    if let timeout { entry.timer = loop.schedule(after: timeout) { [weak self] in self?.expire(id, after: timeout) } }
    outstanding[id] = entry
    return .number(id)
  }

  private func refusalToSend() -> WireError? {
    if isClosed { return WireError(.connectionClosed, "connection is closed") }
    if outstanding.count >= options.outstanding {
      return WireError(
        .overloaded,
        "\(outstanding.count) unanswered requests reach the limit of \(options.outstanding)",
        data: ["limit": "outstanding"]
      )
    }
    return nil
  }

  private func expire(_ id: Int64, after timeout: Milliseconds) {
    guard let completion = outstanding[id]?.completion else { return }
    // The entry stays, so that the late reply is no violation.
    outstanding[id] = Outstanding(completion: nil, timer: nil)
    // Not before `initialize` is answered, and never to a client, which would close the connection over it.
    if gate.maySend(Cancel.method) { cancel(.number(id), reason: .deadline) }
    completion(.failure(WireError(.deadlineExceeded, "no reply within \(timeout.count) ms")))
  }

  /// Asks the peer to stop a request of ours; its reply still completes it.
  package func cancel(_ id: RequestID, reason: Cancel.Reason) { notify(Cancel(id: id, reason: reason)) }

  package func notify(_ message: some WireMessage) {
    guard !isClosed else { return }
    do throws(WireError) {
      try enqueue(Frame.notification(message, limit: options.frameBytes))
    } catch {
      close(because: error)
    }
  }

  /// Answers a request. A second answer to the same one is our own bug and is dropped.
  package func respond(to id: RequestID, with body: some WireBody) {
    guard incoming.remove(id) != nil, !isClosed else { return }
    do throws(WireError) {
      try enqueue(Frame.result(id, body, limit: options.frameBytes))
    } catch  where error.name == .frameTooLarge {
      answer(id, error)
    } catch {
      close(because: error)
    }
  }

  package func respond(to id: RequestID, failing error: WireError) {
    guard incoming.remove(id) != nil, !isClosed else { return }
    answer(id, error)
  }

  private func answer(_ id: RequestID, _ error: WireError) {
    do throws(WireError) {
      let frame: Frame
      do throws(WireError) {
        frame = try Frame.failure(id, error, limit: options.frameBytes)
      } catch {
        // The error itself is too long; that it is so is not.
        frame = try Frame.failure(id, error, limit: options.frameBytes)
      }
      try enqueue(frame)
    } catch {
      close(because: error)
    }
  }

  private func enqueue(_ frame: Frame) throws(WireError) {
    if outputFailure != nil { return }
    if queue.count + frame.bytes.count > options.queueBytes {
      throw WireError(
        .notReading,
        "\(queue.count) bytes wait for the peer; the limit is \(options.queueBytes)",
        data: ["limit": "queue_bytes", "value": .integer(Int64(queue.count))]
      )
    }
    queue.append(frame.bytes)
    guard !willFlush else { return }
    willFlush = true
    loop.deferred { [weak self] in
      self?.willFlush = false
      self?.flush()
    }
  }

  /// Writes what the descriptor takes now and arranges for the rest.
  private func flush() {
    guard !isClosed, outputFailure == nil else { return }
    switch queue.write(to: outputRaw, isSocket: isSocket) {
    case .failure(let error): outputBroke(Self.closedByPeer(error))
    case .success(let progressed):
      updateStallTimer(progressed: progressed)
      updateInterest()
      serveBacklog()
    }
  }

  /// The peer reads no more. What it wrote before, perhaps the reason, is taken in before the connection closes.
  private func outputBroke(_ error: WireError) {
    outputFailure = error
    queue.removeAll()
    backlog.removeAll()
    updateStallTimer(progressed: false)
    updateInterest()
    if pauses == 0 { readToEnd() }
  }

  private func readToEnd() {
    guard let outputFailure else { return }
    // More than a pipe or a socket holds, and yet an end when the peer goes on writing.
    for _ in 0..<64 where !read() { break }
    close(because: outputFailure)
  }

  private func updateStallTimer(progressed: Bool) {
    if let timer = stallTimer, progressed || queue.isEmpty {
      loop.cancel(timer)
      stallTimer = nil
    }
    guard stallTimer == nil, !queue.isEmpty else { return }
    stallTimer = loop.schedule(after: options.stallTimeout) { [weak self] in
      guard let self else { return }
      close(
        because: WireError(
          .notReading,
          "peer read nothing for \(options.stallTimeout.count) ms while \(queue.count) bytes waited"
        )
      )
    }
  }

  // MARK: Pausing

  /// Stops reading until `resumeReading`; calls nest. What was already read is still delivered.
  package func pauseReading() {
    pauses += 1
    updateInterest()
  }

  package func resumeReading() {
    pauses = max(0, pauses - 1)
    updateInterest()
    guard pauses == 0, outputFailure != nil || !backlog.isEmpty else { return }
    loop.deferred { [weak self] in
      guard let self, !isClosed, pauses == 0 else { return }
      if outputFailure != nil { readToEnd() } else { serveBacklog() }
    }
  }

  /// Whether the peer's requests wait until it has read more.
  var isCongested: Bool { queue.count > options.highWaterBytes }
  var mayServe: Bool { !isClosed && !isCongested && pauses == 0 }

  func updateInterest() {
    guard !isClosed else { return }
    let wantsInput: Readiness = pauses == 0 && backlog.bytes <= options.backlogBytes ? .readable : []
    let wantsOutput: Readiness = queue.isEmpty ? [] : .writable
    do throws(PosixError) {
      if isSocket {
        try watch(inputRaw, for: wantsInput.union(wantsOutput), was: &inputInterest)
      } else {
        try watch(inputRaw, for: wantsInput, was: &inputInterest)
        try watch(outputRaw, for: wantsOutput, was: &outputInterest)
      }
    } catch {
      close(because: WireError(.internalError, error.description))
    }
  }

  /// Without interest a descriptor is not watched at all: a hang-up would be told again and again.
  private func watch(_ raw: Int32, for interest: Readiness, was: inout Readiness) throws(PosixError) {
    if interest == was { return }
    if interest.isEmpty {
      loop.unwatch(raw)
    } else if was.isEmpty {
      try loop.watch(raw, for: interest, handler: self)
    } else {
      try loop.change(raw, to: interest)
    }
    was = interest
  }

  // MARK: Closing

  /// Tells the peer why, if it can still hear it, and closes.
  package func reportAndClose(_ error: WireError) {
    guard !isClosed else { return }
    if let frame = try? Frame.failure(nil, error, limit: options.frameBytes) {  // Safety: only an error about an error.
      queue.append(frame.bytes)
    }
    close(because: error)
  }

  /// Ends the conversation: outstanding requests are answered with `connection_closed`, then the owner is told. Of what
  /// still waits, as much is written as the descriptor takes at once, so that an answer given just before is heard.
  package func close(because error: WireError?) {
    guard !isClosed else { return }
    isClosed = true
    if let stallTimer { loop.cancel(stallTimer) }
    if outputFailure == nil { _ = queue.write(to: outputRaw, isSocket: isSocket) }
    queue.removeAll()
    backlog.removeAll()
    if !inputInterest.isEmpty { loop.unwatch(inputRaw) }
    if !outputInterest.isEmpty { loop.unwatch(outputRaw) }
    input = nil
    output = nil
    let unanswered = outstanding
    outstanding = [:]
    incoming = []
    let reason = WireError(.connectionClosed, "connection closed" + (error.map { ": \($0.message)" } ?? ""))
    for (_, entry) in unanswered.sorted(by: { $0.key < $1.key }) {
      if let timer = entry.timer { loop.cancel(timer) }
      entry.completion?(.failure(reason))
    }
    owner?.closed(self, because: error)
  }

  static func closedByPeer(_ error: PosixError) -> WireError {
    WireError(.connectionClosed, "peer closed the connection (\(error))")
  }
}

extension Connection: ReadinessHandler {
  package func ready(_ readiness: Readiness) {
    if isClosed { return }
    let hasHungUp = !readiness.isDisjoint(with: .hangUp)
    // Which of the two descriptors hung up is not said; trying each finds out.
    if readiness.contains(.writable) || hasHungUp && !queue.isEmpty { flush() }
    if isClosed { return }
    // A hang-up is read to its end, so that nothing the peer had sent before is lost.
    if inputInterest.contains(.readable), readiness.contains(.readable) || hasHungUp { read() }
  }
}
