/// Cuts a stream into records: server-sent events (WHATWG HTML section 9.2) or lines. Bounded; takes bytes however they
/// come.
struct EventStream {
  struct Record {
    var event: String
    var data: [UInt8]
  }

  /// One record at most, in bytes.
  static let limit = 8 << 20

  private let hasFields: Bool
  private var line: [UInt8] = []
  private var endsWithReturn = false
  private var isFirstLine = true
  private var event = ""
  private var data: [UInt8] = []
  private var hasData = false
  private var hasRecord = false
  /// Lines before the first record that are no fields: not a stream, then.
  private(set) var stray: [UInt8] = []

  /// - Parameter hasFields: server-sent events; else each line is a record.
  init(hasFields: Bool) { self.hasFields = hasFields }

  mutating func take(
    _ bytes: UnsafeRawBufferPointer,
    _ record: (Record) throws(ModelError) -> Void
  ) throws(ModelError) {
    var start = 0
    var i = 0
    while i < bytes.count {
      let byte = bytes[i]
      if byte == UInt8(ascii: "\n"), endsWithReturn {
        // The second half of CR LF.
        endsWithReturn = false
        start = i + 1
      } else if byte == UInt8(ascii: "\n") || (byte == UInt8(ascii: "\r") && hasFields) {
        endsWithReturn = byte == UInt8(ascii: "\r")
        try append(bytes[start..<i])
        try endLine(record)
        start = i + 1
      } else {
        endsWithReturn = false
      }
      i += 1
    }
    try append(bytes[start...])
  }

  /// The connection ended: a line without an end is a record all the same, an event without its empty line too, since
  /// servers leave both out.
  mutating func finish(_ record: (Record) throws(ModelError) -> Void) throws(ModelError) {
    if !line.isEmpty { try endLine(record) }
    if hasFields, hasData { try dispatch(record) }
  }

  private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) throws(ModelError) {
    if line.count + data.count + stray.count + bytes.count > Self.limit {
      throw ModelError(.replyTooLarge, "a record of the stream exceeds the limit of \(Self.limit) bytes")
    }
    line += bytes
  }

  private mutating func endLine(_ record: (Record) throws(ModelError) -> Void) throws(ModelError) {
    defer { line.removeAll(keepingCapacity: true) }
    if isFirstLine {
      isFirstLine = false
      if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    }
    guard hasFields else {
      if line.contains(where: { $0 > 0x20 }) { try record(Record(event: "", data: line)) }
      return
    }
    if line.isEmpty {
      if hasData { try dispatch(record) }
      event = ""
      return
    }
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    // A comment, which keeps the connection alive.
    if colon == 0 { return }
    var value = line[colon...].dropFirst()
    if value.first == 0x20 { value = value.dropFirst() }
    switch String(decoding: line[..<colon], as: UTF8.self) {
    case "data", "error":
      // llama.cpp's servers had a field of their own for errors.
      if colon == 5 { event = "error" }
      if hasData { data.append(UInt8(ascii: "\n")) }
      data += value
      hasData = true
    case "event": event = String(decoding: value.prefix(256), as: UTF8.self)
    case "id", "retry": break
    default:
      if hasRecord { break }
      if !stray.isEmpty { stray.append(UInt8(ascii: "\n")) }
      stray += line
    }
  }

  private mutating func dispatch(_ record: (Record) throws(ModelError) -> Void) throws(ModelError) {
    defer {
      data = []
      event = ""
      hasData = false
    }
    // Nothing but white space keeps the connection alive.
    guard data.contains(where: { $0 > 0x20 }) else { return }
    hasRecord = true
    stray = []
    try record(Record(event: event, data: data))
  }
}
