internal import Glibc
package import JSON

/// Takes secrets out of texts that leave the process: a server may repeat the key it was sent. By bytes, so that nothing
/// which stands behind a secret (an accent, say) can hide it.
package struct Redactor: Sendable {
  private let values: [(name: String, bytes: [UInt8])]

  /// Short values would take harmless words with them; no provider's key is that short.
  package static let shortest = 8

  package init(_ secrets: [String: String]) { self.init(secrets.map { (name: $0.key, bytes: Array($0.value.utf8)) }) }

  private init(_ secrets: [(name: String, bytes: [UInt8])]) {
    // Longer ones first, so that one that holds another goes whole.
    values = secrets.filter { $0.bytes.count >= Self.shortest }.sorted { $0.bytes.count > $1.bytes.count }
  }

  /// Nothing is long enough to be looked for.
  package var isEmpty: Bool { values.isEmpty }

  package func adding(_ name: String, _ value: String) -> Redactor {
    Redactor(values.filter { $0.name != name } + [(name: name, bytes: Array(value.utf8))])
  }

  package func callAsFunction(_ text: String) -> String {
    var bytes = Array(text.utf8)
    var isChanged = false
    for (name, value) in values {
      let places = Self.places(of: value, in: bytes)
      if places.isEmpty { continue }
      isChanged = true
      var clean: [UInt8] = []
      var end = 0
      for place in places {
        clean += bytes[end..<place] + Array("(secret \(name))".utf8)
        end = place + value.count
      }
      bytes = clean + bytes[end...]
    }
    return isChanged ? String(decoding: bytes, as: UTF8.self) : text
  }

  package func callAsFunction(_ json: JSON) -> JSON {
    switch json {
    case .string(let text): return .string(self(text))
    case .array(let items): return .array(items.map { self($0) })
    case .object(let object): return .object(JSONObject(object.members.map { (self($0.key), self($0.value)) }))
    default: return json
    }
  }

  /// Bytes of the beginning of `text` that hold no part of a secret whose rest may still come.
  package func settledBytes(of text: String) -> Int {
    let bytes = Array(text.utf8)
    var end = bytes.count
    for (_, value) in values {
      for length in stride(from: min(value.count - 1, bytes.count), to: 0, by: -1)
      where bytes[bytes.count - length] == value[0] && bytes.suffix(length).elementsEqual(value.prefix(length)) {
        end = min(end, bytes.count - length)
        break
      }
    }
    // A whole secret is not cut either: its end may look like the beginning of another.
    var isMoved = true
    while isMoved {
      isMoved = false
      for (_, value) in values {
        for place in Self.places(of: value, in: bytes) where place < end && place + value.count > end {
          end = place
          isMoved = true
        }
      }
    }
    return end
  }

  /// Where `value` stands, none within another.
  private static func places(of value: [UInt8], in bytes: [UInt8]) -> [Int] {
    var places: [Int] = []
    bytes.withUnsafeBytes { all in
      guard let base = all.baseAddress else { return }
      var from = 0
      while from + value.count <= all.count,
        let found = memchr(base + from, Int32(value[0]), all.count - value.count + 1 - from)
      {
        let place = UnsafeRawPointer(found) - base
        let isWhole = memcmp(base + place, value, value.count) == 0
        if isWhole { places.append(place) }
        from = place + (isWhole ? value.count : 1)
      }
    }
    return places
  }
}

/// Redacts a text that comes in pieces, over which a secret may be spread.
package struct StreamRedactor {
  /// What has come and has not been given.
  package private(set) var held = ""

  package init() {}

  package mutating func add(_ text: String) { held += text }

  package mutating func clear() { held = "" }

  /// What may be shown now.
  package mutating func settled(_ redact: Redactor) -> String {
    let end = held.utf8.index(held.utf8.startIndex, offsetBy: redact.settledBytes(of: held))
    defer { held = String(held[end...]) }
    return redact(String(held[..<end]))
  }

  /// All that is left: nothing more comes.
  package mutating func rest(_ redact: Redactor) -> String {
    defer { held = "" }
    return redact(held)
  }
}
