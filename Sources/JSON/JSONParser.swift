/// What a parse accepts beyond the grammar. Every bound is checked before memory is taken.
public struct JSONLimits: Sendable {
  /// Nested arrays and objects.
  public var depth: Int
  /// Values in the whole text, containers included; bounds the memory that a small text can unfold into.
  public var values: Int
  /// Whether an object may hold the same key twice (the last one wins, as most readers do).
  public var allowsDuplicateKeys: Bool

  public init(depth: Int = 128, values: Int = 1_000_000, allowsDuplicateKeys: Bool = false) {
    self.depth = depth
    self.values = values
    self.allowsDuplicateKeys = allowsDuplicateKeys
  }
}

extension JSON {
  /// Parses one RFC 8259 text that fills `bytes`. Strict: no comments, no trailing commas, UTF-8 only, no byte-order mark.
  public init(parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    var parser = JSONParser(bytes, limits: limits)
    self = try parser.parseDocument()
  }

  public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
    self = try Self.parsing(bytes, limits)
  }

  public init(parsing bytes: ArraySlice<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    self = try Self.parsing(bytes, limits)
  }

  public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    self = try Self.parsing(ContiguousArray(text.utf8), limits)
  }

  private static func parsing(_ bytes: some Collection<UInt8>, _ limits: JSONLimits) throws(JSONError) -> JSON {
    let result = bytes.withContiguousStorageIfAvailable { buffer -> Result<JSON, JSONError> in
      do throws(JSONError) {
        return .success(try JSON(parsing: UnsafeRawBufferPointer(buffer), limits: limits))
      } catch {
        return .failure(error)
      }
    }
    // Every collection handed in above is contiguous.
    return try (result ?? .failure(JSONError(.truncated, at: 0, "text has no bytes"))).get()
  }
}

/// A recursive-descent parser over borrowed bytes; recursion is bounded by `limits.depth`.
///
/// Safety: `base` is read only at offsets below `count`, each checked just before the read; the caller keeps the
/// buffer alive for the parser's lifetime, which never leaves `JSON.init(parsing:)`.
struct JSONParser {
  private let base: UnsafePointer<UInt8>
  private let count: Int
  private var offset = 0
  private var depth = 0
  private var values = 0
  private let limits: JSONLimits

