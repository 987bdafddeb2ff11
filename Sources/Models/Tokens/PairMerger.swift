/// Merges the bytes of one word at a time: always the leftmost of the pairs of the lowest rank, until no pair is a token.
struct PairMerger {
  private static let none = UInt32.max
  /// Below this many bytes looking for the lowest rank beats keeping a heap.
  private static let heapFrom = 96

  private let tokens: TokenTable
  /// Where parts begin, the word's end included. Of a long word: the place of the next and the last part, by place.
  private var starts: [Int32] = []
  private var nexts: [Int32] = []
  private var lasts: [Int32] = []
  /// Of the part with the one that follows it.
  private var ranks: [UInt32] = []
  /// Rank and place of pairs, of which some are gone meanwhile.
  private var heap: [UInt64] = []

  init(_ tokens: TokenTable) { self.tokens = tokens }

  /// The number of parts of a word of fewer than 2³¹ bytes.
  mutating func merge(_ word: UnsafeBufferPointer<UInt8>) -> Int {
    if word.count == 1 || tokens.rank(word) != nil {
      starts.removeAll(keepingCapacity: true)
      starts.append(0)
      starts.append(Int32(word.count))
      return 1
    }
    if word.count < Self.heapFrom { mergeShort(word) } else { mergeLong(word) }
    return starts.count - 1
  }

  /// The parts of the word that was merged last.
  func forEachPart(of word: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    for i in 0..<(starts.count - 1) {
      body(UnsafeBufferPointer(rebasing: word[Int(starts[i])..<Int(starts[i + 1])]))
    }
  }

  @inline(__always)
  private func rank(_ word: UnsafeBufferPointer<UInt8>, _ start: Int32, _ end: Int32) -> UInt32 {
    tokens.rank(UnsafeBufferPointer(rebasing: word[Int(start)..<Int(end)])) ?? Self.none
  }

  private mutating func mergeShort(_ word: UnsafeBufferPointer<UInt8>) {
    starts.removeAll(keepingCapacity: true)
    ranks.removeAll(keepingCapacity: true)
    for i in 0...word.count { starts.append(Int32(i)) }
    for i in 0..<(word.count - 1) { ranks.append(rank(word, Int32(i), Int32(i + 2))) }
    while true {
      var lowest = Self.none
      var place = 0
      for i in ranks.indices where ranks[i] < lowest {
        lowest = ranks[i]
        place = i
      }
      if lowest == Self.none { return }
      starts.remove(at: place + 1)
      ranks.remove(at: place)
      if place < ranks.count { ranks[place] = rank(word, starts[place], starts[place + 2]) }
      if place > 0 { ranks[place - 1] = rank(word, starts[place - 1], starts[place + 1]) }
    }
  }

  /// With a linked list and a heap: n log n, where the short way is quadratic.
  private mutating func mergeLong(_ word: UnsafeBufferPointer<UInt8>) {
    let count = word.count
    nexts.removeAll(keepingCapacity: true)
    lasts.removeAll(keepingCapacity: true)
    ranks.removeAll(keepingCapacity: true)
    heap.removeAll(keepingCapacity: true)
    for i in 0...count {
      nexts.append(Int32(i + 1))
      lasts.append(Int32(i - 1))
    }
    for i in 0..<count {
      ranks.append(i + 2 <= count ? rank(word, Int32(i), Int32(i + 2)) : Self.none)
      if ranks[i] != Self.none { heap.append(UInt64(ranks[i]) << 32 | UInt64(i)) }
    }
    for i in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(i) }
    while let lowest = heap.first {
      removeLowest()
      let place = Int(lowest & 0xFFFF_FFFF)
      // The pair has merged with another, or the place is within a part by now.
      guard UInt64(ranks[place]) == lowest >> 32 else { continue }
      let gone = Int(nexts[place])
      let next = Int(nexts[gone])
      ranks[gone] = Self.none
      nexts[place] = Int32(next)
      lasts[next] = Int32(place)
      setRank(place, next == count ? Self.none : rank(word, Int32(place), nexts[next]))
      let last = Int(lasts[place])
      if last >= 0 { setRank(last, rank(word, Int32(last), Int32(next))) }
    }
    starts.removeAll(keepingCapacity: true)
    var i: Int32 = 0
    while i <= count {
      starts.append(i)
      i = nexts[Int(i)]
    }
  }

  private mutating func setRank(_ place: Int, _ rank: UInt32) {
    ranks[place] = rank
    guard rank != Self.none else { return }
    heap.append(UInt64(rank) << 32 | UInt64(place))
    var i = heap.count - 1
    while i > 0, heap[(i - 1) / 2] > heap[i] {
      heap.swapAt(i, (i - 1) / 2)
      i = (i - 1) / 2
    }
  }

  private mutating func removeLowest() {
    let last = heap.removeLast()
    if heap.isEmpty { return }
    heap[0] = last
    sink(0)
  }

  private mutating func sink(_ from: Int) {
    var i = from
    while true {
      var child = 2 * i + 1
      if child >= heap.count { return }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      if heap[i] <= heap[child] { return }
      heap.swapAt(i, child)
      i = child
    }
  }
}
