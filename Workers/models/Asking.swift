internal import HTTP
internal import JSON
internal import Models
internal import Posix
internal import Synchronization
internal import WorkerKit

/// One request to a provider, and its answer while it comes.
///
/// Safety: lives on the worker's loop.
final class Asking: HTTPReceiver, @unchecked Sendable {
  /// Of an answer that is none: what is read of it.
  private static let errorBytes = 1 << 20
  /// Of a whole answer: less than this is nothing useful yet.
  private static let usefulBytes = 1024

  private let format: ModelFormat
  private let asksForStream: Bool
  private let emit: (ModelDelta) -> Void
  private var reader: ReplyReader
  private var head = HTTPHead(status: 0, headers: [])
  private var errorBody: [UInt8] = []
  private var sinceUseful = 0
  private var fault: ModelError?
  private var continuation: CheckedContinuation<Result<ModelResponse, ModelError>, Never>?
  /// The exchange, for a recording; nil: none is wanted.
  private var tape: Tape?

  struct Tape {
    var bytes: [[UInt8]] = []
    var count = 0
    static let limit = 32 << 20
  }

  init(_ format: ModelFormat, streams: Bool, isRecorded: Bool, _ emit: @escaping (ModelDelta) -> Void) {
    self.format = format
    asksForStream = streams
    self.emit = emit
    reader = ReplyReader(format, isStream: streams)
    if isRecorded { tape = Tape() }
  }

  /// Sends it. Cancelling the task closes the connection.
  func send(_ request: HTTPRequest, by client: HTTPClient) async -> Result<ModelResponse, ModelError> {
    // Safety: touched on the loop only; the handler may run elsewhere, and goes there first.
    let exchange = Mutex<(started: HTTPExchange?, isCancelled: Bool)>((nil, false))
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        self.continuation = continuation
        let started = client.start(request, self)
        let isCancelled = exchange.withLock { state in
          state.started = started
          return state.isCancelled
        }
        if isCancelled { started?.cancel() }
      }
    } onCancel: {
      client.perform {
        let started = exchange.withLock { state in
          state.isCancelled = true
          return state.started
        }
        started?.cancel()
      }
    }
  }

  /// The same from a recording.
  func play(_ exchange: Recording.Exchange) -> Result<ModelResponse, ModelError> {
    received(HTTPHead(status: exchange.status, headers: [("content-type", exchange.contentType)]))
    for chunk in exchange.chunks {
      var chunk = chunk
      let verdict = chunk.withUTF8 { received(UnsafeRawBufferPointer($0)) }
      if verdict == .enough { break }
    }
    return outcome(nil)
  }

  /// What was recorded: status, type and the text in the pieces it came in.
  func recorded(provider: String, path: String, body: JSON) -> Recording.Exchange? {
    guard let tape, head.status != 0 else { return nil }
    return Recording.Exchange(
      provider: provider,
      path: path,
      body: body,
      status: head.status,
      contentType: head.first("content-type") ?? "",
      chunks: Self.texts(tape.bytes)
    )
  }

  /// The pieces as texts: a character that came in two pieces is moved to the second.
  private static func texts(_ pieces: [[UInt8]]) -> [String] {
    var rest: [UInt8] = []
    var texts: [String] = []
    for piece in pieces {
      rest += piece
      var end = rest.count
      // At most three bytes of a character can be waiting for the rest.
      for back in 1...3 where back <= rest.count {
        let byte = rest[rest.count - back]
        if byte & 0xC0 == 0x80 { continue }
        let length = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
        if length > back { end = rest.count - back }
        break
      }
      if end > 0 { texts.append(String(decoding: rest[..<end], as: UTF8.self)) }
      rest.removeFirst(end)
    }
    if !rest.isEmpty { texts.append(String(decoding: rest, as: UTF8.self)) }
    return texts
  }

  // MARK: What comes

  func received(_ head: HTTPHead) {
    self.head = head
    let type = (head.first("content-type") ?? "").lowercased()
    // What was asked to stream may be answered in one piece all the same, and a recording the other way round.
    if type.hasPrefix("text/event-stream") || type.hasPrefix("application/x-ndjson") {
      if !asksForStream { reader = ReplyReader(format, isStream: true) }
    } else if asksForStream, type.hasPrefix("application/json"), format != .ollama {
      reader = ReplyReader(format, isStream: false)
    }
  }

  func received(_ bytes: UnsafeRawBufferPointer) -> HTTPVerdict {
    if tape != nil, tape!.count < Tape.limit {
      tape!.bytes.append([UInt8](bytes))
      tape!.count += bytes.count
    }
    guard head.status == 200 else {
      errorBody += bytes.prefix(Self.errorBytes - errorBody.count)
      return errorBody.count < Self.errorBytes ? .useless : .enough
    }
    do throws(ModelError) {
      let before = reader.records
      try reader.take(bytes, emit)
      if reader.isDone { return .useful }
      if reader.records > before { return .useful }
      sinceUseful += bytes.count
      if sinceUseful < Self.usefulBytes { return .useless }
      sinceUseful = 0
      return .useful
    } catch {
      fault = error
      return .enough
    }
  }

  func ended(_ error: HTTPError?) {
    let continuation = continuation
    self.continuation = nil
    continuation?.resume(returning: outcome(error))
  }

  private func outcome(_ error: HTTPError?) -> Result<ModelResponse, ModelError> {
    do throws(ModelError) {
      if let fault { throw fault }
      if let error {
        // A server that hangs up after its last record has said it all.
        if error.kind == .connectionLost, head.status == 200, reader.isDone { return .success(try reader.finish(emit)) }
        throw Self.modelError(error, isAnswering: head.status == 200)
      }
      guard head.status == 200 else {
        throw ProviderFailure.of(status: head.status, body: errorBody) { head.first($0) }
      }
      return .success(try reader.finish(emit))
    } catch {
      return .failure(error)
    }
  }

  static func modelError(_ error: HTTPError, isAnswering: Bool) -> ModelError {
    switch error.kind {
    case .hostNotFound: ModelError(.hostNotFound, "its host is not known: \(error.detail)")
    case .connectionRefused, .addressRefused: ModelError(.connectionRefused, "it cannot be connected to: \(error.detail)")
    case .connectTimeout: ModelError(.connectTimeout, "no connection in time: \(error.detail)")
    case .tlsUntrusted:
      ModelError(
        .tlsUntrusted,
        "its certificate is not trusted: \(error.detail)",
        hint: "'ca_file' names other authorities"
      )
    case .noAuthorities: ModelError(.tlsFailed, "there is nobody to trust: \(error.detail)")
    case .tlsFailed: ModelError(.tlsFailed, "it does not agree on TLS: \(error.detail)")
    case .firstByteTimeout: ModelError(.firstByteTimeout, error.detail)
    case .stalled: ModelError(.stalled, error.detail)
    case .connectionLost:
      ModelError(isAnswering ? .streamCut : .connectionLost, "the connection was lost: \(error.detail)")
    case .badResponse, .headersTooLarge: ModelError(.malformedReply, "this is no HTTP: \(error.detail)")
    case .invalidRequest:
      ModelError(.invalidRequest, "the request cannot be sent: \(error.detail)", hint: "look at the base_url")
    case .cancelled: ModelError(.failed, "cancelled")
    case .failed: ModelError(.failed, error.detail)
    }
  }
}
