internal import JSON

extension JSON {
  /// Two blanks per level; empty and scalar-only short arrays on one line.
  func indented(_ level: Int = 0) -> String {
    let blanks = String(repeating: "  ", count: level + 1)
    let end = String(repeating: "  ", count: level)
    switch self {
    case .array(let elements):
      let isFlat = elements.allSatisfy { $0.arrayValue == nil && $0.objectValue == nil }
      if isFlat {
        let line = "[" + elements.map(\.description).joined(separator: ", ") + "]"
        if line.utf8.count <= 72 { return line }
      }
      return "[\n" + elements.map { blanks + $0.indented(level + 1) }.joined(separator: ",\n") + "\n\(end)]"
    case .object(let object):
      if object.isEmpty { return "{}" }
      let members = object.members.map { "\(blanks)\(JSON.string($0.key)): \($0.value.indented(level + 1))" }
      return "{\n" + members.joined(separator: ",\n") + "\n\(end)}"
    default: return description
    }
  }
}

/// Reads a document that the user wrote. A mistake is shown in its place.
func parseJSON(_ bytes: [UInt8], _ what: String) throws(Failure) -> JSON {
  do throws(JSONError) {
    return try JSON(parsing: bytes)
  } catch {
    var failure = Failure("usage", "\(what) is not JSON: \(error)", details: excerpt(of: bytes, at: error.offset))
    failure.exit = ExitCode.usage
    if bytes.isEmpty { failure.hint = "write {} for an input without members" }
    throw failure
  }
}

/// The line around `offset`, at most 72 bytes of it, and a caret below the byte.
func excerpt(of bytes: [UInt8], at offset: Int) -> [String] {
  let offset = min(max(0, offset), bytes.count)
  let newline = UInt8(ascii: "\n")
  var start = bytes[..<offset].lastIndex(of: newline).map { $0 + 1 } ?? 0
  var end = bytes[offset...].firstIndex(of: newline) ?? bytes.count
  start = max(start, offset - 48)
  end = min(end, max(offset, start + 72))
  // Never begin inside a character.
  while start < offset, bytes[start] & 0xC0 == 0x80 { start += 1 }
  func shown(_ slice: ArraySlice<UInt8>) -> String {
    String(
      String(decoding: slice, as: UTF8.self).unicodeScalars.map {
        $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0)
      }
    )
  }
  guard start < end else { return [] }
  let before = shown(bytes[start..<offset])
  return [before + shown(bytes[offset..<end]), String(repeating: " ", count: before.count) + "^"]
}
