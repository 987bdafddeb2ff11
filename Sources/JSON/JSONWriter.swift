/// Writes compact JSON text into a growing byte array, without an intermediate value.
///
/// Commas are the writer's; balance of `begin` and `end` is the caller's. Strings are escaped minimally: the two-letter
/// escapes, `\u00xx` for other control characters, everything else as UTF-8.
public struct JSONWriter: ~Copyable {
  public private(set) var bytes: [UInt8]
  private var needsComma = false

  /// Starts behind `prefix` bytes, which the caller fills in later (a frame's length).
  public init(reserving capacity: Int = 256, prefix: Int = 0) {
    bytes = []
    bytes.reserveCapacity(capacity + prefix)
    for _ in 0..<prefix { bytes.append(0) }
  }

  /// Ends the writer and hands its bytes over.
  public consuming func finish() -> [UInt8] { bytes }

  @inline(__always)
  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  public mutating func beginObject() {
    separate()
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
  }

  public mutating func endObject() {
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  public mutating func beginArray() {
    separate()
    bytes.append(UInt8(ascii: "["))
    needsComma = false
  }

  public mutating func endArray() {
    bytes.append(UInt8(ascii: "]"))
    needsComma = true
  }

  /// A key that needs no escaping, known at compile time.
  @inline(__always)
  public mutating func key(_ key: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  public mutating func key(_ key: String) {
    separate()
    appendString(key)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  public mutating func null() {
    separate()
    appendLiteral("null")
  }

  public mutating func value(_ value: Bool) {
    separate()
    appendLiteral(value ? "true" : "false")
  }

  public mutating func value(_ value: Int64) {
    separate()
    appendInteger(value)
  }

  public mutating func value(_ value: Int) { self.value(Int64(value)) }

  public mutating func value(_ value: String) {
    separate()
    appendString(value)
  }

  public mutating func value(_ json: JSON) {
    switch json {
    case .null: null()
    case .bool(let value): self.value(value)
    case .integer(let value): self.value(value)
    case .number(let number):
      separate()
      bytes.append(contentsOf: number.text.utf8)
    case .string(let value): self.value(value)
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

  private mutating func appendLiteral(_ word: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  private mutating func appendInteger(_ value: Int64) {
    if value >= 0, value < 10 {
      bytes.append(UInt8(ascii: "0") + UInt8(value))
      return
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
      var position = 20
      var rest = value.magnitude
      repeat {
        position -= 1
        buffer[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      if value < 0 {
        position -= 1
        buffer[position] = UInt8(ascii: "-")
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[position..<20]))
    }
  }

  private mutating func appendString(_ string: String) {
    var string = string
    string.withUTF8 { utf8 in
      bytes.append(UInt8(ascii: "\""))
      appendEscaped(utf8)
      bytes.append(UInt8(ascii: "\""))
    }
  }

  private mutating func appendEscaped(_ utf8: UnsafeBufferPointer<UInt8>) {
    var runStart = 0
    var i = 0
    while i < utf8.count {
      let byte = utf8[i]
      if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        i += 1
        continue
      }
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[runStart..<i]))
      appendEscape(of: byte)
      i += 1
      runStart = i
    }
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[runStart...]))
  }

  private mutating func appendEscape(of byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    default:
      let digits = Array("0123456789abcdef".utf8)
      bytes.append(contentsOf: [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")])
      bytes.append(digits[Int(byte >> 4)])
      bytes.append(digits[Int(byte & 15)])
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

  /// The one text that all equal values share: members sorted by the bytes of their keys, numbers in their canonical
  /// decimal form, minimal escapes, no white space. Hashes and idempotency keys are taken over it.
  public func canonical() -> [UInt8] {
    var writer = JSONWriter()
    writer.value(canonicalized)
    return writer.finish()
  }

  private var canonicalized: JSON {
    switch self {
    case .number(let number): .number(JSONNumber(validated: number.canonicalText))
    case .array(let elements): .array(elements.map(\.canonicalized))
    case .object(let object):
      .object(
        JSONObject(
          object.members
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { ($0.key, $0.value.canonicalized) }
        )
      )
    default: self
    }
  }
}