  init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits) {
    // An empty buffer may have no address; nothing is read from this stand-in because `count` is 0.
    base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(bitPattern: 1)!
    count = bytes.count
    self.limits = limits
  }

  mutating func parseDocument() throws(JSONError) -> JSON {
    skipWhitespace()
    let value = try parseValue()
    skipWhitespace()
    if offset < count {
      throw JSONError(.trailingBytes, at: offset, "unexpected \(byteName(base[offset])) after the value")
    }
    return value
  }

  @inline(__always)
  private mutating func skipWhitespace() {
    while offset < count {
      let byte = base[offset]
      guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
      offset += 1
    }
  }

  private mutating func parseValue() throws(JSONError) -> JSON {
    guard offset < count else { throw truncated("a value") }
    values += 1
    if values > limits.values {
      throw JSONError(.valuesExceeded, at: offset, "more values than the limit of \(limits.values)")
    }
    switch base[offset] {
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "{"): return try parseObject()
    case UInt8(ascii: "["): return try parseArray()
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
    case UInt8(ascii: "t"):
      try expect("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try expect("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try expect("null")
      return .null
    default: throw unexpected("a value")
    }
  }

  private mutating func expect(_ word: StaticString) throws(JSONError) {
    for i in 0..<word.utf8CodeUnitCount {
      guard offset < count else { throw truncated("'\(word)'") }
      guard base[offset] == word.utf8Start[i] else { throw unexpected("'\(word)'") }
      offset += 1
    }
  }

  private mutating func enter() throws(JSONError) {
    depth += 1
    if depth > limits.depth {
      throw JSONError(.depthExceeded, at: offset, "nesting deeper than the limit of \(limits.depth)")
    }
    offset += 1
    skipWhitespace()
  }

  private mutating func parseArray() throws(JSONError) -> JSON {
    try enter()
    var elements: [JSON] = []
    if offset < count, base[offset] == UInt8(ascii: "]") {
      offset += 1
      depth -= 1
      return .array(elements)
    }
    while true {
      elements.append(try parseValue())
      skipWhitespace()
      guard offset < count else { throw truncated("',' or ']'") }
      let byte = base[offset]
      if byte == UInt8(ascii: ",") {
        offset += 1
        skipWhitespace()
      } else if byte == UInt8(ascii: "]") {
        offset += 1
        depth -= 1
        return .array(elements)
      } else {
        throw unexpected("',' or ']'")
      }
    }
  }

  private mutating func parseObject() throws(JSONError) -> JSON {
    let start = offset
    try enter()
    if offset < count, base[offset] == UInt8(ascii: "}") {
      offset += 1
      depth -= 1
      return .object(JSONObject())
    }
    var members: [JSONObject.Member] = []
    while true {
      guard offset < count else { throw truncated("a key") }
      guard base[offset] == UInt8(ascii: "\"") else { throw unexpected("a key") }
      let key = try parseString()
      skipWhitespace()
      guard offset < count else { throw truncated("':'") }
      guard base[offset] == UInt8(ascii: ":") else { throw unexpected("':'") }
      offset += 1
      skipWhitespace()
      members.append(JSONObject.Member(key: key, value: try parseValue()))
      skipWhitespace()
      guard offset < count else { throw truncated("',' or '}'") }
      let byte = base[offset]
      if byte == UInt8(ascii: ",") {
        offset += 1
        skipWhitespace()
      } else if byte == UInt8(ascii: "}") {
        offset += 1
        depth -= 1
        return .object(try makeObject(members, start: start))
      } else {
        throw unexpected("',' or '}'")
      }
    }
  }

  private func makeObject(_ members: [JSONObject.Member], start: Int) throws(JSONError) -> JSONObject {
    if let object = JSONObject(uniqueMembers: members) { return object }
    if limits.allowsDuplicateKeys { return JSONObject(members.map { ($0.key, $0.value) }) }
    var seen: Set<String> = []
    let twice = members.first { !seen.insert($0.key).inserted }
    throw JSONError(.duplicateKey, at: start, "key \(quoted(twice?.key ?? "")) appears twice in the object")
  }

  private mutating func parseNumber() throws(JSONError) -> JSON {
    let start = offset
    let isNegative = base[offset] == UInt8(ascii: "-")
    if isNegative { offset += 1 }
    let firstDigit = offset
    var magnitude: UInt64 = 0
    while offset < count, let digit = digitValue(base[offset]) {
      // Wraps beyond 19 digits; the digit count below decides whether the value is used.
      magnitude = magnitude &* 10 &+ digit
      offset += 1
    }
    let digits = offset - firstDigit
    guard digits > 0 else { throw invalidNumber(start, "no digit after '-'") }
    guard digits == 1 || base[firstDigit] != UInt8(ascii: "0") else { throw invalidNumber(start, "leading zero") }
    var isPlain = true
    if offset < count, base[offset] == UInt8(ascii: ".") {
      isPlain = false
      offset += 1
      guard skipDigits() else { throw invalidNumber(start, "no digit after '.'") }
    }
    if offset < count, base[offset] | 0x20 == UInt8(ascii: "e") {
      isPlain = false
      offset += 1
      if offset < count, base[offset] == UInt8(ascii: "+") || base[offset] == UInt8(ascii: "-") { offset += 1 }
      guard skipDigits() else { throw invalidNumber(start, "no digit in the exponent") }
    }
    if isPlain, digits <= 18, !(isNegative && magnitude == 0) {
      return .integer(isNegative ? -Int64(magnitude) : Int64(magnitude))
    }
    let text = String(decoding: UnsafeBufferPointer(start: base + start, count: offset - start), as: UTF8.self)
    if isPlain, let value = Int64(text), value != 0 { return .integer(value) }
    return .number(JSONNumber(validated: text))
  }

  private mutating func skipDigits() -> Bool {
    let start = offset
    while offset < count, digitValue(base[offset]) != nil { offset += 1 }
    return offset > start
  }

  @inline(__always)
  private func digitValue(_ byte: UInt8) -> UInt64? {
    let value = byte &- UInt8(ascii: "0")
    return value < 10 ? UInt64(value) : nil
  }

  // MARK: Strings

  /// At an opening quote; leaves the offset behind the closing one.
  private mutating func parseString() throws(JSONError) -> String {
    offset += 1
    let start = offset
    var isASCII = true
    while true {
      skipPlainBytes(&isASCII)
      guard offset < count else { throw truncated("'\"'") }
      let byte = base[offset]
      if byte == UInt8(ascii: "\"") {
        let run = UnsafeBufferPointer(start: base + start, count: offset - start)
        offset += 1
        if isASCII { return String(decoding: run, as: UTF8.self) }
        guard let string = String(validating: run, as: UTF8.self) else { throw invalidUTF8(run, at: start) }
        return string
      }
      if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
      throw JSONError(.controlCharacter, at: offset, "unescaped \(byteName(byte)) in a string")
    }
  }

  /// Moves to the next quote, backslash or control character, eight bytes at a time.
  @inline(__always)
  private mutating func skipPlainBytes(_ isASCII: inout Bool) {
    let raw = UnsafeRawPointer(base)
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    while offset + 8 <= count {
      let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let quotes = word ^ (ones &* 0x22)
      let slashes = word ^ (ones &* 0x5C)
      let special =
        ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (word &- ones &* 0x20) & ~word) & highs
      if special != 0 { break }
      if word & highs != 0 { isASCII = false }
      offset += 8
    }
    while offset < count {
      let byte = base[offset]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return }
      if byte >= 0x80 { isASCII = false }
      offset += 1
    }
  }

  /// The slow path: at the first backslash of a string that began at `start`.
  private mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
    var bytes = Array(UnsafeBufferPointer(start: base + start, count: offset - start))
    var isASCII = true
    while true {
      let runStart = offset
      skipPlainBytes(&isASCII)
      bytes.append(contentsOf: UnsafeBufferPointer(start: base + runStart, count: offset - runStart))
      guard offset < count else { throw truncated("'\"'") }
      let byte = base[offset]
      if byte == UInt8(ascii: "\"") {
        offset += 1
        guard let string = String(validating: bytes, as: UTF8.self) else {
          throw JSONError(.invalidUTF8, at: start, "string is not UTF-8")
        }
        return string
      }
      guard byte == UInt8(ascii: "\\") else {
        throw JSONError(.controlCharacter, at: offset, "unescaped \(byteName(byte)) in a string")
      }
      try parseEscape(into: &bytes)
    }
  }

  private mutating func parseEscape(into bytes: inout [UInt8]) throws(JSONError) {
    let start = offset
    offset += 1
    guard offset < count else { throw truncated("an escape") }
    let letter = base[offset]
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(letter)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"):
      var scalar = try parseHex4()
      if scalar & 0xFC00 == 0xD800 {
        guard offset + 1 < count, base[offset] == UInt8(ascii: "\\"), base[offset + 1] == UInt8(ascii: "u") else {
          throw JSONError(.loneSurrogate, at: start, "high surrogate \\u\(hex(scalar)) without a low one")
        }
        offset += 2
        let low = try parseHex4()
        guard low & 0xFC00 == 0xDC00 else {
          throw JSONError(.loneSurrogate, at: start, "high surrogate \\u\(hex(scalar)) without a low one")
        }
        scalar = 0x10000 + (scalar & 0x3FF) << 10 + low & 0x3FF
      }
      guard let unicode = Unicode.Scalar(scalar) else {
        throw JSONError(.loneSurrogate, at: start, "low surrogate \\u\(hex(scalar)) without a high one")
      }
      bytes.append(contentsOf: UTF8.encode(unicode)!)
    default: throw JSONError(.invalidEscape, at: start, "\(byteName(letter)) after a backslash")
    }
  }

  private mutating func parseHex4() throws(JSONError) -> UInt32 {
    guard offset + 4 <= count else { throw truncated("four hexadecimal digits") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      let byte = base[offset]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw JSONError(.invalidEscape, at: offset, "\(byteName(byte)) among four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }

  // MARK: Errors

  private func truncated(_ expected: String) -> JSONError {
    JSONError(.truncated, at: count, "text ends where \(expected) is due")
  }

  private func unexpected(_ expected: String) -> JSONError {
    JSONError(.unexpectedByte, at: offset, "\(byteName(base[offset])) where \(expected) is due")
  }

  private func invalidNumber(_ start: Int, _ why: String) -> JSONError {
    JSONError(.invalidNumber, at: start, "not a number: \(why)")
  }

  private func invalidUTF8(_ run: UnsafeBufferPointer<UInt8>, at start: Int) -> JSONError {
    JSONError(.invalidUTF8, at: start, "string is not UTF-8")
  }
}

/// `byte` as messages show it: the quoted character, or its value when it cannot be printed.
func byteName(_ byte: UInt8) -> String {
  byte > 0x20 && byte < 0x7F
    ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
}

private func hex(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

/// A foreign string in single quotes, shortened to 64 characters, control characters escaped.
package func quoted(_ string: String) -> String {
  let shown = string.unicodeScalars.prefix(64).map {
    $0.value < 0x20 || $0.value == 0x7F ? $0.escaped(asASCII: true) : String($0)
  }
  return "'" + shown.joined() + (string.unicodeScalars.count > 64 ? "…'" : "'")
}
