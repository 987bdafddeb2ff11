/// `3d 4h`, `5m 7s`, `12s`, `350ms`: the two largest units.
package func spanText(milliseconds: Int64) -> String {
  if milliseconds < 1000 { return "\(max(0, milliseconds))ms" }
  let seconds = milliseconds / 1000
  let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
  let shown = parts.drop { $0.0 == 0 }.prefix(2)
  return shown.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
}

/// As `spanText`, with tenths below a minute: `0.4s`, `12.3s`, `5m 7s`. Its width changes little while it counts.
package func clockText(milliseconds: Int64) -> String {
  let milliseconds = max(0, milliseconds)
  if milliseconds >= 60_000 { return spanText(milliseconds: milliseconds) }
  return "\(milliseconds / 1000).\(milliseconds % 1000 / 100)s"
}

/// How long something took: `12ms`, `1.2s`, `5m 7s`.
package func tookText(milliseconds: Int64) -> String {
  milliseconds < 1000 ? "\(max(0, milliseconds))ms" : clockText(milliseconds: milliseconds)
}

/// `+0.350s`, `+62.004s`: for lines that are compared with each other.
package func offsetText(milliseconds: Int64) -> String {
  let milliseconds = max(0, milliseconds)
  let thousandths = String(milliseconds % 1000)
  return "+\(milliseconds / 1000)." + String(repeating: "0", count: 3 - thousandths.utf8.count) + thousandths + "s"
}

/// `1 step`, `2 steps`.
package func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
