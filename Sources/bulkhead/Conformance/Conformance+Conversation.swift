internal import JSON
internal import Wire

extension Conformance {
  /// What every worker must cope with between `initialize` and its end.
  func checkConversation() {
    rule("ping") { () throws(Broken) in try ping("answered when idle") }
    rule("ids") { () throws(Broken) in
      let id = RequestID.string("check-\u{E9}-\u{1F6A2}")
      let examination = try session()
      try examination.send(Examination.frame(id, Ping()).bytes)
      // The examination only knows numbers, so the answer arrives as one to nothing.
      let event = examination.process.next(within: patience)
      if case .message(.result(id, _)) = event { return .pass("an id that is a text comes back unchanged") }
      if case .message(.result(let other, _)) = event { return .fail("id \(id) came back as \(other)") }
      if case .message(.failure(let other?, let error)) = event {
        return .fail("'ping' with id \(id) was answered to id \(other) with \(error.name.rawValue): \(error.message)")
      }
      throw Broken(reason: "no answer to 'ping' with the id \(id)\(examination.ending)")
    }
    rule("split frames") { () throws(Broken) in try splitFrames() }
    rule("large frame") { () throws(Broken) in try largeFrame() }
    rule("unknown request") { () throws(Broken) in
      let examination = try session()
      let id = examination.begin()
      try examination.send(
        Self.framed(["jsonrpc": "2.0", "id": .integer(id), "method": "check/unknown", "params": [:]])
      )
      switch try examination.answer(to: id) {
      case .failure(let error) where error.code == -32601: return .pass("answered with -32601")
      case .failure(let error): return .fail("answered with \(error.code) (\(error.message)) where -32601 is due")
      case .success: return .fail("answered with a result where the error -32601 is due")
      }
    }
    rule("invalid params") { () throws(Broken) in
      let examination = try session()
      let id = examination.begin()
      let params: JSON = ["tool": 7, "input": []]
      try examination.send(
        Self.framed(["jsonrpc": "2.0", "id": .integer(id), "method": "tool/invoke", "params": params])
      )
      guard case .failure(let error) = try examination.answer(to: id) else {
        return .fail("'tool/invoke' with \(params) was answered with a result")
      }
      _ = try ping("")
      return .pass("answered with \(error.code) (\(error.name.rawValue)) and went on")
    }
    rule("unknown tool") { () throws(Broken) in
      let invoke = Self.invocation(of: "check.no-such-tool", [:], step: "unknown", patience: patience)
      guard case .failure(let error) = try session().ask(invoke) else {
        return .fail("a tool that it does not offer was answered with a result")
      }
      return .pass("answered with \(error.code) (\(error.name.rawValue))")
    }
    rule("cancel") { () throws(Broken) in
      let cancel = Cancel(id: .number(RequestID.maximum), reason: .caller)
      try session().send(Examination.frame(nil, cancel).bytes)
      _ = try ping("")
      return .pass("'cancel' of an id that is not open is survived")
    }
  }

  @discardableResult
  private func ping(_ praise: String) throws(Broken) -> Outcome {
    switch try session().ask(Ping()) {
    case .success(let result) where result.isEmpty || result.keys == ["meta"]: return .pass(praise)
    case .success(let result): return .fail("answered with \(JSON.object(result)) where {} is due")
    case .failure(let error): throw Broken(reason: "'ping' was answered with \(error.name.rawValue): \(error.message)")
    }
  }

  /// A pipe keeps no boundaries: frames come in pieces, and several at once.
  private func splitFrames() throws(Broken) -> Outcome {
    let examination = try session()
    let slow = examination.begin()
    for byte in try Examination.frame(.number(slow), Ping()).bytes {
      try examination.send([byte])
      examination.listen(1)
    }
    let first = examination.begin()
    let second = examination.begin()
    try examination.send(
      Examination.frame(.number(first), Ping()).bytes + Examination.frame(.number(second), Ping()).bytes
    )
    for id in [slow, first, second] {
      if case .failure(let error) = try examination.answer(to: id) {
        return .fail("a 'ping' in pieces was answered with \(error.name.rawValue): \(error.message)")
      }
    }
    return .pass("read byte by byte, and two at once")
  }

  /// The largest payload that the protocol allows; what pads it is `meta`, which nobody needs to understand.
  private func largeFrame() throws(Broken) -> Outcome {
    let examination = try session()
    let id = examination.begin()
    func message(_ padding: Int) -> [UInt8] {
      let text = JSON.string(String(repeating: "x", count: padding))
      return Self.framed([
        "jsonrpc": "2.0", "id": .integer(id), "method": "ping", "params": ["meta": ["padding": text]],
      ])
    }
    let bytes = message(Limit.frameBytes - (message(0).count - 4))
    try examination.send(bytes)
    if case .failure(let error) = try examination.answer(to: id) {
      return .fail("a 'ping' of \(bytes.count - 4) bytes was answered with \(error.name.rawValue): \(error.message)")
    }
    return .pass("a frame of \(bytes.count - 4) bytes is read")
  }
}
