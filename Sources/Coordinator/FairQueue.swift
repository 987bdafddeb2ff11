package import Journal

/// Units of many jobs that want slots of one tool, in a fair order: each job gets its turn, one with a higher priority
/// more often (stride scheduling: twice as often for each point), and a job's own units come in order.
///
/// Entries are not taken out when a unit changes its mind; whoever takes one asks whether it is still meant.
package struct FairQueue {
  private struct Share {
    var units: [StepKey] = []
    var head = 0
    /// Grows with each turn, faster for a lower priority; the smallest is next.
    var pass: UInt64
    let stride: UInt64
  }

  private var shares: [Int64: Share] = [:]
  private var clock: UInt64 = 0

  package init() {}

  package var isEmpty: Bool { shares.isEmpty }

  package mutating func add(_ unit: StepKey, job: Int64, priority: Int64) {
    // A job that comes back has saved nothing up.
    shares[job, default: Share(pass: clock, stride: 1 << UInt64(9 - min(max(priority, 0), 9)))].units.append(unit)
  }

  package mutating func next() -> (job: Int64, unit: StepKey)? {
    guard let job = shares.min(by: { ($0.value.pass, $0.key) < ($1.value.pass, $1.key) })?.key,
      let index = shares.index(forKey: job)
    else { return nil }
    clock = shares.values[index].pass
    let unit = shares.values[index].units[shares.values[index].head]
    shares.values[index].head += 1
    shares.values[index].pass += shares.values[index].stride
    if shares.values[index].head == shares.values[index].units.count {
      shares.remove(at: index)
    } else if shares.values[index].head > 64, shares.values[index].head * 2 > shares.values[index].units.count {
      shares.values[index].units.removeFirst(shares.values[index].head)
      shares.values[index].head = 0
    }
    return (job, unit)
  }

  package mutating func remove(job: Int64) { shares[job] = nil }
}
