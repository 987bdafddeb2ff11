extension JSON {
  /// Parses one RFC 8259 text that fills `bytes`. Strict: no comments, no trailing commas, UTF-8 only, no byte-order mark.
  public init(parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    self = try Self.parsed(bytes, limits).get()
  }

  public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
    self = try bytes.withUnsafeBytes { Self.parsed($0, limits) }.get()
  }

  public init(parsing bytes: ArraySlice<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    self = try bytes.withUnsafeBytes { Self.parsed($0, limits) }.get()
  }

  public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) {
    self = try withUTF8(text) { Self.parsed(UnsafeRawBufferPointer($0), limits) }.get()
  }

  private static func parsed(_ bytes: UnsafeRawBufferPointer, _ limits: JSONLimits) -> Result<JSON, JSONError> {
    // A small message finds all the scratch space that it needs on the stack: at most 1 KiB, which is never allocated.
    withUnsafeTemporaryAllocation(of: ParsedMember.self, capacity: 1024 / MemoryLayout<ParsedMember>.stride) { memory in
      var parser = JSONParser(bytes, limits: limits, memory: memory)
      do throws(JSONError) {
        return .success(try parser.parseDocument())
      } catch {
        return .failure(error)
      }
    }
  }
}

/// A recursive-descent parser over borrowed bytes; recursion is bounded by `limits.depth`.
///
/// Safety: `base` is read only at offsets below `count`, each checked just before the read; the caller keeps the
/// buffer alive for the parser's lifetime, which never leaves `JSON.init(parsing:)`.
struct JSONParser: ~Copyable {
  let base: UnsafePointer<UInt8>
  let count: Int
  var offset = 0
  /// The decoded bytes of the string at hand, used when it has escapes.
  var unescaped = ScratchStack<UInt8>()
  private var depth = 0
  private var values = 0
  private let limits: JSONLimits
  /// Elements of the arrays that are open, innermost last.
  private var elements = ScratchStack<JSON>()
  /// Members of the objects that are open, innermost last.
  private var members: ScratchStack<ParsedMember>

