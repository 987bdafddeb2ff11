/// Cuts a body into server-sent events (WHATWG HTML section 9.2); bounded, takes bytes however they come.
package struct ServerEvents: Sendable {
  package struct Event: Sendable, Equatable {
    package var name: String
    package var data: [UInt8]
  }

  /// Bytes of the longest `id`; a longer one is left out.
  private static let longestID = 4096

  private let limit: Int
  private var line: [UInt8] = []
  private var endsWithReturn = false
  private var isFirstLine = true
  private var name = ""
  private var data: [UInt8] = []
  private var hasData = false
  private var pendingID: String?

  /// What resumes the stream behind the last event that came whole; nil: the server gave nothing.
  package private(set) var lastID: String?
  /// How long to wait before connecting again, in milliseconds, as the server wants it.
  package private(set) var retryMS: Int64?

  package init(_ limits: MCPLimits = MCPLimits()) { limit = limits.messageBytes }

  /// A stream that goes on where another one ended.
  package init(resuming other: ServerEvents) {
    limit = other.limit
    lastID = other.lastID
    retryMS = other.retryMS
  }

  /// Calls `take` with each event that `bytes` ends.
  ///
  /// - Returns: false where an event exceeds the limit; then the stream is of no more use.
  package mutating func take(_ bytes: UnsafeRawBufferPointer, _ take: (Event) -> Void) -> Bool {
    var rest = bytes[...]
    if endsWithReturn, rest.first == UInt8(ascii: "\n") { rest = rest.dropFirst() }
    if !bytes.isEmpty { endsWithReturn = false }
    while let end = rest.firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
      guard append(rest[..<end]) else { return false }
      endLine(take)
      let isReturn = rest[end] == UInt8(ascii: "\r")
      rest = rest[(end + 1)...]
      // The second half of CR LF, which may come later.
      if isReturn {
        if rest.isEmpty { endsWithReturn = true }
        if rest.first == UInt8(ascii: "\n") { rest = rest.dropFirst() }
      }
    }
    return append(rest)
  }

  package mutating func take(_ bytes: some Sequence<UInt8>, _ take: (Event) -> Void) -> Bool {
    Array(bytes).withUnsafeBytes { self.take($0, take) }
  }

  private mutating func append(_ piece: Slice<UnsafeRawBufferPointer>) -> Bool {
    if line.count + data.count + piece.count > limit { return false }
    line += piece
    return true
  }

  private mutating func endLine(_ take: (Event) -> Void) {
    defer { line.removeAll(keepingCapacity: true) }
    if isFirstLine {
      isFirstLine = false
      if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    }
    if line.isEmpty { return dispatch(take) }
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    var value = line[colon...].dropFirst()
    if value.first == 0x20 { value = value.dropFirst() }
    switch String(decoding: line[..<colon], as: UTF8.self) {
    case "data":
      if hasData { data.append(UInt8(ascii: "\n")) }
      data += value
      hasData = true
    case "event": name = String(decoding: value.prefix(256), as: UTF8.self)
    case "id" where value.count <= Self.longestID && !value.contains(0):
      pendingID = String(decoding: value, as: UTF8.self)
    case "retry" where !value.isEmpty && value.count <= 9 && value.allSatisfy { (0x30...0x39).contains($0) }:
      retryMS = Int64(String(decoding: value, as: UTF8.self))
    default: break
    }
  }

  private mutating func dispatch(_ take: (Event) -> Void) {
    if let pendingID { lastID = pendingID }
    pendingID = nil
    if hasData { take(Event(name: name.isEmpty ? "message" : name, data: data)) }
    name = ""
    data = []
    hasData = false
  }
}
