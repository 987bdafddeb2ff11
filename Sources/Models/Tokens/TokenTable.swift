/// Tokens by their bytes: open addressing, with short tokens in the table itself.
struct TokenTable: Sendable {
  /// Bytes of the longest token.
  static let longest = 255
  static let rankLimit = 1 << 24

  private struct Slot {
    /// The bytes of a token of up to 8; a hash of a longer one.
    var key: UInt64 = 0
    /// In `bytes`; of longer tokens only.
    var start: UInt32 = 0
    /// The rank, and the length in the upper 8 bits; a length of 0 is a free slot.
    var rankAndLength: UInt32 = 0
  }

  private var slots: [Slot]
  private var bytes: [UInt8] = []
  private(set) var count = 0
  /// Bytes of the longest token here.
  private(set) var reach = 0
  /// Texts cannot be made to collide by those who do not know it.
  private let seed: UInt64

  /// - Parameter capacity: of tokens; more are never inserted.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = [Slot](repeating: Slot(), count: size)
    seed = UInt64.random(in: .min ... .max)
  }

  /// Whether there was none of these bytes; they are 1 to `longest`, and the rank is below `rankLimit`.
  mutating func insert(_ token: UnsafeBufferPointer<UInt8>, rank: Int) -> Bool {
    let key = Self.key(token)
    var place = self.place(key, token.count)
    while slots[place].rankAndLength != 0 {
      if matches(slots[place], key, token) { return false }
      place = (place + 1) & (slots.count - 1)
    }
    slots[place] = Slot(
      key: key,
      start: UInt32(bytes.count),
      rankAndLength: UInt32(rank) | UInt32(token.count) << 24
    )
    if token.count > 8 { bytes += token }
    count += 1
    reach = max(reach, token.count)
    return true
  }

  /// The rank of the token of these bytes; nil: there is none.
  @inline(__always)
  func rank(_ token: UnsafeBufferPointer<UInt8>) -> UInt32? {
    if token.count > reach || token.isEmpty { return nil }
    let key = Self.key(token)
    return slots.withUnsafeBufferPointer { slots in
      var place = self.place(key, token.count)
      while true {
        let slot = slots[place]
        if slot.rankAndLength == 0 { return nil }
        if matches(slot, key, token) { return slot.rankAndLength & 0xFF_FFFF }
        place = (place + 1) & (slots.count - 1)
      }
    }
  }

  @inline(__always)
  private func matches(_ slot: Slot, _ key: UInt64, _ token: UnsafeBufferPointer<UInt8>) -> Bool {
    guard slot.key == key, slot.rankAndLength >> 24 == token.count else { return false }
    return token.count <= 8 || isEqual(token, at: Int(slot.start))
  }

  private func isEqual(_ token: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    bytes[start..<(start + token.count)].elementsEqual(token)
  }

  @inline(__always)
  private func place(_ key: UInt64, _ length: Int) -> Int {
    let (high, low) = (key ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15 &+ UInt64(length) << 1)
    return Int(truncatingIfNeeded: high ^ low) & (slots.count - 1)
  }

  @inline(__always)
  private static func key(_ token: UnsafeBufferPointer<UInt8>) -> UInt64 {
    if token.count <= 8 { return word(token, 0) }
    var hash: UInt64 = 0
    var i = 0
    while i < token.count {
      let (high, low) = (hash ^ word(token, i)).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
      hash = high ^ low &+ UInt64(i)
      i += 8
    }
    return hash
  }

  /// Up to 8 bytes from `start` on.
  @inline(__always)
  private static func word(_ token: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt64 {
    var word: UInt64 = 0
    var i = min(start + 8, token.count)
    while i > start {
      i -= 1
      word = word << 8 | UInt64(token[i])
    }
    return word
  }
}
