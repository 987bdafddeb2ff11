/// What a family measured, and what that must come to.
struct Results {
  var measurements: [Measurement] = []
  var bounds: [Bound] = []

  init(_ measurements: [Measurement] = [], _ bounds: [Bound] = []) {
    self.measurements = measurements
    self.bounds = bounds
  }

  /// - Parameter nanoseconds: of each run.
  @discardableResult
  mutating func add(_ subject: String, _ side: String, _ nanoseconds: [Double]) -> Measurement {
    let measurement = Measurement(subject: subject, side: side, bytes: nil, samples: nanoseconds)
    measurements.append(measurement)
    return measurement
  }
}

/// A measured figure beside the limit that it is held to.
struct Bound {
  let subject: String
  let value: Double
  let unit: String
  let limit: Double
  let isAtMost: Bool

  init(_ subject: String, _ value: Double, _ unit: String, atMost limit: Double) {
    (self.subject, self.value, self.unit, self.limit, isAtMost) = (subject, value, unit, limit, true)
  }

  init(_ subject: String, _ value: Double, _ unit: String, atLeast limit: Double) {
    (self.subject, self.value, self.unit, self.limit, isAtMost) = (subject, value, unit, limit, false)
  }

  var holds: Bool { isAtMost ? value <= limit : value >= limit }
}
