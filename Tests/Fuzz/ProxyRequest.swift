// fuzz: modules=WebProxy seeds=Tests/Fuzz/Seeds/ProxyRequest max_len=4096

import WebProxy

// What a jailed program may send to its proxy: a head, and what follows it as a body.

private func body(_ framing: ProxyRequest.BodyFraming, _ bytes: ArraySlice<UInt8>, pieces: Int) -> (Int, Bool)? {
  var body = ProxyBody(framing)
  var rest = bytes
  var taken = 0
  do throws(ProxyRefusal) {
    while !rest.isEmpty, !body.isComplete {
      taken += try body.take(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
    }
  } catch {
    precondition(error.status == 400, "another refusal")
    return nil
  }
  return (taken, body.isComplete)
}

private func check(_ target: ProxyTarget) {
  do throws(ProxyRefusal) {
    let again = try ProxyTarget(Array(target.text.utf8)[...], defaultPort: nil)
    precondition(again == target, "a target that does not describe itself: \(target.text)")
  } catch {
    preconditionFailure("a target that is none: \(target.text)")
  }
  precondition(target.host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x40 }, target.host)
}

/// What goes to the server: one head with one end, one Host and one way to tell where the body ends.
private func check(_ head: [UInt8], _ target: ProxyTarget, _ framing: ProxyRequest.BodyFraming) {
  precondition(ProxyRequest.endOfHead(head) == head.count, "another end")
  let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
  precondition(lines.count >= 5 && lines[0].hasSuffix(" HTTP/1.1") && !head.contains(0))
  precondition(head.count(where: { $0 == 10 }) == head.count(where: { $0 == 13 }), "a bare CR or LF")
  func count(_ name: String) -> Int { lines.count { $0.lowercased().hasPrefix(name + ":") } }
  precondition(count("host") == 1 && count("connection") == 1)
  precondition(count("proxy-authorization") == 0 && count("upgrade") == 0)
  switch framing {
  case .chunked: precondition(count("transfer-encoding") == 1 && count("content-length") == 0)
  case .length(let length):
    precondition(length >= 0 && count("transfer-encoding") == 0 && count("content-length") <= 1)
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let end = ProxyRequest.endOfHead(bytes)
  for seen in [bytes.count / 2, bytes.count - 1] where seen >= 0 && (end ?? .max) > seen {
    precondition(ProxyRequest.endOfHead(bytes, seen: seen) == end, "another end from \(seen)")
  }
  let head = bytes[..<(end ?? bytes.count)]
  let rest = bytes[(end ?? bytes.count)...]
  do throws(ProxyRefusal) {
    switch try ProxyRequest(head) {
    case .connect(let target): check(target)
    case .forward(let target, let head, let framing):
      check(target)
      check(head, target, framing)
      let whole = body(framing, rest, pieces: max(1, rest.count))
      for pieces in [1, 3] {
        let other = body(framing, rest, pieces: pieces)
        precondition(whole?.0 == other?.0 && whole?.1 == other?.1, "another body in pieces of \(pieces)")
      }
    }
    precondition(end != nil, "a head without an end")
  } catch {
    precondition([400, 403, 431].contains(error.status), "another refusal")
    precondition(error.why.utf8.count <= 512 && !error.why.utf8.contains(10), "a reason of another kind")
  }
  do throws(ProxyRefusal) {
    let answer = try ProxyAnswer.rewritten(head)
    precondition(ProxyRequest.endOfHead(answer.bytes) == answer.bytes.count, "another end of an answer")
  } catch {
    precondition(error.status == 502, "another refusal")
  }
  return 0
}
