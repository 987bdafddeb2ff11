/// Finding the steps that wait for each other.
extension PlanGraph {
  /// One cycle for each set of steps that all wait for each other, the shortest through the set's first step, and the
  /// number of the set's steps that are not on it. In the order of first steps.
  func cycles() -> [(steps: [Int], others: Int)] {
    var found: [(steps: [Int], others: Int)] = []
    for component in components() where component.count > 1 {
      guard let first = component.min() else { continue }
      let cycle = shortestCycle(through: first, within: Set(component))
      found.append((cycle, component.count - cycle.count))
    }
    return found.sorted { ($0.steps.first ?? 0) < ($1.steps.first ?? 0) }
  }

  /// Strongly connected components (Tarjan 1972), with an explicit stack.
  private func components() -> [[Int]] {
    let unseen = -1
    var number = [Int](repeating: unseen, count: dependencies.count)
    var lowest = number
    var isWaiting = [Bool](repeating: false, count: dependencies.count)
    var waiting: [Int] = []
    var found: [[Int]] = []
    var count = 0
    var stack: [(step: Int, next: Int)] = []
    func enter(_ step: Int) {
      number[step] = count
      lowest[step] = count
      count += 1
      waiting.append(step)
      isWaiting[step] = true
      stack.append((step, 0))
    }
    for start in dependencies.indices where number[start] == unseen {
      enter(start)
      while let (step, next) = stack.last {
        if next < dependencies[step].count {
          stack[stack.count - 1].next += 1
          let other = dependencies[step][next]
          if number[other] == unseen {
            enter(other)
          } else if isWaiting[other] {
            lowest[step] = min(lowest[step], number[other])
          }
          continue
        }
        stack.removeLast()
        if let parent = stack.last?.step { lowest[parent] = min(lowest[parent], lowest[step]) }
        guard lowest[step] == number[step] else { continue }
        var component: [Int] = []
        while let member = waiting.popLast() {
          isWaiting[member] = false
          component.append(member)
          if member == step { break }
        }
        found.append(component)
      }
    }
    return found
  }

  /// From `first` along dependencies back to it, without the return; breadth first.
  private func shortestCycle(through first: Int, within component: Set<Int>) -> [Int] {
    var previous: [Int: Int] = [:]
    var queue = [first]
    var position = 0
    while position < queue.count {
      let step = queue[position]
      position += 1
      for other in dependencies[step] where component.contains(other) {
        if other == first {
          var cycle = [step]
          while let last = cycle.last, last != first, let before = previous[last] { cycle.append(before) }
          return cycle.reversed()
        }
        if previous[other] == nil {
          previous[other] = step
          queue.append(other)
        }
      }
    }
    return [first]
  }
}
