package import JSON

/// Reads one answer as its bytes come: cuts them into records, and lets the format make sense of each.
package struct ReplyReader: Sendable {
  enum Framing: Sendable { case events, lines, whole }

  /// A whole answer, and all of a stream's text, in bytes.
  static let limit = 32 << 20

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

  package mutating func take(_ bytes: UnsafeRawBufferPointer, _ emit: (ModelDelta) -> Void) throws(ModelError) {
    total += bytes.count
    if total > Self.limit {
      throw ModelError(.replyTooLarge, "the answer exceeds the limit of \(Self.limit) bytes")
    }
    guard framing != .whole else {
      body += bytes
      return
    }
    // Moved out meanwhile, so that its buffers stay unshared.
    var reader = EventStream(hasFields: false)
    swap(&reader, &stream)
    defer { swap(&reader, &stream) }
    try reader.take(bytes) { (record) throws(ModelError) in try read(record, emit) }
  }

  /// The whole answer, now that the connection has nothing more.
  package mutating func finish(_ emit: (ModelDelta) -> Void) throws(ModelError) -> ModelResponse {
    switch framing {
    case .whole: try decoder.takeWhole(try Self.parse(body, "the answer"))
    case .events, .lines:
      var reader = stream
      try reader.finish { (record) throws(ModelError) in try read(record, emit) }
      if records == 0 { throw ModelError(.emptyReply, "the stream ended before its first record") }
    }
    return try decoder.finish()
  }

  private mutating func read(_ record: EventStream.Record, _ emit: (ModelDelta) -> Void) throws(ModelError) {
    records += 1
    if decoder.isDone { return }
    if record.data.elementsEqual("[DONE]".utf8) { return decoder.takeEndMark() }
    let json = try Self.parse(record.data, "record \(records) of the stream")
    try decoder.take(json, event: record.event, emit)
  }

  /// Throws `html` and `not_json`, told apart since the first is a proxy's or a wrong address.
  package static func parse(_ bytes: [UInt8], _ what: String) throws(ModelError) -> JSON {
    do {
      return try JSON(parsing: bytes)
    } catch {
      let start = bytes.prefix(256).drop { $0 <= 0x20 }
      if start.first == UInt8(ascii: "<") {
        throw ModelError(
          .html,
          "\(what) is HTML where JSON is due",
          hint: "look at the base URL, and at what is in between"
        )
      }
      if start.isEmpty { throw ModelError(.emptyReply, "\(what) is empty") }
      throw ModelError(.notJSON, "\(what) is no JSON: \(error)")
    }
  }
}
