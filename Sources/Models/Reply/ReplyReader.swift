package import JSON

/// Reads one answer as its bytes come: cuts them into records, and lets the format make sense of each.
package struct ReplyReader: Sendable {
  enum Framing: Sendable { case events, lines, whole }

  /// A whole answer, in bytes.
  static let limit = 32 << 20
  /// A stream, in bytes: a token of text takes some 300.
  static let streamLimit = 64 << 20

  private let framing: Framing
  private var stream: EventStream
  private var decoder: any ReplyDecoder
  private var body: [UInt8] = []
  private var total = 0
  /// The answer's own end has come.
  package var isDone: Bool { decoder.isDone }
  /// Complete records so far.
  package private(set) var records = 0

  /// - Parameter isStream: whether the answer was said to be one.
  package init(_ format: ModelFormat, isStream: Bool) {
    framing = isStream ? format.framing : .whole
    stream = EventStream(hasFields: format.framing == .events)
    decoder = format.makeDecoder()
  }

  /// Throws `replyTooLarge`, and what is wrong with the records that the bytes complete; then nothing more is to be had.
  package mutating func take(_ bytes: UnsafeRawBufferPointer, _ emit: (ModelDelta) -> Void) throws(ModelError) {
    total += bytes.count
    let limit = framing == .whole ? Self.limit : Self.streamLimit
    if total > limit { throw ModelError(.replyTooLarge, "the answer exceeds the limit of \(limit) bytes") }
    guard framing != .whole else {
      body += bytes
      return
    }
    // Moved out meanwhile, so that its buffers stay unshared.
    var reader = EventStream(hasFields: false)
    swap(&reader, &stream)
    defer { swap(&reader, &stream) }
    try reader.take(bytes) { (record) throws(ModelError) in try read(record, isLast: false, emit) }
  }

  /// The whole answer, now that the connection has nothing more.
  package mutating func finish(_ emit: (ModelDelta) -> Void) throws(ModelError) -> ModelResponse {
    switch framing {
    case .whole: try decoder.takeWhole(try Self.parse(body, "the answer"))
    case .events, .lines:
      var reader = stream
      try reader.finish { (record) throws(ModelError) in try read(record, isLast: true, emit) }
      // What was said to be a stream may be an answer in one piece, or a proxy's page.
      if records == 0 { try decoder.takeWhole(try Self.parse(reader.stray, "the stream")) }
    }
    return try decoder.finish()
  }

  private mutating func read(
    _ record: EventStream.Record,
    isLast: Bool,
    _ emit: (ModelDelta) -> Void
  ) throws(ModelError) {
    records += 1
    if decoder.isDone { return }
    if Self.isEndMark(record.data) { return decoder.takeEndMark() }
    let json: JSON
    do throws(ModelError) {
      json = try Self.parse(record.data, "record \(records) of the stream", isLast: isLast)
    } catch {
      var error = error
      // Behind records that were good: broken on its way, and perhaps not the next time.
      if records > 1, error.code == .notJSON { error.shouldRetry = true }
      throw error
    }
    if record.event == "error", let error = ProviderFailure.inBody(json) ?? ProviderFailure.inBody(["error": json]) {
      throw error
    }
    try decoder.take(json, event: record.event, emit)
  }

  private static func isEndMark(_ data: [UInt8]) -> Bool {
    data.count < 64 && data.filter { $0 > 0x20 }.elementsEqual("[DONE]".utf8)
  }

  /// Throws `html` and `not_json`, told apart since the first is a proxy's or a wrong address.
  ///
  /// - Parameter isLast: whether the connection ended here, which explains half a value: `stream_cut`.
  package static func parse(_ bytes: [UInt8], _ what: String, isLast: Bool = true) throws(ModelError) -> JSON {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = bytes.starts(with: mark) ? bytes[3...] : bytes[...]
    do {
      return try JSON(parsing: text)
    } catch {
      guard let first = text.first(where: { $0 > 0x20 }) else { throw ModelError(.emptyReply, "\(what) is empty") }
      if first == UInt8(ascii: "<") {
        throw ModelError(
          .html,
          "\(what) is HTML where JSON is due",
          hint: "look at the base URL, and at what is in between"
        )
      }
      if isLast, error.code == .truncated {
        throw ModelError(.streamCut, "\(what) ends in the middle")
      }
      throw ModelError(.notJSON, "\(what) is no JSON: \(error)")
    }
  }
}
