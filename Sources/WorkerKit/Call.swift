public import JSON
internal import Posix
internal import Synchronization
public import Wire

/// One invocation of a tool, as its function sees it.
public final class Call: Sendable {
  public let tool: String
  /// Already checked against the tool's schema.
  public let input: JSON
  public let job: String
  public let step: String
  /// 1, 2, …
  public let attempt: Int64
  /// The same for every attempt of the same work; hand it to services that know such keys.
  public let idempotencyKey: String
  /// W3C trace context of the caller.
  public let traceparent: String?
  /// The effective privileges and limits of this call.
  public let needs: Needs?
  public let limits: ResourceLimits?
  /// What was reserved for this call, of money and of what runs out; nil: nothing bounds it.
  public let budget: Budget?

  private let id: RequestID
  private let deadline: Mutex<BootTime>
  private let link: SessionLink
  private let results = Mutex<[Artifact]>([])
  private let used = Mutex<Receipt?>(nil)
  private let failed = Mutex<String?>(nil)

  init(_ message: ToolInvoke, id: RequestID, link: SessionLink) {
    tool = message.tool
    input = message.input
    job = message.job
    step = message.step
    attempt = message.attempt
    idempotencyKey = message.idempotencyKey
    traceparent = message.traceparent
    needs = message.needs
    limits = message.limits
    budget = message.budget
    deadline = Mutex(.now + Milliseconds(message.timeoutMS))
    self.id = id
    self.link = link
  }

  /// Milliseconds until the deadline; 0 when it has passed. While a person is waited for about a call that was made here, the
  /// deadline stands still; what remains is known anew when that call has ended.
  public var remainingMS: Int64 { deadline.withLock { $0.milliseconds(since: .now) } }

  /// Whether the coordinator has asked to stop. `Task.isCancelled` says the same inside the function.
  public var isCancelled: Bool { Task.isCancelled }

  /// Reports output or state. Long texts are split. Waits while the coordinator is far behind, except in an inline
  /// function, and once the call is cancelled: what comes too fast is then dropped.
  public func progress(_ kind: Progress.Kind, _ text: String, fraction: Double? = nil) {
    var rest = Substring(text)
    repeat {
      let piece = rest.prefixOfBytes(Limit.progressBytes)
      rest = rest[piece.endIndex...]
      link.report(Progress(id: id, kind: kind, text: String(piece), fraction: fraction))
    } while !rest.isEmpty
  }

  /// Whether what is reported now, up to `bytes`, is sent at once. An inline function that can keep its report until
  /// later loses nothing by asking.
  public func mayReport(_ bytes: Int) -> Bool { link.mayReport(bytes) }

  /// Calls another tool, through the coordinator: its policy, journal and audit see the call.
  public func call(
    _ tool: String,
    _ input: JSON,
    timeoutMS: Int64? = nil,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil
  ) async throws -> ToolResult {
    do {
      var result = try await link.request(
        ToolCall(tool: tool, input: input, invocation: id, timeoutMS: timeoutMS, needs: needs, limits: limits)
      )
      learn(remainingMS: result.remainingMS)
      result.remainingMS = nil
      return result
    } catch let error as WireError {
      learn(remainingMS: error.data["remaining_ms"]?.integerValue)
      throw error
    }
  }

  /// The deadline stood still for a while, as the coordinator says.
  private func learn(remainingMS: Int64?) {
    guard let remainingMS else { return }
    deadline.withLock { $0 = .now + Milliseconds(max(0, remainingMS)) }
  }

  /// Stores bytes with the coordinator and lists them in this call's result.
  public func addArtifact(name: String, mediaType: String, _ bytes: [UInt8]) async throws -> Artifact {
    var writer = openArtifact(name: name, mediaType: mediaType)
    try await writer.write(bytes[...])
    return try await writer.finish()
  }

  /// Begins an artifact that comes piece by piece, so that no more than a chunk of it is ever held. One that is not
  /// finished is dropped.
  public func openArtifact(name: String, mediaType: String) -> ArtifactWriter {
    ArtifactWriter(self, name: name, mediaType: mediaType)
  }

  func send(_ message: BlobWrite) async throws -> BlobWrite.Response { try await link.request(message) }

  func request<Message: WireRequest>(_ message: Message) async throws -> Message.Response {
    try await link.request(message)
  }

  func list(_ artifact: Artifact) { results.withLock { $0.append(artifact) } }

  /// Reads a whole artifact, at most `limit` bytes.
  public func readArtifact(_ sha256: String, limit: Int = 64 << 20) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let part = try await link.request(
        BlobRead(sha256: sha256, offset: Int64(bytes.count), length: Int64(Limit.blobChunkBytes))
      )
      if part.total > limit {
        throw WireError(
          .limitExceeded,
          "artifact of \(part.total) bytes exceeds the limit of \(limit)",
          data: ["limit": "artifact"]
        )
      }
      bytes += part.data
      if part.data.isEmpty || bytes.count >= part.total { return bytes }
    }
  }

  /// Says what the call has used; the last one counts. Of a call that then fails, its error tells it (`data.receipt`).
  public func setReceipt(_ receipt: Receipt) { used.withLock { $0 = receipt } }

  /// Says why what was run did not succeed, although this call has an output: a plan's step fails with it.
  public func setFailure(_ message: String) { failed.withLock { $0 = message } }

  var failure: String? { failed.withLock { $0 } }

  var receipt: Receipt? { used.withLock { $0 } }

  var artifacts: [Artifact] { results.withLock { $0 } }
}

extension WireError {
  /// What failed was paid all the same. A receipt that came with an error from elsewhere is not this call's.
  func with(_ receipt: Receipt?) -> WireError {
    guard receipt != nil || self.data["receipt"] != nil else { return self }
    var data = self.data
    data["receipt"] = receipt.flatMap { receipt in
      var writer = JSONWriter()
      writer.object(receipt)
      return try? JSON(parsing: writer.finish())  // Safety: the writer's own output is JSON.
    }
    return WireError(name, message, data: data)
  }
}

extension Substring {
  /// The longest start of at most `limit` UTF-8 bytes that splits no character.
  fileprivate func prefixOfBytes(_ limit: Int) -> Substring {
    if utf8.count <= limit { return self }
    var end = utf8.index(startIndex, offsetBy: limit)
    while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
    return self[..<end]
  }
}
