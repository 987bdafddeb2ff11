package import Wire

extension Budget {
  /// `$0.50, 20000 tokens, 30s of processor, 10m`.
  package var text: String {
    var parts: [String] = []
    if let costNanoUSD { parts.append("$\(Self.dollars(costNanoUSD))") }
    if let tokens { parts.append("\(tokens) tokens") }
    if let cpuMS { parts.append("\(Units.text(milliseconds: cpuMS)) of processor time") }
    if let wallMS { parts.append("\(Units.text(milliseconds: wallMS)) of elapsed time") }
    return parts.joined(separator: ", ")
  }

  /// Exactly, with two decimals at least.
  private static func dollars(_ nano: Int64) -> String {
    let digits = String(nano % 1_000_000_000)
    var decimals = String(repeating: "0", count: 9 - digits.utf8.count) + digits
    while decimals.utf8.count > 2, decimals.last == "0" { decimals.removeLast() }
    return "\(nano / 1_000_000_000).\(decimals)"
  }
}
