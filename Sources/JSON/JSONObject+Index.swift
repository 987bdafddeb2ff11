extension JSONObject {
  /// An open-addressing table from key to position in a list of members that it does not hold itself.
  ///
  /// Hashes are seeded per process by the standard library, so a peer cannot aim for collisions.
  struct Index: Sendable {
    /// Upper half: the hash's upper half; lower half: position + 1, or 0 for a free slot. A power of two long.
    private var slots: [UInt64]?

    /// An index that finds nothing and takes no memory.
    init() { slots = nil }

    /// Room for `capacity` keys without growing.
    init(capacity: Int) {
      var size = 16
      while size < capacity * 2 { size *= 2 }
      slots = [UInt64](repeating: 0, count: size)
    }

    func position(of key: String, keyAt: (Int) -> String) -> Int? {
      slots.flatMap { slots in slots[Self.slot(in: slots, of: key, Self.hash(key), keyAt)].position }
    }

    /// Adds a key that follows `position` others, unless it is there already: then its position is returned and nothing
    /// changes.
    @discardableResult
    mutating func insert(_ key: String, at position: Int, keyAt: (Int) -> String) -> Int? {
      var slots = take(atLeast: (position + 1) * 2, keyAt)
      let hash = Self.hash(key)
      let slot = Self.slot(in: slots, of: key, hash, keyAt)
      let found = slots[slot].position
      if found == nil { slots[slot] = hash & Self.upperHalf | UInt64(position + 1) }
      self.slots = slots
      return found
    }

    private static let upperHalf: UInt64 = 0xFFFF_FFFF_0000_0000

    private static func hash(_ key: String) -> UInt64 {
      var hasher = Hasher()
      withUTF8(key) { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
      return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// The slot that holds `key`, else the free one where it belongs. At least half the slots are free, so one is found.
    private static func slot(in slots: [UInt64], of key: String, _ hash: UInt64, _ keyAt: (Int) -> String) -> Int {
      let mask = slots.count - 1
      var slot = Int(truncatingIfNeeded: hash) & mask
      while let position = slots[slot].position {
        if (slots[slot] ^ hash) & upperHalf == 0, sameBytes(keyAt(position), key) { break }
        slot = (slot + 1) & mask
      }
      return slot
    }

    /// The slots, grown to `size` if they are fewer; the index is empty until they are put back, so that changing them
    /// copies nothing.
    private mutating func take(atLeast size: Int, _ keyAt: (Int) -> String) -> [UInt64] {
      if let slots, slots.count >= size {
        self.slots = nil
        return slots
      }
      var larger = Index(capacity: size)
      for entry in slots ?? [] {
        if let position = entry.position { larger.insert(keyAt(position), at: position, keyAt: keyAt) }
      }
      let grown = larger.slots ?? []
      return grown
    }
  }
}

extension UInt64 {
  /// The position that a slot of the index holds.
  fileprivate var position: Int? {
    let stored = Int(truncatingIfNeeded: self & 0xFFFF_FFFF)
    return stored == 0 ? nil : stored - 1
  }
}
