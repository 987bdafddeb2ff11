package import Wire

/// What a check of health found, in lines.
package enum HealthText {
  /// `ok    worker executor-1     0.2ms  it has a call and was not asked`, and below it what helps.
  package static func line(_ probe: HealthProbe, _ paint: Paint) -> String {
    let (word, colour): (String, Colour) =
      switch probe.result {
      case .ok: ("ok  ", .green)
      case .degraded: ("weak", .yellow)
      case .failed: ("FAIL", .red)
      }
    let latency = probe.latencyMS.map { MetricsTables.took($0) } ?? "-"
    var text = "\(paint(word, colour))  \(padded(printableLine(probe.name), 21))  \(padded(latency, 7))"
    if let message = probe.message { text += "  \(printableLine(message))" }
    while text.last == " " { text.removeLast() }
    guard let hint = probe.hint else { return text }
    return text + "\n" + String(repeating: " ", count: 38) + "hint: " + printableLine(hint)
  }

  /// `healthy, 12ms`.
  package static func verdict(_ status: HealthStatus, tookMS: Double, _ paint: Paint) -> String {
    let colour: Colour =
      switch status {
      case .healthy: .green
      case .degraded: .yellow
      case .unhealthy: .red
      }
    return "\(paint(status.rawValue, colour)), \(MetricsTables.took(tookMS))"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - columns(of: text)))
  }
}
