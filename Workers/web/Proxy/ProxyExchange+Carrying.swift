// Bytes both ways, once both sides are there.
extension ProxyExchange {
  func carry() {
    guard let server else { return }
    carryUp(server)
    if stage == .carrying { carryDown(server) }
    if stage == .carrying { settle(server) }
  }

  // MARK: To the server

  private var mayReadClient: Bool { up.pending.isEmpty && !up.hasEnded && (isTunnel || !body.isComplete) }

  private func carryUp(_ server: ProxySocket) {
    if !server.write(&up.pending) { stopUp() }
    guard mayReadClient else { return }
    switch client.read(limit: Self.pieceBytes) {
    case .later: break
    case .failed: close()
    case .end:
      up.hasEnded = true
      // A request that will never be whole.
      if !isTunnel { close() }
    case .bytes(let bytes):
      moved()
      do throws(ProxyRefusal) {
        let count = isTunnel ? bytes.count : try body.take(bytes[...])
        sent += Int64(count)
        up.pending = bytes[..<count]
        if !server.write(&up.pending) { stopUp() }
      } catch {
        refuse(error)
      }
    }
  }

  /// The server takes nothing more, and may still have something to say.
  private func stopUp() {
    up.pending = []
    up.hasEnded = true
    up.hasClosed = true
  }

  // MARK: To the run

  private func carryDown(_ server: ProxySocket) {
    guard client.write(&down.pending) else { return close() }
    guard down.pending.isEmpty, !down.hasEnded else { return }
    switch server.read(limit: Self.pieceBytes) {
    case .later: break
    case .failed, .end:
      down.hasEnded = true
      if !isTunnel, !answerHasBegun { refuse(ProxyRefusal(502, "gave no answer", host: target?.text)) }
    case .bytes(let bytes):
      moved()
      received += Int64(bytes.count)
      if isTunnel || answerHasBegun {
        down.pending = bytes[...]
      } else {
        takeAnswer(bytes)
      }
      if stage == .carrying, !client.write(&down.pending) { close() }
    }
  }

  /// Heads of an answer, until the last of them has come.
  private func takeAnswer(_ bytes: [UInt8]) {
    var seen = head.count
    head += bytes
    do throws(ProxyRefusal) {
      while !answerHasBegun, let end = ProxyRequest.endOfHead(head, seen: seen) {
        let answer = try ProxyAnswer.rewritten(head[..<end])
        down.pending = down.pending + answer.bytes
        head.removeFirst(end)
        seen = 0
        answerHasBegun = !answer.isInterim
      }
      if answerHasBegun {
        down.pending = down.pending + head
        head = []
      } else if head.count > ProxyAnswer.headLimit {
        throw ProxyRefusal(502, "the head of the server's answer exceeds \(ProxyAnswer.headLimit) bytes")
      }
    } catch {
      down.pending = []
      refuse(error)
    }
  }

  // MARK: Ends

  /// Passes ends on, and says what is wanted next.
  private func settle(_ server: ProxySocket) {
    if up.hasEnded, up.pending.isEmpty, !up.hasClosed {
      up.hasClosed = true
      server.endWriting()
    }
    if down.hasEnded, down.pending.isEmpty, !down.hasClosed {
      down.hasClosed = true
      client.endWriting()
    }
    // A forwarded answer is the last thing on its connection.
    if down.hasClosed, up.hasClosed || !isTunnel { return close() }
    client.want(reading: mayReadClient, writing: !down.pending.isEmpty)
    server.want(reading: down.pending.isEmpty && !down.hasEnded, writing: !up.pending.isEmpty)
  }
}
