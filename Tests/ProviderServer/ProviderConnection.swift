internal import Glibc
internal import Posix

/// One client's connection: requests one after the other, each answered as the server is told.
final class ProviderConnection: ReadinessHandler {
  private unowned let server: ProviderServer
  private let raw: Int32
  private let onEnd: () -> Void
  private var input: [UInt8] = []
  private var output: [UInt8] = []
  private var closesWhenSent = false
  private var hasEnded = false
  private var isBusy = false
  private var timer: LoopTimer?

  init(_ server: ProviderServer, _ raw: Int32, onEnd: @escaping () -> Void) {
    self.server = server
    self.raw = raw
    self.onEnd = onEnd
  }

  func begin() {
    do { try server.loop.watch(raw, for: .readable, handler: self) } catch { end(byPeer: false) }
  }

  func ready(_ readiness: Readiness) {
    if readiness.contains(.writable) { flush() }
    guard readiness.contains(.readable) || !readiness.isDisjoint(with: .hangUp) else { return }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(raw, &buffer, buffer.count)
    if count == 0 || (count < 0 && errno != EAGAIN) { return end(byPeer: true) }
    if count > 0 { input += buffer[..<count] }
    takeRequests()
  }

  func end(byPeer: Bool) {
    guard !hasEnded else { return }
    hasEnded = true
    if let timer { server.loop.cancel(timer) }
    server.loop.unwatch(raw)
    close(raw)
    server.state.withLock { state in
      state.open -= 1
      if byPeer { state.closedByPeer += 1 }
    }
    onEnd()
  }

  private func takeRequests() {
    while !isBusy, !hasEnded, let request = nextRequest() {
      isBusy = true
      answer(server.reply(request, keep: true), request)
    }
  }

  private func nextRequest() -> ProviderServer.Request? {
    let mark = Array("\r\n\r\n".utf8)
    guard let end = input.firstRange(of: mark)?.lowerBound else { return nil }
    let lines = String(decoding: input[..<end], as: UTF8.self).split(separator: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
    }
    let length = Int(headers["content-length"] ?? "0") ?? 0
    guard input.count >= end + 4 + length else { return nil }
    // What is no text is not kept: to repair it would take long.
    let body = String(validating: input[(end + 4)..<(end + 4 + length)], as: UTF8.self) ?? ""
    input.removeFirst(end + 4 + length)
    return ProviderServer.Request(line: String(lines.first ?? ""), headers: headers, body: body)
  }

  private func answer(_ reply: ProviderServer.Reply, _ request: ProviderServer.Request) {
    switch reply {
    case .whole(let status, let headers, let body):
      var text = "HTTP/1.1 \(status) X\r\ncontent-length: \(body.utf8.count)\r\n"
      for (name, value) in headers { text += "\(name): \(value)\r\n" }
      send(text + "\r\n" + body)
      done()
    case .echoHeaders:
      let seen = request.headers.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
      let text = seen.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      let body =
        #"{"choices":[{"message":{"content":""# + text
        + #""},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#
      answer(.whole(body: body), request)
    case .pieces(let pieces, let type, let isCut):
      send("HTTP/1.1 200 OK\r\ncontent-type: \(type)\r\ntransfer-encoding: chunked\r\n\r\n")
      send(pieces[...], isCut: isCut)
    case .endless(let text, let wait, let type):
      send("HTTP/1.1 200 OK\r\ncontent-type: \(type)\r\ntransfer-encoding: chunked\r\n\r\n")
      again(text, wait)
    case .raw(let text):
      closesWhenSent = true
      send(text)
    case .silence: break
    case .hangUp: end(byPeer: false)
    case .sequence(let list): if let first = list.first { answer(first, request) }
    }
  }

  private func send(_ pieces: ArraySlice<(wait: Int, text: String)>, isCut: Bool) {
    guard let piece = pieces.first else {
      if isCut {
        closesWhenSent = true
        return flush()
      }
      send("0\r\n\r\n")
      return done()
    }
    let go = { [self] in
      timer = nil
      send(Self.chunk(piece.text))
      if !hasEnded { send(pieces.dropFirst(), isCut: isCut) }
    }
    if piece.wait == 0 { go() } else { timer = server.loop.schedule(after: Milliseconds(Int64(piece.wait)), go) }
  }

  private func again(_ text: String, _ wait: Int) {
    send(Self.chunk(text))
    guard !hasEnded else { return }
    timer = server.loop.schedule(after: Milliseconds(Int64(wait))) { [self] in
      timer = nil
      again(text, wait)
    }
  }

  private static func chunk(_ text: String) -> String {
    String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n"
  }

  /// The next request may be answered.
  private func done() {
    isBusy = false
    if !input.isEmpty { server.loop.deferred { [self] in takeRequests() } }
  }

  private func send(_ text: String) {
    output += Array(text.utf8)
    flush()
  }

  private func flush() {
    guard !hasEnded else { return }
    while !output.isEmpty {
      let count = Glibc.send(raw, output, output.count, Int32(MSG_NOSIGNAL))
      if count < 0 {
        guard errno == EAGAIN else { return end(byPeer: true) }
        return change([.readable, .writable])
      }
      output.removeFirst(count)
    }
    if closesWhenSent { return end(byPeer: false) }
    change(.readable)
  }

  private func change(_ interest: Readiness) {
    do { try server.loop.change(raw, to: interest) } catch { end(byPeer: false) }
  }
}
