internal import Glibc

/// Writes compact JSON text into a growing buffer, without an intermediate value.
///
/// Commas are the writer's; balance of `begin` and `end` is the caller's. Strings are escaped minimally: the two-letter
/// escapes `\" \\ \b \f \n \r \t`, `\u00xx` for other control characters, everything else as UTF-8.
///
/// Safety: `base` owns `capacity` bytes, of which the first `count` are initialised; every write is preceded by a
/// `reserve` for at least as many bytes.
public struct JSONWriter: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private var count: Int
  private var capacity: Int
  private var needsComma = false

  /// Starts behind `prefix` zero bytes, which the caller fills in later (a frame's length).
  public init(reserving capacity: Int = 256, prefix: Int = 0) {
    let prefix = max(prefix, 0)
    self.capacity = max(capacity, 16) + prefix
    base = .allocate(capacity: self.capacity)
    base.initialize(repeating: 0, count: prefix)
    count = prefix
  }

  deinit { base.deallocate() }

  /// What is written so far, prefix included.
  public var bytes: [UInt8] { [UInt8](UnsafeBufferPointer(start: base, count: count)) }

  /// Ends the writer and hands its bytes over.
  public consuming func finish() -> [UInt8] { bytes }

  // MARK: Structure

  public mutating func beginObject() { open(UInt8(ascii: "{")) }
  public mutating func endObject() { close(UInt8(ascii: "}")) }
  public mutating func beginArray() { open(UInt8(ascii: "[")) }
  public mutating func endArray() { close(UInt8(ascii: "]")) }

  /// A key that needs no escaping, known at compile time.
  public mutating func key(_ key: StaticString) {
    let length = key.utf8CodeUnitCount
    reserve(length &+ 4)
    separate()
    put(UInt8(ascii: "\""))
    put(key.utf8Start, length)
    put(UInt8(ascii: "\""))
    put(UInt8(ascii: ":"))
    needsComma = false
  }

  public mutating func key(_ key: String) {
    putString(key)
    // `putString` reserves one byte more than it needs.
    put(UInt8(ascii: ":"))
    needsComma = false
  }

  // MARK: Values

  public mutating func null() { putWord("null") }

  public mutating func value(_ value: Bool) { putWord(value ? "true" : "false") }

  public mutating func value(_ value: Int64) {
    reserve(21)
    separate()
    putInteger(value)
  }

  public mutating func value(_ value: Int) { self.value(Int64(value)) }

  public mutating func value(_ value: String) { putString(value) }

  /// A number as it was written.
  public mutating func value(_ number: JSONNumber) { putNumber(number.text) }

  public mutating func value(_ json: JSON) {
    switch json {
    case .null: null()
    case .bool(let value): self.value(value)
    case .integer(let value): self.value(value)
    case .number(let number): putNumber(number.text)
    case .string(let value): putString(value)
    case .array(let elements):
      beginArray()
      for element in elements { value(element) }
      endArray()
    case .object(let object):
      beginObject()
      for member in object.members {
        key(member.key)
        value(member.value)
      }
      endObject()
    }
  }

  // MARK: Bytes

  /// Makes room for `extra` more bytes.
  @inline(__always)
  private mutating func reserve(_ extra: Int) {
    if capacity &- count < extra { grow(by: extra) }
  }

  @inline(never)
  private mutating func grow(by extra: Int) {
    capacity = max(capacity * 2, count + extra)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.moveInitialize(from: base, count: count)
    base.deallocate()
    base = larger
  }

  /// A comma where one is due, for which the caller has reserved a byte.
  @inline(__always)
  private mutating func separate() {
    if needsComma { put(UInt8(ascii: ",")) }
    needsComma = true
  }

  @inline(__always)
  private mutating func put(_ byte: UInt8) {
    base[count] = byte
    count &+= 1
  }

  @inline(__always)
  private mutating func put(_ bytes: UnsafePointer<UInt8>, _ length: Int) {
    memcpy(base + count, bytes, length)
    count &+= length
  }

  private mutating func open(_ bracket: UInt8) {
    reserve(2)
    separate()
    put(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    reserve(1)
    put(bracket)
    needsComma = true
  }

  private mutating func putWord(_ word: StaticString) {
    reserve(word.utf8CodeUnitCount &+ 1)
    separate()
    put(word.utf8Start, word.utf8CodeUnitCount)
  }

  private mutating func putNumber(_ text: String) {
    withContiguous(text) { writer, utf8 in
      writer.reserve(utf8.count &+ 1)
      writer.separate()
      if let start = utf8.baseAddress { writer.put(start, utf8.count) }
    }
  }

  /// At most 20 bytes, for which the caller has reserved room.
  private mutating func putInteger(_ value: Int64) {
    if value < 0 { put(UInt8(ascii: "-")) }
    var rest = value.magnitude
    var digits = 1
    var bound: UInt64 = 10
    while digits < 19, rest >= bound {
      digits &+= 1
      bound = bound &* 10
    }
    var position = count &+ digits
    count = position
    repeat {
      position &-= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      base[position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
      rest = quotient
    } while rest > 0
  }

  // MARK: Strings

  /// A comma where due and the quoted string; leaves room for one more byte.
  private mutating func putString(_ string: String) {
    withContiguous(string) { writer, utf8 in
      writer.reserve(utf8.count &+ Self.slack)
      writer.separate()
      writer.put(UInt8(ascii: "\""))
      if let start = utf8.baseAddress { writer.putEscaped(start, utf8.count) }
      writer.put(UInt8(ascii: "\""))
    }
  }

  /// Comma, two quotes, the byte after, an escape of six, and a word that may be stored past the end.
  private static var slack: Int { 4 + 6 + 8 }

  /// Copies `length` bytes, for which and for `slack` there is room, and escapes what must be.
  @inline(__always)
  private mutating func putEscaped(_ source: UnsafePointer<UInt8>, _ length: Int) {
    var i = 0
    while i &+ 8 <= length {
      let word = StringScan.load(source, i)
      UnsafeMutableRawPointer(base + count).storeBytes(of: word.littleEndian, as: UInt64.self)
      let specials = StringScan.specials(in: word)
      let plain = specials == 0 ? 8 : specials.trailingZeroBitCount &>> 3
      i &+= plain
      count &+= plain
      if specials != 0 {
        putEscape(of: source[i])
        i &+= 1
        reserve(length &- i &+ Self.slack)
      }
    }
    while i < length {
      let byte = source[i]
      i &+= 1
      if StringScan.isSpecial(byte) {
        putEscape(of: byte)
        reserve(length &- i &+ Self.slack)
      } else {
        put(byte)
      }
    }
  }

  @inline(never)
  private mutating func putEscape(of byte: UInt8) {
    put(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: put(UInt8(ascii: "b"))
    case 0x09: put(UInt8(ascii: "t"))
    case 0x0A: put(UInt8(ascii: "n"))
    case 0x0C: put(UInt8(ascii: "f"))
    case 0x0D: put(UInt8(ascii: "r"))
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): put(byte)
    default:
      put(UInt8(ascii: "u"))
      put(UInt8(ascii: "0"))
      put(UInt8(ascii: "0"))
      put(UInt8(ascii: "0") &+ byte &>> 4)
      let low = byte & 15
      put(low < 10 ? UInt8(ascii: "0") &+ low : UInt8(ascii: "a") &+ low &- 10)
    }
  }

  @inline(__always)
  private mutating func withContiguous(
    _ string: String,
    _ body: (inout JSONWriter, UnsafeBufferPointer<UInt8>) -> Void
  ) {
    if string.utf8.withContiguousStorageIfAvailable({ body(&self, $0) }) == nil {
      ContiguousArray(string.utf8).withUnsafeBufferPointer { body(&self, $0) }
    }
  }
}

extension JSON {
  /// Compact text as UTF-8 bytes, members in their order, numbers as they were written.
  public func serialized() -> [UInt8] {
    var writer = JSONWriter()
    writer.value(self)
    return writer.finish()
  }
}
