/// A timer on an event loop; its identity is what `EventLoop.cancel` takes.
package final class LoopTimer {
  fileprivate let deadline: BootTime
  fileprivate var body: (() -> Void)?
  /// Position in the heap; −1 when fired or cancelled.
  fileprivate var position = -1

  fileprivate init(deadline: BootTime, body: @escaping () -> Void) {
    self.deadline = deadline
    self.body = body
  }

  /// Does nothing when the timer was cancelled after it had been taken as due.
  func fire() {
    guard let body else { return }
    self.body = nil
    body()
  }
}

/// A binary heap by deadline. Removal is by position, so that cancelled timers do not pile up: nearly every call arms a
/// deadline that never fires.
struct TimerQueue {
  private var heap: [LoopTimer] = []

  var isEmpty: Bool { heap.isEmpty }

  mutating func add(at deadline: BootTime, _ body: @escaping () -> Void) -> LoopTimer {
    let timer = LoopTimer(deadline: deadline, body: body)
    timer.position = heap.count
    heap.append(timer)
    siftUp(timer.position)
    return timer
  }

  mutating func remove(_ timer: LoopTimer) {
    timer.body = nil
    take(timer)
  }

  private mutating func take(_ timer: LoopTimer) {
    let position = timer.position
    guard position >= 0 else { return }
    timer.position = -1
    let last = heap.removeLast()
    guard last !== timer else { return }
    heap[position] = last
    last.position = position
    siftDown(position)
    siftUp(last.position)
  }

  /// For epoll_wait: −1 with no timer, else milliseconds rounded up, so that the loop does not spin before the deadline.
  /// At most a minute, since epoll_wait does not count suspended time and the timers do.
  func millisecondsToNext(now: @autoclosure () -> BootTime) -> Int32 {
    guard let first = heap.first else { return -1 }
    let nanoseconds = first.deadline.nanoseconds &- now().nanoseconds
    if nanoseconds <= 0 { return 0 }
    return Int32(min(60_000, nanoseconds / 1_000_000 + 1))
  }

  /// Hands over what is due, to be fired in order; until then each can still be cancelled. A timer that a body adds for
  /// now waits for the next round, so bodies cannot starve the loop.
  mutating func takeDue(now: BootTime) -> [LoopTimer] {
    var due: [LoopTimer] = []
    while let first = heap.first, first.deadline <= now {
      due.append(first)
      take(first)
    }
    return due
  }

  private mutating func siftUp(_ start: Int) {
    var position = start
    while position > 0 {
      let parent = (position - 1) / 2
      guard heap[position].deadline < heap[parent].deadline else { return }
      swap(position, parent)
      position = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var position = start
    while true {
      var least = position
      for child in [2 * position + 1, 2 * position + 2] where child < heap.count {
        if heap[child].deadline < heap[least].deadline { least = child }
      }
      guard least != position else { return }
      swap(position, least)
      position = least
    }
  }

  private mutating func swap(_ a: Int, _ b: Int) {
    heap.swapAt(a, b)
    heap[a].position = a
    heap[b].position = b
  }
}
