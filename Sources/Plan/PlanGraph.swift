/// Who waits for whom. Steps go by their index in the plan.
package struct PlanGraph: Sendable {
  /// What each step depends on, ascending.
  package let dependencies: [[Int]]
  /// What depends on each step, ascending.
  package let dependents: [[Int]]
  /// Every step behind all that it depends on, otherwise in the plan's order. Empty if there is a cycle.
  package let order: [Int]
  /// The steps by the length of the longest way to them; those of one level do not depend on each other.
  package let levels: [[Int]]

  /// `dependencies` are ascending indices of other steps.
  init(dependencies: [[Int]]) {
    self.dependencies = dependencies
    var dependents = [[Int]](repeating: [], count: dependencies.count)
    for (step, others) in dependencies.enumerated() { for other in others { dependents[other].append(step) } }
    self.dependents = dependents
    order = Self.order(dependencies) ?? []
    var level = [Int](repeating: 0, count: dependencies.count)
    var levels: [[Int]] = []
    for step in order {
      for other in dependencies[step] { level[step] = max(level[step], level[other] + 1) }
    }
    for step in order.sorted() {
      while levels.count <= level[step] { levels.append([]) }
      levels[level[step]].append(step)
    }
    self.levels = levels
  }

  var hasCycle: Bool { order.count != dependencies.count }

  /// Each step as soon as what it depends on is out; nil if there is a cycle. An explicit stack: a chain may be longer than
  /// the machine's stack is deep.
  private static func order(_ dependencies: [[Int]]) -> [Int]? {
    enum Mark { case unseen, open, done }
    var marks = [Mark](repeating: .unseen, count: dependencies.count)
    var order: [Int] = []
    order.reserveCapacity(dependencies.count)
    var stack: [(step: Int, next: Int)] = []
    for start in dependencies.indices where marks[start] == .unseen {
      marks[start] = .open
      stack.append((start, 0))
      while let (step, next) = stack.last {
        if next < dependencies[step].count {
          stack[stack.count - 1].next += 1
          let other = dependencies[step][next]
          switch marks[other] {
          case .done: break
          case .open: return nil
          case .unseen:
            marks[other] = .open
            stack.append((other, 0))
          }
        } else {
          marks[step] = .done
          order.append(step)
          stack.removeLast()
        }
      }
    }
    return order
  }

  /// Every step that depends on `step`, directly or through others; without `step` itself.
  package func downstream(of step: Int) -> Set<Int> {
    var found: Set<Int> = []
    guard dependents.indices.contains(step) else { return found }
    var waiting = dependents[step]
    while let next = waiting.popLast() {
      if found.insert(next).inserted { waiting += dependents[next] }
    }
    return found
  }
}
