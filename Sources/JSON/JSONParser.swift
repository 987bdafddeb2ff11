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
    // A small message finds the scratch space that it needs on the stack; 1 KiB each is sure to be no allocation.
    withUnsafeTemporaryAllocation(of: JSON.self, capacity: 1024 / MemoryLayout<JSON>.stride) { values in
      withUnsafeTemporaryAllocation(of: ParsedKey.self, capacity: 1024 / MemoryLayout<ParsedKey>.stride) { keys in
        withUnsafeTemporaryAllocation(of: OpenContainer.self, capacity: 512 / MemoryLayout<OpenContainer>.stride) {
          open in
          var parser = JSONParser(bytes, limits: limits, values: values, keys: keys, open: open)
          do throws(JSONError) {
            return .success(try parser.parseDocument())
          } catch {
            return .failure(error)
          }
        }
      }
    }
  }
}

/// A parser over borrowed bytes. It keeps its own stack of open containers, so that nesting costs it no call stack.
///
/// Safety: `base` is read only at offsets below `count`, each checked just before the read; the caller keeps the
/// buffer alive for the parser's lifetime, which never leaves `JSON.init(parsing:)`.
struct JSONParser: ~Copyable {
  let base: UnsafePointer<UInt8>
  let count: Int
  var offset = 0
  /// The decoded bytes of the string at hand, used when it has escapes.
  var unescaped = ScratchStack<UInt8>()
  private var valueCount = 0
  private let limits: JSONLimits
  private var open: ScratchStack<OpenContainer>
  /// The values inside the open containers, innermost last.
  private var values: ScratchStack<JSON>
  /// The keys of the open objects, innermost last; the last one of each object may still lack its value.
  private var keys: ScratchStack<ParsedKey>

  init(
    _ bytes: UnsafeRawBufferPointer,
    limits: JSONLimits,
    values: UnsafeMutableBufferPointer<JSON>,
    keys: UnsafeMutableBufferPointer<ParsedKey>,
    open: UnsafeMutableBufferPointer<OpenContainer>
  ) {
    // An empty buffer may have no address; nothing is read from this stand-in because `count` is 0.
    base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? UnsafePointer(bitPattern: 1)!
    count = bytes.count
    self.limits = JSONLimits(
      depth: min(limits.depth, JSONLimits.deepestNesting),
      values: limits.values,
      allowsDuplicateKeys: limits.allowsDuplicateKeys
    )
    self.values = ScratchStack(in: values)
    self.keys = ScratchStack(in: keys)
    self.open = ScratchStack(in: open)
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

  /// At the first byte of a value; leaves the offset behind its last.
  private mutating func parseValue() throws(JSONError) -> JSON {
    nextValue: while true {
      guard offset < count else { throw truncated("a value") }
      valueCount &+= 1
      if valueCount > limits.values { throw tooManyValues() }
      switch base[offset] {
      case UInt8(ascii: "\""): values.push(.string(try parseString()))
      case UInt8(ascii: "{"):
        try enter()
        if !skip(UInt8(ascii: "}")) {
          open.push(OpenContainer(first: values.count, isObject: true))
          try parseKeyAndColon()
          continue nextValue
        }
        values.push(.object(JSONObject()))
      case UInt8(ascii: "["):
        try enter()
        if !skip(UInt8(ascii: "]")) {
          open.push(OpenContainer(first: values.count, isObject: false))
          continue nextValue
        }
        values.push(.array([]))
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): values.push(try parseNumber())
      case UInt8(ascii: "t"):
        try expect("true")
        values.push(.bool(true))
      case UInt8(ascii: "f"):
        try expect("false")
        values.push(.bool(false))
      case UInt8(ascii: "n"):
        try expect("null")
        values.push(.null)
      default: throw unexpected("a value")
      }
      // A value is complete, and with it perhaps the containers that it is the last value of.
      while let container = open.last {
        skipWhitespace()
        if skip(UInt8(ascii: ",")) {
          skipWhitespace()
          if container.isObject { try parseKeyAndColon() }
          continue nextValue
        }
        if container.isObject {
          guard skip(UInt8(ascii: "}")) else { throw unexpectedOrTruncated("',' or '}'") }
          values.push(.object(try closeObject(from: container.first)))
        } else {
          guard skip(UInt8(ascii: "]")) else { throw unexpectedOrTruncated("',' or ']'") }
          values.push(.array(values.popArray(from: container.first)))
        }
        open.forgetTop(1)
      }
      return values.pop()
    }
  }

  /// Moves over `byte` if it is the next one.
  @inline(__always)
  private mutating func skip(_ byte: UInt8) -> Bool {
    guard offset < count, base[offset] == byte else { return false }
    offset &+= 1
    return true
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
    if open.count >= limits.depth { throw tooDeep() }
    offset &+= 1
    skipWhitespace()
  }

  /// Begins a member: reads its key and moves to its value.
  private mutating func parseKeyAndColon() throws(JSONError) {
    let start = offset
    guard offset < count, base[offset] == UInt8(ascii: "\"") else { throw unexpectedOrTruncated("a key") }
    let (key, fingerprint) = try parseKey()
    keys.push(ParsedKey(fingerprint: fingerprint, offset: start, key: key))
    skipWhitespace()
    guard skip(UInt8(ascii: ":")) else { throw unexpectedOrTruncated("':'") }
    skipWhitespace()
  }

  /// Makes an object of the values from `first` on and of as many keys; both leave their stacks.
  private mutating func closeObject(from first: Int) throws(JSONError) -> JSONObject {
    let taken = values.count - first
    let firstKey = keys.base + (keys.count - taken)
    let firstValue = values.base + first
    var index = JSONObject.Index()
    var duplicate: Int?
    if taken <= JSONObject.scanLimit {
      duplicate = firstDuplicate(UnsafeBufferPointer(start: firstKey, count: taken))
    } else {
      index = JSONObject.Index(capacity: taken)
      for position in 0..<taken where duplicate == nil {
        if index.insert(firstKey[position].key, at: position, keyAt: { firstKey[$0].key }) != nil {
          duplicate = position
        }
      }
    }
    if let duplicate, !limits.allowsDuplicateKeys {
      let again = firstKey[duplicate]
      throw JSONError(.duplicateKey, at: again.offset, "key \(quoted(again.key)) appears twice in the object")
    }
    var members: [JSONObject.Member] = []
    members.reserveCapacity(taken)
    for position in 0..<taken {
      members.append(.init(key: (firstKey + position).move().key, value: (firstValue + position).move()))
    }
    keys.forgetTop(taken)
    values.forgetTop(taken)
    if duplicate != nil { return JSONObject(members.map { ($0.key, $0.value) }) }
    return JSONObject(unique: members, index: index)
  }

  /// The position of the first of a few keys that is there already.
  @inline(__always)
  private func firstDuplicate(_ keys: UnsafeBufferPointer<ParsedKey>) -> Int? {
    var i = 1
    while i < keys.count {
      let fingerprint = keys[i].fingerprint
      var j = 0
      while j < i {
        if keys[j].fingerprint == fingerprint, sameBytes(keys[j].key, keys[i].key) { return i }
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
  private func unexpectedOrTruncated(_ expected: String) -> JSONError {
    offset < count ? unexpected(expected) : truncated(expected)
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

/// An array or object whose end is not reached yet.
struct OpenContainer {
  /// Where its values begin on their stack.
  let first: Int
  let isObject: Bool
}

/// A key of an object that is still open.
struct ParsedKey {
  /// Differs only where the keys' bytes differ.
  let fingerprint: UInt64
  /// Where its opening quote is.
  let offset: Int
  let key: String
}
