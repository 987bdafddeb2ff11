/// Which members or items of one value some keyword has looked at; what is left over is "unevaluated".
struct Coverage {
  var positions = PositionSet()
  var isComplete = false

  mutating func merge(_ other: Coverage) {
    isComplete = isComplete || other.isComplete
    positions.formUnion(other.positions)
  }

  func contains(_ position: Int) -> Bool { isComplete || positions.contains(position) }
}

/// A set of small non-negative numbers; the first 64 take no memory from the heap.
struct PositionSet {
  private var low: UInt64 = 0
  private var rest: [UInt64] = []

  /// What a union with this set costs, in evaluation steps.
  var weight: Int { rest.count / 32 }

  mutating func insert(_ position: Int) {
    if position < 64 {
      low |= 1 << UInt64(position)
      return
    }
    let word = position / 64 - 1
    if word >= rest.count { rest.append(contentsOf: repeatElement(0, count: word + 1 - rest.count)) }
    rest[word] |= 1 << UInt64(position % 64)
  }

  func contains(_ position: Int) -> Bool {
    if position < 64 { return low & (1 << UInt64(position)) != 0 }
    let word = position / 64 - 1
    return word < rest.count && rest[word] & (1 << UInt64(position % 64)) != 0
  }

  mutating func formUnion(_ other: PositionSet) {
    low |= other.low
    if other.rest.count > rest.count {
      rest.append(contentsOf: repeatElement(0, count: other.rest.count - rest.count))
    }
    for (word, bits) in other.rest.enumerated() { rest[word] |= bits }
  }
}
