extension JSONParser {
  /// At an opening quote; leaves the offset behind the closing one.
  @inline(__always)
  mutating func parseString() throws(JSONError) -> String {
    let (run, isASCII) = try scanString()
    return makeString(run, isASCII: isASCII)
  }

  /// A string with a number that is equal for equal strings and rarely otherwise.
  @inline(__always)
  mutating func parseKey() throws(JSONError) -> (key: String, fingerprint: UInt64) {
    let (run, isASCII) = try scanString()
    return (makeString(run, isASCII: isASCII), fingerprint(of: run))
  }

  /// Safety: `run` is valid UTF-8, and ASCII if so marked: `scanString` has checked every byte.
  @inline(__always)
  func makeString(_ run: UnsafeBufferPointer<UInt8>, isASCII: Bool) -> String {
    String(copying: UTF8Span(unchecked: Span(_unsafeElements: run), isKnownASCII: isASCII))
  }

  @inline(__always)
  private func fingerprint(of run: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let start = run.baseAddress else { return 0 }
    let length = run.count
    if length >= 8 {
      let head = StringScan.load(start, 0)
      let tail = StringScan.load(start, length &- 8)
      return (head ^ UInt64(truncatingIfNeeded: length)) &* 0x9E37_79B9_7F4A_7C15 &+ tail
    }
    let place = start - base
    if place >= 0, place &+ 8 <= count {
      let mask = (1 as UInt64) &<< UInt64(truncatingIfNeeded: length &* 8) &- 1
      return StringScan.load(base, place) & mask
    }
    return shortFingerprint(of: run)
  }

  /// As above, for a short string at the end of the text or outside it.
  @inline(never)
  private func shortFingerprint(of run: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var word: UInt64 = 0
    for byte in run.reversed() { word = word &<< 8 | UInt64(byte) }
    return word
  }

  /// At an opening quote; leaves the offset behind the closing one. The result is valid UTF-8 and lies in the text, or in
  /// `unescaped` until the next string.
  @inline(__always)
  private mutating func scanString() throws(JSONError) -> (UnsafeBufferPointer<UInt8>, isASCII: Bool) {
    offset &+= 1
    let start = offset
    let isASCII = skipPlainBytes()
    if offset < count, base[offset] == UInt8(ascii: "\"") {
      let run = UnsafeBufferPointer(start: base + start, count: offset &- start)
      if !isASCII { try validate(run, at: start) }
      offset &+= 1
      return (run, isASCII)
    }
    return try scanEscapedString(from: start, isASCII: isASCII)
  }

  /// Moves to the next quote, backslash or control character, or to the end; whether all bytes passed are ASCII.
  @inline(__always)
  private mutating func skipPlainBytes() -> Bool {
    var seen: UInt64 = 0
    while offset &+ 8 <= count {
      let word = StringScan.load(base, offset)
      let specials = StringScan.specials(in: word)
      if specials != 0 {
        let bits = specials.trailingZeroBitCount & ~7
        seen |= word & ((1 << UInt64(truncatingIfNeeded: bits)) &- 1)
        offset &+= bits &>> 3
        return seen & StringScan.highBits == 0
      }
      seen |= word
      offset &+= 8
    }
    while offset < count, !StringScan.isSpecial(base[offset]) {
      seen |= UInt64(base[offset])
      offset &+= 1
    }
    return seen & StringScan.highBits == 0
  }

  @inline(never)
  private func validate(_ run: UnsafeBufferPointer<UInt8>, at start: Int) throws(JSONError) {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: Span(_unsafeElements: run))
    } catch {
      // A sequence that the end of the text cuts off is not wrong yet.
      let cutOff = start + run.count == count && error.byteOffsets.upperBound == run.count
      if cutOff, error.kind == .truncatedScalar { throw truncated("the rest of a character") }
      throw JSONError(.invalidUTF8, at: start + error.byteOffsets.lowerBound, "string is not UTF-8: \(error.kind)")
    }
  }

  /// The slow path: at the first byte of a string that is neither plain nor its end.
  @inline(never)
  private mutating func scanEscapedString(
    from start: Int,
    isASCII: Bool
  ) throws(JSONError) -> (UnsafeBufferPointer<UInt8>, isASCII: Bool) {
    unescaped.removeAll()
    var runStart = start
    var runIsASCII = isASCII
    var allASCII = true
    while true {
      // An escape cannot stand inside a UTF-8 sequence, so the runs between escapes are valid one by one.
      let run = UnsafeBufferPointer(start: base + runStart, count: offset - runStart)
      if !runIsASCII {
        try validate(run, at: runStart)
        allASCII = false
      }
      unescaped.push(copying: run)
      guard offset < count else { throw truncated("'\"'") }
      let byte = base[offset]
      if byte == UInt8(ascii: "\"") {
        offset += 1
        return (unescaped.bytes, allASCII)
      }
      guard byte == UInt8(ascii: "\\") else {
        throw JSONError(.controlCharacter, at: offset, "unescaped \(byteName(byte)) in a string")
      }
      if try !parseEscape() { allASCII = false }
      runStart = offset
      runIsASCII = skipPlainBytes()
    }
  }

  /// At a backslash; appends what the escape stands for and says whether that is ASCII.
  private mutating func parseEscape() throws(JSONError) -> Bool {
    let start = offset
    offset += 1
    guard offset < count else { throw truncated("an escape") }
    let letter = base[offset]
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.push(letter)
    case UInt8(ascii: "b"): unescaped.push(0x08)
    case UInt8(ascii: "f"): unescaped.push(0x0C)
    case UInt8(ascii: "n"): unescaped.push(0x0A)
    case UInt8(ascii: "r"): unescaped.push(0x0D)
    case UInt8(ascii: "t"): unescaped.push(0x09)
    case UInt8(ascii: "u"):
      let scalar = try parseUnicodeEscape(from: start)
      for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { unescaped.push(byte) }
      return scalar.isASCII
    default: throw JSONError(.invalidEscape, at: start, "\(byteName(letter)) after a backslash")
    }
    return true
  }

  /// Behind the `\u` that began at `start`.
  private mutating func parseUnicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
    var scalar = try parseHex4()
    if scalar & 0xFC00 == 0xD800 {
      let high = scalar
      // A text that ends here is truncated, not wrong.
      for (ahead, byte) in [UInt8(ascii: "\\"), UInt8(ascii: "u")].enumerated() {
        guard offset + ahead < count else { throw truncated("a low surrogate") }
        guard base[offset + ahead] == byte else { throw loneSurrogate(high, start) }
      }
      offset += 2
      let low = try parseHex4()
      guard low & 0xFC00 == 0xDC00 else { throw loneSurrogate(high, start) }
      scalar = 0x10000 + (high & 0x3FF) << 10 + low & 0x3FF
    }
    guard let unicode = Unicode.Scalar(scalar) else { throw loneSurrogate(scalar, start) }
    return unicode
  }

  private mutating func parseHex4() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard offset < count else { throw truncated("a hexadecimal digit") }
      let byte = base[offset]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw JSONError(.invalidEscape, at: offset, "\(byteName(byte)) where a hexadecimal digit is due")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }

  private func loneSurrogate(_ half: UInt32, _ start: Int) -> JSONError {
    let isHigh = half & 0xFC00 == 0xD800
    return JSONError(
      .loneSurrogate,
      at: start,
      "\(isHigh ? "high" : "low") surrogate \\u\(String(half, radix: 16)) without a \(isHigh ? "low" : "high") one"
    )
  }
}