  init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits, memory: UnsafeMutableBufferPointer<ParsedMember>) {
    members = ScratchStack(in: memory)
    // An empty buffer may have no address; nothing is read from this stand-in because `count` is 0.
    base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(bitPattern: 1)!
    count = bytes.count
    self.limits = JSONLimits(
      depth: min(limits.depth, JSONLimits.deepestNesting),
      values: limits.values,
      allowsDuplicateKeys: limits.allowsDuplicateKeys
    )
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
    if offset < count, base[offset] <= 0x20 { skipSeveralWhitespace() }
  }

  @inline(never)
  private mutating func skipSeveralWhitespace() {
    while offset < count {
      let byte = base[offset]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
      offset &+= 1
    }
  }

  /// Inlined so that a level of nesting costs one frame.
  @inline(__always)
  private mutating func parseValue() throws(JSONError) -> JSON {
    guard offset < count else { throw truncated("a value") }
    values &+= 1
    if values > limits.values { throw tooManyValues() }
    switch base[offset] {
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "{"): return .object(try parseObject())
    case UInt8(ascii: "["): return .array(try parseArray())
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

  @inline(__always)
  private mutating func expect(_ word: StaticString) throws(JSONError) {
    for i in 0..<word.utf8CodeUnitCount {
      guard offset < count else { throw truncated("'\(word)'") }
      guard base[offset] == word.utf8Start[i] else { throw unexpected("'\(word)'") }
      offset &+= 1
    }
  }

  // MARK: Containers

  /// At an opening bracket; moves behind it and the white space that follows.
  @inline(__always)
  private mutating func enter() throws(JSONError) {
    depth &+= 1
    if depth > limits.depth { throw tooDeep() }
    offset &+= 1
    skipWhitespace()
  }

  @inline(never)
  private mutating func parseArray() throws(JSONError) -> [JSON] {
    try enter()
    let first = elements.count
    if offset < count, base[offset] == UInt8(ascii: "]") {
      offset &+= 1
      depth &-= 1
      return []
    }
    while true {
      elements.push(try parseValue())
      skipWhitespace()
      guard offset < count else { throw truncated("',' or ']'") }
      let byte = base[offset]
      if byte == UInt8(ascii: ",") {
        offset &+= 1
        skipWhitespace()
      } else if byte == UInt8(ascii: "]") {
        offset &+= 1
        depth &-= 1
        return elements.popArray(from: first)
      } else {
        throw unexpected("',' or ']'")
      }
    }
  }

  @inline(never)
  private mutating func parseObject() throws(JSONError) -> JSONObject {
    try enter()
    let first = members.count
    if offset < count, base[offset] == UInt8(ascii: "}") {
      offset &+= 1
      depth &-= 1
      return JSONObject()
    }
    while true {
      guard offset < count else { throw truncated("a key") }
      let keyOffset = offset
      guard base[offset] == UInt8(ascii: "\"") else { throw unexpected("a key") }
      let (key, fingerprint) = try parseKey()
      skipWhitespace()
      guard offset < count else { throw truncated("':'") }
      guard base[offset] == UInt8(ascii: ":") else { throw unexpected("':'") }
      offset &+= 1
      skipWhitespace()
      let value = try parseValue()
      members.push(ParsedMember(fingerprint: fingerprint, offset: keyOffset, member: .init(key: key, value: value)))
      skipWhitespace()
      guard offset < count else { throw truncated("',' or '}'") }
      let byte = base[offset]
      if byte == UInt8(ascii: ",") {
        offset &+= 1
        skipWhitespace()
      } else if byte == UInt8(ascii: "}") {
        offset &+= 1
        depth &-= 1
        return try closeObject(from: first)
      } else {
        throw unexpected("',' or '}'")
      }
    }
  }

  /// Makes an object of the members from `first` on, which leave the stack.
  private mutating func closeObject(from first: Int) throws(JSONError) -> JSONObject {
    let taken = members.count - first
    let source = members.base + first
    var index = JSONObject.Index()
    var duplicate: Int?
    if taken <= JSONObject.scanLimit {
      duplicate = firstDuplicate(UnsafeBufferPointer(start: source, count: taken))
    } else {
      index = JSONObject.Index(capacity: taken)
      for position in 0..<taken where duplicate == nil {
        let found = index.insert(source[position].member.key, at: position) { source[$0].member.key }
        if found != nil { duplicate = position }
      }
    }
    if let duplicate, !limits.allowsDuplicateKeys {
      let again = source[duplicate]
      throw JSONError(
        .duplicateKey,
        at: again.offset,
        "key \(quoted(again.member.key)) appears twice in the object"
      )
    }
    members.forgetTop(taken)
    var unique: [JSONObject.Member] = []
    unique.reserveCapacity(taken)
    for position in 0..<taken { unique.append((source + position).move().member) }
    if duplicate != nil { return JSONObject(unique.map { ($0.key, $0.value) }) }
    return JSONObject(unique: unique, index: index)
  }

  /// The position of the first of a few members whose key an earlier one has.
  @inline(__always)
  private func firstDuplicate(_ members: UnsafeBufferPointer<ParsedMember>) -> Int? {
    var i = 1
    while i < members.count {
      let fingerprint = members[i].fingerprint
      var j = 0
      while j < i {
        if members[j].fingerprint == fingerprint, sameBytes(members[j].member.key, members[i].member.key) { return i }
        j &+= 1
      }
      i &+= 1
    }
    return nil
  }

  // MARK: Numbers

  @inline(__always)
  private mutating func parseNumber() throws(JSONError) -> JSON {
    let start = offset
    let scan = try NumberScan(base, at: start, count: count)
    offset = scan.end
    if scan.isPlain, scan.integerDigits <= 18, !(scan.isNegative && scan.magnitude == 0) {
      let magnitude = Int64(truncatingIfNeeded: scan.magnitude)
      return .integer(scan.isNegative ? 0 &- magnitude : magnitude)
    }
    return makeNumber(from: start, scan)
  }

  /// The slow path: the number's text, unless it is a plain integer of 19 digits that fits.
  @inline(never)
  private func makeNumber(from start: Int, _ scan: NumberScan) -> JSON {
    let text = makeString(UnsafeBufferPointer(start: base + start, count: offset - start), isASCII: true)
    if scan.isPlain, scan.integerDigits == 19, let value = Int64(text) { return .integer(value) }
    return .number(JSONNumber(validated: text))
  }

  // MARK: Errors

  @inline(never)
  func truncated(_ expected: String) -> JSONError {
    JSONError(.truncated, at: count, "text ends where \(expected) is due")
  }

  @inline(never)
  func unexpected(_ expected: String) -> JSONError {
    JSONError(.unexpectedByte, at: offset, "\(byteName(base[offset])) where \(expected) is due")
  }

  @inline(never)
  private func tooManyValues() -> JSONError {
    JSONError(.valuesExceeded, at: offset, "more values than the limit of \(limits.values)")
  }

  @inline(never)
  private func tooDeep() -> JSONError {
    JSONError(.depthExceeded, at: offset, "nesting deeper than the limit of \(limits.depth)")
  }
}

/// A member of an object that is still open.
struct ParsedMember {
  /// Differs only where the keys' bytes differ.
  let fingerprint: UInt64
  /// Where the key's opening quote is.
  let offset: Int
  let member: JSONObject.Member
}
