/// One record of the audit log as it is stored, hashed and exported: a JSON object in one line of text.
///
/// `{"n":1,"at":1767225600000,"kind":"tool.invoked","actor":"user:anna","job":"j1","step":"s1","data":{…}}`: the members in
/// this order, `job` and `step` only where there is one, nothing between them, no line break. `protocol/audit.md` is the
/// full text.
package struct AuditLine: Sendable, Equatable {
  /// Counts from 1, without gaps.
  package var number: Int64
  package var at: Int64
  package var kind: String
  package var actor: String
  package var job: String?
  package var step: String?
  /// Where `data`, an object, is in the line.
  package var data: Range<Int>

  /// Of `data`. What is larger is left out and said to be.
  package static let dataLimit = 256 << 10
  /// Of a line: the parts beside `data` are names of bounded length.
  package static let limit = 512 << 10
  /// Of each of the other members; a longer one is cut.
  private static let nameLimit = 4_096

  // MARK: Writing

  /// Appends a line, without a line break. `data`: an object's text.
  package static func write(
    _ number: Int64,
    at: Int64,
    kind: String,
    actor: String,
    job: String?,
    step: String?,
    data: [UInt8],
    to line: inout [UInt8]
  ) {
    line.put("{\"n\":")
    line.put(number)
    line.put(",\"at\":")
    line.put(at)
    line.put(",\"kind\":")
    string(kind, to: &line)
    line.put(",\"actor\":")
    string(actor, to: &line)
    if let job {
      line.put(",\"job\":")
      string(job, to: &line)
    }
    if let step {
      line.put(",\"step\":")
      string(step, to: &line)
    }
    line.put(",\"data\":")
    if data.count > dataLimit {
      line.put("{\"left_out_bytes\":")
      line.put(Int64(data.count))
      line.put("}")
    } else if data.lowest < 0x20 {
      // Outside of strings this is white space, and within them it may not be.
      line.append(contentsOf: data.lazy.map { $0 < 0x20 ? 0x20 : $0 })
    } else {
      line.append(contentsOf: data)
    }
    line.put("}")
  }

  private static func string(_ text: String, to line: inout [UInt8]) {
    line.put("\"")
    defer { line.put("\"") }
    var text = text
    let isWritten = text.withUTF8 { bytes in
      guard bytes.count <= nameLimit,
        bytes.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
      else { return false }
      line.append(contentsOf: bytes)
      return true
    }
    if isWritten { return }
    let digits = Array("0123456789abcdef".utf8)
    for scalar in text.unicodeScalars.prefix(nameLimit / 6) {
      switch scalar.value {
      case 0x22, 0x5C:
        line.put("\\")
        line.append(UInt8(scalar.value))
      case 0..<0x20:
        line.put("\\u00")
        line.append(digits[Int(scalar.value >> 4)])
        line.append(digits[Int(scalar.value & 15)])
      default: line.append(contentsOf: String(scalar).utf8)
      }
    }
  }

  // MARK: Reading

  /// nil unless `line` is written as `write` writes; `data` is looked at no further than that it is an object's text.
  package init?(_ line: UnsafeRawBufferPointer) {
    guard line.count <= Self.limit else { return nil }
    var scan = Scan(line)
    guard scan.skip("{\"n\":"), let number = scan.integer(), number > 0, scan.skip(",\"at\":"), let at = scan.integer(),
      scan.skip(",\"kind\":"), let kind = scan.string(), scan.skip(",\"actor\":"), let actor = scan.string()
    else { return nil }
    (self.number, self.at, self.kind, self.actor) = (number, at, kind, actor)
    if scan.skip(",\"job\":") {
      guard let job = scan.string() else { return nil }
      self.job = job
    }
    if scan.skip(",\"step\":") {
      guard let step = scan.string() else { return nil }
      self.step = step
    }
    guard scan.skip(",\"data\":"), scan.rest >= 3, scan.next == UInt8(ascii: "{"),
      line[line.count - 1] == UInt8(ascii: "}"), line[line.count - 2] == UInt8(ascii: "}")
    else { return nil }
    data = scan.position..<line.count - 1
  }

  package init?(_ line: String) {
    var line = line
    guard let read = line.withUTF8({ AuditLine(UnsafeRawBufferPointer($0)) }) else { return nil }
    self = read
  }

  /// Whether `init` would read it, at less cost.
  static func isLine(_ line: UnsafeRawBufferPointer) -> Bool {
    guard line.count <= limit else { return false }
    var scan = Scan(line)
    guard scan.skip("{\"n\":"), let number = scan.integer(), number > 0, scan.skip(",\"at\":"), scan.integer() != nil,
      scan.skip(",\"kind\":"), scan.skipString(), scan.skip(",\"actor\":"), scan.skipString()
    else { return false }
    if scan.skip(",\"job\":"), !scan.skipString() { return false }
    if scan.skip(",\"step\":"), !scan.skipString() { return false }
    return scan.skip(",\"data\":") && scan.rest >= 3 && scan.next == UInt8(ascii: "{")
      && line[line.count - 1] == UInt8(ascii: "}") && line[line.count - 2] == UInt8(ascii: "}")
  }

  /// The number that `line` says it has, even where the rest of it is damaged.
  static func number(of line: UnsafeRawBufferPointer) -> Int64? {
    var scan = Scan(line)
    return scan.skip("{\"n\":") ? scan.integer() : nil
  }
}

extension [UInt8] {
  /// 255 when it is empty.
  fileprivate var lowest: UInt8 { withUnsafeBufferPointer { $0.reduce(.max) { Swift.min($0, $1) } } }

  fileprivate mutating func put(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  fileprivate mutating func put(_ number: Int64) {
    if number < 0 { put("-") }
    let start = count
    var rest = number.magnitude
    repeat {
      append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    self[start...].reverse()
  }
}
