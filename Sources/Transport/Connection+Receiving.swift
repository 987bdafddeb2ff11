internal import Glibc
internal import JSON
internal import Posix
internal import Wire

extension Connection {
  /// One read and the handling of what it brought; false when there was nothing to read or the connection is closed.
  @discardableResult
  func read() -> Bool {
    if isClosed { return false }
    let count = loop.withReadBuffer { buffer -> Int in
      let count = Glibc.read(inputRaw, buffer.baseAddress, buffer.count)
      if count > 0 { decoder.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])) }
      return count
    }
    if count > 0 {
      deliver()
    } else if count == 0 {
      endOfInput()
    } else if errno != EAGAIN && errno != EINTR {
      close(because: Self.closedByPeer(.current("read")))
    }
    return count > 0 && !isClosed
  }

  /// Reads and handles what the peer had written before it ended, although another process may still hold its end.
  package func deliverRest() {
    var budget = options.queueBytes
    while budget > 0, read() { budget -= 1 << 16 }
  }

  private func deliver() {
    do throws(WireError) {
      while !isClosed {
        let holds = isCongested || !backlog.isEmpty
        let next = try decoder.next { payload throws(WireError) -> Envelope? in
          let envelope = try parse(payload)
          guard holds, envelope.makesUsWork else { return envelope }
          backlog.append(payload)
          return nil
        }
        guard let next else { break }
        if let envelope = next { try handle(envelope) }
      }
      if !backlog.isEmpty { updateInterest() }
    } catch {
      reportAndClose(error)
    }
  }

  /// Handles requests that had to wait, now that the peer has read enough.
  func serveBacklog() {
    if backlog.isEmpty { return }
    do throws(WireError) {
      while mayServe, let payload = backlog.takeFirst() {
        let result = payload.withUnsafeBytes { payload -> Result<Envelope, WireError> in
          do throws(WireError) { return .success(try parse(payload)) } catch { return .failure(error) }
        }
        try handle(try result.get())
      }
      updateInterest()
    } catch {
      reportAndClose(error)
    }
  }

  private func parse(_ payload: UnsafeRawBufferPointer) throws(WireError) -> Envelope {
    try Envelope(payload: payload, depth: options.depth, values: options.values)
  }

  private func handle(_ envelope: Envelope) throws(WireError) {
    switch envelope {
    case .request(let id, let method, let params):
      guard incoming.insert(id).inserted else {
        throw WireError(.invalidRequest, "id \(id) is used again while its request is outstanding")
      }
      do throws(WireError) { try gate.admit(method, isRequest: true) } catch  where error.name == .methodNotFound {
        respond(to: id, failing: error)
        return
      }
      if incoming.count > options.outstanding {
        respond(
          to: id,
          failing: WireError(
            .overloaded,
            "more than \(options.outstanding) unanswered requests",
            data: ["limit": "outstanding"]
          )
        )
        return
      }
      owner?.received(request: id, method, params, on: self)
    case .notification(let method, let params):
      try gate.admit(method, isRequest: false)
      owner?.received(notification: method, params, on: self)
    case .result(let id, let object): try complete(id, .success(object))
    case .failure(let id?, let error): try complete(id, .failure(error))
    case .failure(nil, let error): close(because: error)
    }
  }

  private func complete(_ id: RequestID, _ result: Result<JSONObject, WireError>) throws(WireError) {
    guard case .number(let number) = id, let entry = outstanding.removeValue(forKey: number) else {
      throw WireError(.unexpectedReply, "reply to id \(id), which is no outstanding request")
    }
    if let timer = entry.timer { loop.cancel(timer) }
    entry.completion?(result)
  }

  private func endOfInput() {
    do throws(WireError) {
      try decoder.finish()
      close(because: nil)
    } catch {
      close(because: error)
    }
  }
}

extension Envelope {
  /// Whether it asks for something to be sent back; `cancel` must not overtake the request that it is about.
  fileprivate var makesUsWork: Bool {
    switch self {
    case .request: true
    case .notification(let method, _): method == Cancel.method
    case .result, .failure: false
    }
  }
}
