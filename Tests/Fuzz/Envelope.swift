// fuzz: modules=Wire seeds=protocol/examples/good,protocol/examples/edge max_len=4096

import JSON
import Wire

private func text(_ body: some WireBody) -> [UInt8] {
  var writer = JSONWriter()
  writer.object(body)
  return writer.finish()
}

private func parse(_ bytes: [UInt8]) -> JSONObject {
  do throws(JSONError) {
    guard case .object(let object) = try JSON(parsing: bytes) else { preconditionFailure("a body is no object") }
    return object
  } catch {
    preconditionFailure("our own text is refused: \(error)")
  }
}

/// What decodes, encodes; what was encoded decodes to the same.
private func check<T: WireBody>(_ type: T.Type, _ object: JSONObject) {
  let body: T
  do throws(WireError) {
    body = try T.decode(object)
  } catch {
    precondition(error.name == .invalidParams || error.name == .limitExceeded, "\(T.self): \(error.name)")
    precondition(!error.message.isEmpty && error.message.utf8.count < 4096, "\(T.self): a message of the peer's length")
    return
  }
  let first = text(body)
  do throws(WireError) {
    let again = try T.decode(parse(first))
    precondition(text(again) == first, "\(T.self) changes on the way")
  } catch {
    preconditionFailure("\(T.self) refuses what it wrote: \(error)")
  }
}

private let bodies: [any WireBody.Type] = [
  ToolInvoke.self, ToolCall.self, ToolResult.self, Progress.self, Cancel.self, Ping.self, Drain.self, Shutdown.self,
  Empty.self, BlobRead.self, BlobRead.Response.self, BlobWrite.self, BlobWrite.Response.self, InitializeWorker.self,
  InitializeWorker.Response.self, InitializeClient.self, InitializeClient.Response.self, Status.self,
  Status.Response.self, ToolsList.self, ToolsList.Response.self, WorkersList.self, WorkersList.Response.self,
  WorkersReload.self, WorkersReload.Response.self, LogsRead.self, LogsRead.Response.self, Log.self, LogLine.self,
  Needs.self, ResourceLimits.self, Receipt.self, Artifact.self, Tool.self, Peer.self, ConnectionLimits.self,
]

private func checkAll(_ object: JSONObject) { for type in bodies { check(type, object) } }

/// A frame that we write about `id` must be read as the same.
private func reread(_ frame: Frame) -> Envelope {
  let payload = Array(frame.bytes.dropFirst(4))
  return payload.withUnsafeBytes { bytes in
    do throws(WireError) { return try Envelope(payload: bytes) } catch {
      preconditionFailure("our own frame is refused: \(error)")
    }
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  // A body alone is reached far sooner than one inside an envelope. Safety: what does not parse is the envelope's matter.
  if case .object(let object)? = try? JSON(parsing: input) { checkAll(object) }
  let envelope: Envelope
  do throws(WireError) {
    envelope = try Envelope(payload: input)
  } catch {
    precondition(error.name == .parseError || error.name == .invalidRequest)
    precondition(!error.message.isEmpty && error.message.utf8.count < 4096, "a message of the peer's length")
    return 0
  }
  do throws(WireError) {
    switch envelope {
    case .request(let id, let method, let params):
      precondition(!method.isEmpty)
      checkAll(params)
      guard case .failure(id, _) = reread(try Frame.failure(id, WireError(.refused, method))) else {
        preconditionFailure("another id")
      }
    case .notification(let method, let params):
      precondition(!method.isEmpty)
      checkAll(params)
    case .result(let id, let result):
      checkAll(result)
      guard case .result(id, let empty) = reread(try Frame.result(id, Empty())), empty.isEmpty else {
        preconditionFailure("another id")
      }
    case .failure(let id, let error):
      guard case .failure(let again, let same) = reread(try Frame.failure(id, error)), again == id, same == error else {
        preconditionFailure("an error changes on the way")
      }
    }
    for side: Side in [.coordinator, .peer] {
      guard case .request(_, let method, _) = envelope else { break }
      var gate = PhaseGate(.worker, receiver: side)
      gate.phase = .ready
      do throws(WireError) { try gate.admit(method, isRequest: true) } catch {
        precondition([.methodNotFound, .outOfPhase, .invalidRequest].contains(error.name))
      }
    }
  } catch {
    preconditionFailure("our own frame is too large: \(error)")
  }
  return 0
}
