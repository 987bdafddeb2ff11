/// Two forms of a text that rules compare instead of the text. Both are UTF-8, and the same for a text of ASCII alone:
/// its letters in lower case.
///
/// - `plain`: each character in upper case and that in lower case, by the full mappings of Unicode (`ß` is `ss`).
/// - `seen`: what people see. Characters that look like an ASCII character are that one, those that nobody sees are left
///   out, and the rest is as in `plain`. No more than a table: a rule about words cannot know every way to draw one.
struct Fold: Sendable {
  private(set) var plain: ContiguousArray<UInt8> = []
  private var different: ContiguousArray<UInt8>?

  var seen: ContiguousArray<UInt8> { different ?? plain }
  var isSeenAsIs: Bool { different == nil }

  /// Stands between texts that are folded together: no byte of UTF-8, so that nothing is found across two of them.
  static let boundary: UInt8 = 0xFF

  init() {}

  init(_ text: String) { append(text) }

  @inline(__always)
  static func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

  mutating func append(_ text: String) {
    let before = plain.count
    let isASCII =
      text.utf8.withContiguousStorageIfAvailable { appendASCII($0) }
      ?? ContiguousArray(text.utf8).withUnsafeBufferPointer { appendASCII($0) }
    if !isASCII {
      plain.removeSubrange(before...)
      if different == nil { different = plain }
      for scalar in text.unicodeScalars { appendBoth(scalar) }
    } else {
      different?.append(contentsOf: plain[before...])
    }
  }

  mutating func separate() {
    plain.append(Self.boundary)
    different?.append(Self.boundary)
  }

  /// False, with anything behind what was there, for a text that is not all ASCII.
  private mutating func appendASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = plain.count
    plain.append(contentsOf: bytes)
    return plain.withUnsafeMutableBufferPointer { plain in
      var all: UInt8 = 0
      for i in start..<plain.count {
        all |= plain[i]
        plain[i] = Self.lowered(plain[i])
      }
      return all < 0x80
    }
  }

  private mutating func appendBoth(_ scalar: Unicode.Scalar) {
    let look = LookAlikes.look(of: scalar)
    if scalar.isASCII {
      plain.append(Self.lowered(UInt8(scalar.value)))
      different?.append(Self.lowered(UInt8(scalar.value)))
      return
    }
    let start = plain.count
    guard scalar.properties.changesWhenCaseMapped else {
      plain.append(contentsOf: UTF8.encode(scalar).map { ContiguousArray($0) } ?? [])
      appendSeen(look, from: start)
      return
    }
    let lower = scalar.properties.uppercaseMapping.unicodeScalars.map(\.properties.lowercaseMapping).joined()
    plain.append(contentsOf: lower.utf8)
    guard look == LookAlikes.itself else { return appendSeen(look, from: start) }
    for scalar in lower.unicodeScalars {
      let look = LookAlikes.look(of: scalar)
      switch look {
      case LookAlikes.unseen: continue
      case LookAlikes.itself: different?.append(contentsOf: UTF8.encode(scalar).map { ContiguousArray($0) } ?? [])
      default: different?.append(look)
      }
    }
  }

  private mutating func appendSeen(_ look: UInt8, from start: Int) {
    switch look {
    case LookAlikes.unseen: break
    case LookAlikes.itself: different?.append(contentsOf: plain[start...])
    default: different?.append(look)
    }
  }
}
