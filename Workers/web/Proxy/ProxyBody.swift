/// Counts a request's body off, so that what follows it is never taken for a part of it. Bytes go on as they came.
package struct ProxyBody: Sendable {
  private enum State: Hashable {
    case counted(Int64)
    /// Hexadecimal digits so far, and their value.
    case size(Int, Int64)
    case sizeEnd(Int64)
    case data(Int64)
    case dataReturn, dataEnd, lastReturn, lastEnd, done
  }

  private var state: State

  package init(_ framing: ProxyRequest.BodyFraming) {
    switch framing {
    case .length(let count): state = count == 0 ? .done : .counted(count)
    case .chunked: state = .size(0, 0)
    }
  }

  package var isComplete: Bool { state == .done }

  /// How many of `bytes` belong to the body. A chunk with an extension or a body with trailers is refused: servers
  /// disagree about them.
  package mutating func take(_ bytes: ArraySlice<UInt8>) throws(ProxyRefusal) -> Int {
    var index = bytes.startIndex
    while index < bytes.endIndex, state != .done {
      let left = Int64(bytes.endIndex - index)
      switch state {
      case .counted(let count):
        let part = min(count, left)
        index += Int(part)
        state = part == count ? .done : .counted(count - part)
      case .data(let count):
        let part = min(count, left)
        index += Int(part)
        state = part == count ? .dataReturn : .data(count - part)
      default:
        try step(bytes[index])
        index += 1
      }
    }
    return index - bytes.startIndex
  }

  private mutating func step(_ byte: UInt8) throws(ProxyRefusal) {
    switch state {
    case .size(let digits, let value):
      if byte == 13, digits > 0 {
        state = .sizeEnd(value)
      } else if let digit = Self.digit(byte), digits < 15 {
        state = .size(digits + 1, value << 4 | digit)
      } else {
        throw .malformed("a chunk of its body has no plain size")
      }
    case .sizeEnd(let size):
      try expect(byte, 10)
      state = size == 0 ? .lastReturn : .data(size)
    case .dataReturn:
      try expect(byte, 13)
      state = .dataEnd
    case .dataEnd:
      try expect(byte, 10)
      state = .size(0, 0)
    case .lastReturn:
      try expect(byte, 13)
      state = .lastEnd
    case .lastEnd:
      try expect(byte, 10)
      state = .done
    case .counted, .data, .done: break
    }
  }

  private func expect(_ byte: UInt8, _ due: UInt8) throws(ProxyRefusal) {
    if byte != due { throw .malformed("a chunk of its body does not end where it says") }
  }

  private static func digit(_ byte: UInt8) -> Int64? {
    switch byte {
    case 48...57: Int64(byte) - 48
    case 65...70: Int64(byte) - 55
    case 97...102: Int64(byte) - 87
    default: nil
    }
  }
}

/// The head of a server's answer on its way to the run: said to be the only one on its connection.
package enum ProxyAnswer {
  package static let headLimit = 64 << 10

  /// `head` as the run gets it, and whether another head follows (100 Continue and its like). Throws where the answer is
  /// none, or takes the connection over.
  package static func rewritten(_ head: ArraySlice<UInt8>) throws(ProxyRefusal) -> (bytes: [UInt8], isInterim: Bool) {
    let fields: HeadFields
    do throws(ProxyRefusal) {
      fields = try HeadFields(head, limit: 512)
    } catch {
      throw ProxyRefusal(502, "the server's answer is no HTTP")
    }
    let parts = fields.start.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0].starts(with: Array("HTTP/1.".utf8)), parts[0].count == 8, parts[1].count == 3,
      let status = Int(String(decoding: parts[1], as: UTF8.self)), (100...599).contains(status), status != 101
    else { throw ProxyRefusal(502, "the server's answer is no HTTP") }
    let isInterim = status < 200
    var bytes = Array(fields.start) + [13, 10]
    for field in fields.list where !["connection", "keep-alive", "proxy-connection", "upgrade"].contains(field.name) {
      bytes += field.line + [13, 10]
    }
    if !isInterim { bytes += Array("Connection: close\r\n".utf8) }
    return (bytes + [13, 10], isInterim)
  }
}
