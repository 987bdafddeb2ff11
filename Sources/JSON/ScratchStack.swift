/// A stack of moved-in elements that the parser fills while a container is open and empties into an exactly sized array
/// when it closes, so that no finished array carries growth slack.
struct ScratchStack<Element>: ~Copyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity = 0
  /// Whether `base` is ours to free.
  private var isOwned = false

  init() {
    // Never read or written: the first push finds the capacity of 0 used up.
    base = UnsafeMutableRawPointer(bitPattern: UInt(MemoryLayout<Element>.alignment))!
      .assumingMemoryBound(to: Element.self)
  }

  /// Starts in uninitialised memory that outlives the stack, and moves to the heap when that is full.
  init(in memory: UnsafeMutableBufferPointer<Element>) {
    self.init()
    guard let start = memory.baseAddress else { return }
    base = start
    capacity = memory.count
  }

  @inline(__always)
  mutating func push(_ element: consuming Element) {
    if count == capacity { grow(by: 1) }
    (base + count).initialize(to: element)
    count &+= 1
  }

  /// Room for `extra` more elements.
  @inline(never)
  private mutating func grow(by extra: Int) {
    let wanted = max(capacity * 2, count + extra, 16)
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: wanted)
    if count > 0 { larger.moveInitialize(from: base, count: count) }
    if isOwned { base.deallocate() }
    base = larger
    capacity = wanted
    isOwned = true
  }

  /// Takes the elements from `start` on off the stack, in order.
  mutating func popArray(from start: Int) -> [Element] {
    let taken = count - start
    let source = base + start
    count = start
    // Not `init(unsafeUninitializedCapacity:)`, which the compiler leaves unspecialised: 20 ns more for each array.
    var array: [Element] = []
    array.reserveCapacity(taken)
    for position in 0..<taken { array.append((source + position).move()) }
    return array
  }

  var last: Element? {
    @inline(__always) get { count > 0 ? base[count &- 1] : nil }
  }

  /// Takes the last element of a stack that has one.
  mutating func pop() -> Element {
    count -= 1
    return (base + count).move()
  }

  /// Takes `taken` elements off the top; the caller has moved them out of `base`.
  mutating func forgetTop(_ taken: Int) { count -= taken }

  deinit {
    if count > 0 { base.deinitialize(count: count) }
    if isOwned { base.deallocate() }
  }
}

extension ScratchStack where Element == UInt8 {
  mutating func push(copying bytes: UnsafeBufferPointer<UInt8>) {
    if bytes.count > capacity - count { grow(by: bytes.count) }
    if let source = bytes.baseAddress { (base + count).update(from: source, count: bytes.count) }
    count += bytes.count
  }

  mutating func removeAll() { count = 0 }

  var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }
}
