/// One operation on one side of a comparison, repeated.
struct Measurement {
  let subject: String
  /// `ours`, or the name of the peer or floor that it is measured against.
  let side: String
  /// Bytes that one operation reads or writes, for a throughput; nil where that means nothing.
  let bytes: Int?
  /// Nanoseconds per operation of each run, or what `unit` says.
  let samples: [Double]
  var unit = Unit.nanoseconds

  enum Unit: String { case nanoseconds = "ns", bytes }

  var median: Double { quantile(0.5) }
  /// Half the distance between the quartiles, in percent of the median.
  var spread: Double { (quantile(0.75) - quantile(0.25)) / 2 / median * 100 }

  func quantile(_ q: Double) -> Double {
    let sorted = samples.sorted()
    return sorted[Int((Double(sorted.count - 1) * q).rounded())]
  }
}

/// An operation to measure. `body` performs it `count` times and returns something that depends on every result.
struct Side {
  let name: String
  var bytes: Int?
  let body: (_ count: Int) throws -> Int
}

/// Runs the sides in turn, `runs` times over, so that a noisy moment hits all of them alike.
func compare(_ subject: String, runs: Int = 15, runMilliseconds: Int = 40, _ sides: [Side]) throws -> [Measurement] {
  var counts: [Int] = []
  for side in sides {
    // Doubles the count until one run lasts long enough; this warms up as well.
    var count = 1
    while true {
      let elapsed = try nanoseconds { _ = try side.body(count) }
      if elapsed >= Double(runMilliseconds) * 1e6 { break }
      count *= 2
    }
    counts.append(count)
  }
  var samples = [[Double]](repeating: [], count: sides.count)
  for _ in 0..<runs {
    for (i, side) in sides.enumerated() {
      samples[i].append(try nanoseconds { _ = try side.body(counts[i]) } / Double(counts[i]))
    }
  }
  return sides.indices.map {
    Measurement(subject: subject, side: sides[$0].name, bytes: sides[$0].bytes, samples: samples[$0])
  }
}

private func nanoseconds(_ body: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  let elapsed = try clock.measure(body)
  return Double(elapsed.components.seconds) * 1e9 + Double(elapsed.components.attoseconds) / 1e9
}
