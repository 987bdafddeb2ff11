internal import JSON

extension ClientSession {
  /// The transport received bytes.
  package mutating func received(_ bytes: [UInt8], on request: MessageID?, now: Int64) -> [ClientEffect] {
    guard stage != .ended else { return [] }
    let messages: [Result<MCPMessage, MCPMessage.Fault>]
    do throws(MCPMessage.Fault) {
      messages = try MCPMessage.read(bytes, settings.limits)
    } catch {
      return faulty(error, on: request, now: now)
    }
    var effects: [ClientEffect] = []
    for message in messages {
      // The first may have ended the session.
      if stage == .ended { break }
      switch message {
      case .success(let message): effects += received(message, bytes: bytes.count, on: request, now: now)
      case .failure(let fault): effects += faulty(fault, on: request, now: now)
      }
    }
    return effects
  }

  private mutating func faulty(_ fault: MCPMessage.Fault, on request: MessageID?, now: Int64) -> [ClientEffect] {
    counters.malformed += 1
    if fault.isAnswer, let id = fault.id, let purpose = waiting.removeValue(forKey: id) {
      return broken(purpose, fault.detail, now: now)
    }
    // Over HTTP nothing else comes as an answer to this request.
    guard settings.channel == .http, let request, let purpose = waiting[request], purpose != .listen else { return [] }
    waiting[request] = nil
    return [.abandon(request)] + broken(purpose, fault.detail, now: now)
  }

  /// An answer that is no answer.
  private mutating func broken(_ purpose: Purpose, _ detail: String, now: Int64) -> [ClientEffect] {
    switch purpose {
    case .call(let id):
      calls[id]?.message = nil
      return finish(id, .failure(ClientFailure(.badAnswer, "the server's answer is no message: \(detail)")), now: now)
    case .probe where stage == .probing && settings.channel == .lines && !opening.isModern:
      return settings.demanded == nil ? initialize(now: now) : end(ClientFailure(.badAnswer, detail))
    case .probe, .initialize:
      return stage == .open ? [] : end(ClientFailure(.badAnswer, "the server's answer is no message: \(detail)"))
    case .listen: return listeningEnded(now: now)
    case .logLevel: return []
    }
  }

  private mutating func received(
    _ message: MCPMessage,
    bytes: Int,
    on request: MessageID?,
    now: Int64
  ) -> [ClientEffect] {
    switch message {
    case .request(let id, let method, let params): return requested(id, method, params, on: request, now: now)
    case .notification(let method, let params): return noticed(method, params, on: request, now: now)
    case .result(let id, let result):
      guard let purpose = waiting.removeValue(forKey: id) else { return uncalled(id) }
      return succeeded(purpose, result, bytes: bytes, now: now)
    case .error(let id, let error):
      guard let id = addressee(id, on: request), let purpose = waiting.removeValue(forKey: id) else {
        return uncalled(id)
      }
      return refused(purpose, error, now: now)
    }
  }

  private mutating func uncalled(_ id: MessageID?) -> [ClientEffect] {
    if let id, wasUsed(id) { counters.lateAnswers += 1 } else { counters.unknownIDs += 1 }
    return []
  }

  /// Whose an error is. Servers that could not read a request, or that refuse it for its session, answer with another id
  /// or with none.
  private func addressee(_ id: MessageID?, on request: MessageID?) -> MessageID? {
    if let id, waiting[id] != nil { return id }
    if let request, waiting[request] != nil { return request }
    guard id == nil, settings.channel == .lines else { return nil }
    // Nothing else is out there while a session opens.
    return waiting.first { stage == .probing ? $0.value == .probe : stage == .initializing && $0.value.isInitialize }?
      .key
  }

  private mutating func succeeded(
    _ purpose: Purpose,
    _ result: JSONObject,
    bytes: Int,
    now: Int64
  ) -> [ClientEffect] {
    switch purpose {
    case .probe: discovered(result, now: now)
    case .initialize: initialized(result, now: now)
    case .call(let id): succeeded(id, result, bytes: bytes, now: now)
    case .listen: listeningEnded(now: now)
    case .logLevel: []
    }
  }

  private mutating func refused(_ purpose: Purpose, _ error: RPCError, now: Int64) -> [ClientEffect] {
    switch purpose {
    case .probe: probeRefused(error, now: now)
    case .initialize(let version): initializeRefused(error, version, now: now)
    case .call(let id): refused(id, error, now: now)
    case .listen: listeningRefused()
    case .logLevel: []
    }
  }

  /// The transport says that a request gets no answer any more.
  package mutating func failed(_ request: MessageID, _ failure: TransportFailure, now: Int64) -> [ClientEffect] {
    guard stage != .ended, let purpose = waiting.removeValue(forKey: request) else { return [] }
    switch purpose {
    case .probe, .initialize: return openingFailed(purpose, failure, now: now)
    case .listen:
      switch failure.kind {
      case .connectionLost, .timedOut, .overloaded, .connectionRefused, .connectTimeout, .tooLarge, .badStatus:
        return listeningEnded(now: now)
      default: return listeningRefused()
      }
    case .logLevel: return []
    case .call(let id):
      calls[id]?.message = nil
      if failure.kind == .sessionLost, calls[id]?.wasRequeued == false { return reopen(for: id, now: now) }
      return finish(id, .failure(ClientFailure(.transport(failure.kind), failure.detail)), now: now)
    }
  }
}
