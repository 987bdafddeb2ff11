/// Why a file is no vocabulary.
package struct VocabularyError: Error, Sendable, Equatable, CustomStringConvertible {
  /// From 1; nil: of the file as a whole.
  package let line: Int?
  package let detail: String

  package var description: String { line.map { "line \($0): \(detail)" } ?? detail }
}

extension BytePairVocabulary {
  /// Bytes of a file, at most.
  package static let fileLimit = 16 << 20

  /// Reads `tiktoken`'s file format: on each line a token in base64, a space and its rank in decimal.
  ///
  /// Every single byte must be a token, so that every text has tokens; no token and no rank may come twice.
  package init(parsing file: [UInt8], pattern: TokenPattern) throws(VocabularyError) {
    self.pattern = pattern
    tokens = try file.withUnsafeBufferPointer { (bytes) throws(VocabularyError) in try Self.read(bytes) }
  }

  private static func read(_ file: UnsafeBufferPointer<UInt8>) throws(VocabularyError) -> TokenTable {
    if file.count > fileLimit {
      throw VocabularyError(line: nil, detail: "file of \(file.count) bytes exceeds the limit of \(fileLimit)")
    }
    var table = TokenTable(capacity: file.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) })
    // A bit for each rank so far, 2 MiB at most.
    var isTaken: [UInt64] = []
    var token: [UInt8] = []
    var number = 0
    var start = 0
    while start < file.count {
      number += 1
      var end = start
      while end < file.count, file[end] != UInt8(ascii: "\n") { end += 1 }
      var line = file[start..<end]
      start = end + 1
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      if line.isEmpty { continue }
      do throws(LineError) {
        let rank = try read(line, into: &token)
        while isTaken.count <= rank / 64 { isTaken.append(0) }
        if isTaken[rank / 64] & 1 << UInt64(rank % 64) != 0 { throw LineError("rank \(rank) appears twice") }
        isTaken[rank / 64] |= 1 << UInt64(rank % 64)
        if !token.withUnsafeBufferPointer({ table.insert($0, rank: rank) }) { throw LineError("token appears twice") }
      } catch {
        throw VocabularyError(line: number, detail: error.detail)
      }
    }
    for byte in UInt8.min...UInt8.max {
      if withUnsafePointer(to: byte, { table.rank(.init(start: $0, count: 1)) }) != nil { continue }
      throw VocabularyError(line: nil, detail: "no token for the single byte 0x\(String(byte, radix: 16))")
    }
    return table
  }

  private struct LineError: Error {
    let detail: String
    init(_ detail: String) { self.detail = detail }
  }

  private static func read(
    _ line: Slice<UnsafeBufferPointer<UInt8>>,
    into token: inout [UInt8]
  ) throws(LineError) -> Int {
    guard let space = line.firstIndex(of: UInt8(ascii: " ")) else {
      throw LineError("no space between a token and its rank")
    }
    try decode(line[..<space], into: &token)
    var rank = 0
    let digits = line[(space + 1)...]
    if digits.isEmpty { throw LineError("no rank behind the token") }
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else {
        throw LineError("rank is no decimal number")
      }
      rank = rank * 10 + Int(digit - UInt8(ascii: "0"))
      if rank >= TokenTable.rankLimit { throw LineError("rank is not below the limit of \(TokenTable.rankLimit)") }
    }
    return rank
  }

  /// Base64 with padding (RFC 4648 section 4).
  private static func decode(
    _ text: Slice<UnsafeBufferPointer<UInt8>>,
    into token: inout [UInt8]
  ) throws(LineError) {
    token.removeAll(keepingCapacity: true)
    guard !text.isEmpty, text.count % 4 == 0 else { throw LineError("token is no base64: not in groups of four") }
    guard text.count <= (TokenTable.longest + 2) / 3 * 4 else {
      throw LineError("token exceeds the limit of \(TokenTable.longest) bytes")
    }
    var bits: UInt32 = 0
    var padding = 0
    for (offset, byte) in text.enumerated() {
      let value: UInt8
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      case UInt8(ascii: "=") where offset >= text.count - 2:
        padding += 1
        value = 0
      default: throw LineError("token is no base64: byte 0x\(String(byte, radix: 16))")
      }
      if padding > 0, byte != UInt8(ascii: "=") { throw LineError("token is no base64: text behind '='") }
      bits = bits << 6 | UInt32(value)
      if offset % 4 == 3 {
        token.append(UInt8(truncatingIfNeeded: bits >> 16))
        token.append(UInt8(truncatingIfNeeded: bits >> 8))
        token.append(UInt8(truncatingIfNeeded: bits))
      }
    }
    // Bits that no byte has would make two texts of one token.
    if padding > 0, bits & (padding == 1 ? 0xFF : 0xFFFF) != 0 { throw LineError("token is no base64: bits left over") }
    token.removeLast(padding)
  }
}
