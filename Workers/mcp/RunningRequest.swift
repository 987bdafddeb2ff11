internal import JSON
internal import MCP
internal import Posix
internal import WorkerKit

/// One request on its way to the server, from the wish to the answer.
///
/// Safety: touched on the loop's thread alone.
final class RunningRequest: @unchecked Sendable {
  let request: ClientRequest
  /// nil: the bridge's own wish.
  let call: Call?
  private var finish: ((Result<ClientReply, WireError>) -> Void)?
  /// Where it was sent.
  private(set) var session: ServerSession?
  private(set) var id: CallID?
  /// What it failed by, where the session only knows that it was given up.
  var failure: WireError?
  private var reportedAt = BootTime(nanoseconds: 0)

  /// Between two reports of progress.
  private static let reportMS: Int64 = 50

  init(_ request: ClientRequest, _ call: Call?) {
    self.request = request
    self.call = call
  }

  var isOver: Bool { finish == nil }
  var isSent: Bool { session != nil && !isOver }

  func begin(_ finish: @escaping (Result<ClientReply, WireError>) -> Void) { self.finish = finish }

  func end(_ result: Result<ClientReply, WireError>) {
    let finish = finish
    self.finish = nil
    finish?(result)
  }

  func sent(to session: ServerSession, as id: CallID) { (self.session, self.id) = (session, id) }

  /// False: it was not sent yet.
  func cancelAtServer() -> Bool {
    guard let session, let id, !isOver else { return false }
    session.cancel(id)
    return true
  }

  func report(_ progress: ServerProgress, _ redact: Redactor) {
    guard let call else { return }
    let isEnd = progress.total.map { progress.progress >= $0 } ?? false
    let now = BootTime.now
    guard isEnd || now.milliseconds(since: reportedAt) >= Self.reportMS else { return }
    reportedAt = now
    let share = progress.total.flatMap { $0 > 0 ? progress.progress / $0 : nil }
    let fraction = share.flatMap { (0...1).contains($0) ? $0 : nil }
    let text = progress.message ?? "\(progress.progress)" + (progress.total.map { " of \($0)" } ?? "")
    call.progress(.status, redact(shortened(text, 4096)), fraction: fraction)
  }
}

extension Bridge {
  /// Sends a request and waits for its answer; cancelling the task asks the server to stop.
  func perform(_ request: ClientRequest, _ call: Call?) async throws -> ClientReply {
    let running = RunningRequest(request, call)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        running.begin { continuation.resume(with: $0.mapError { $0 as any Error }) }
        begin(running)
      }
    } onCancel: {
      start.loop.perform { self.cancel(running) }
    }
  }

  private func begin(_ request: RunningRequest) {
    if Task.isCancelled { return request.end(.failure(Self.cancelled)) }
    running[ObjectIdentifier(request)] = request
    watchIdle()
    withSession(request.call?.remainingMS) { [self] result in
      if request.isOver { return }
      switch result {
      case .failure(let error): finish(request, .failure(error))
      case .success(let session):
        if mustWait(request, session) { queued.append(request) } else { send(request, session) }
      }
    }
  }

  private func send(_ request: RunningRequest, _ session: ServerSession) {
    var options = CallOptions(timeoutMS: settings.timeoutMS, wantsProgress: request.call != nil)
    if let parent = request.call?.traceparent { options.meta["traceparent"] = .string(parent) }
    let redact = settings.redact
    let id = session.begin(request.request, options) { [unowned request] in
      request.report($0, redact)
    } finish: { [self] result in
      let wasOpen = session.server != nil
      finish(request, result.mapError { request.failure ?? wireError($0, wasOpen: wasOpen) })
    }
    request.sent(to: session, as: id)
  }

  private func finish(_ request: RunningRequest, _ result: Result<ClientReply, WireError>) {
    running[ObjectIdentifier(request)] = nil
    request.end(result)
    releaseQueued()
    watchIdle()
  }

  private func cancel(_ request: RunningRequest) {
    if request.isOver || request.cancelAtServer() { return }
    queued.removeAll { $0 === request }
    finish(request, .failure(Self.cancelled))
  }

  private static let cancelled = WireError(.cancelled, "stopped because it was asked to")

  // MARK: One at a time

  /// A legacy server does not say for which call it asks a person or a model. Where it may, its calls run one by one, so
  /// that what it asks is counted where it belongs.
  private func mustWait(_ request: RunningRequest, _ session: ServerSession) -> Bool {
    guard request.call != nil, settings.mayElicit || settings.sampling != nil else { return false }
    guard session.server?.version.era != .modern else { return false }
    return running.values.contains { $0 !== request && $0.call != nil && $0.isSent }
  }

  func releaseQueued() {
    guard !queued.isEmpty else { return }
    guard let session else {
      let lost = queued
      queued = []
      for request in lost { begin(request) }
      return
    }
    while let next = queued.first, !mustWait(next, session) {
      queued.removeFirst()
      send(next, session)
    }
  }

  // MARK: Failures

  /// An answer was too long to be read. Where only one call waits, it was that one's.
  func loseOversized(_ what: String) {
    let sent = running.values.filter(\.isSent)
    guard sent.count == 1, let request = sent.first else { return }
    request.failure = WireError(.limitExceeded, "the server's answer is \(what)", data: ["limit": "message_bytes"])
    _ = request.cancelAtServer()
  }

  private func wireError(_ failure: ClientFailure, wasOpen: Bool) -> WireError {
    let message = settings.redact(shortened(failure.message, 4096))
    switch failure.code {
    case .server(let code):
      var data: JSONObject = ["code": .integer(code.rawValue)]
      if let detail = failure.data, detail.serialized().count <= 4096 { data["detail"] = settings.redact(detail) }
      return WireError(.toolFailed, message, data: data)
    case .transport(let kind):
      // What was sent may have been done: whether it may be sent again is not for us to say.
      guard wasOpen else { return unavailable(message) }
      return WireError(
        .workerLost,
        "the server of '\(start.kind)' was lost: \(message)",
        data: ["reason": .string(kind.rawValue)]
      )
    case .closed:
      guard wasOpen else { return unavailable(message) }
      return WireError(.workerLost, "the server of '\(start.kind)' was lost: \(message)")
    case .timedOut: return WireError(.deadlineExceeded, message)
    case .cancelled: return Self.cancelled
    case .noCapability: return WireError(.toolFailed, message, data: ["reason": "no_capability"])
    case .noCommonVersion: return WireError(.versionMismatch, message)
    case .badAnswer: return WireError(.invalidOutput, message)
    case .tooManyCalls: return WireError(.overloaded, message)
    case .tooMuchInput, .inputRefused: return WireError(.refused, message)
    }
  }
}
