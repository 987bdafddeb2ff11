package import Wire

/// What was used of language models, in few words.
extension UsageSum {
  /// Tokens read and written: `18.2k/2.4k`; `~` before numbers of which some were estimated.
  package var tokensText: String {
    (estimatedCalls > 0 ? "~" : "") + "\(shortCount(inputTokens))/\(shortCount(outputTokens))"
  }

  /// `$0.0612`; with `+?` where the price of some calls is not known, `?` where it is of none.
  package var costText: String {
    if unpricedCalls > 0, costNanoUSD == 0 { return unpricedCalls >= calls ? "?" : "$0 + ?" }
    return dollarText(nano: costNanoUSD) + (unpricedCalls > 0 ? " + ?" : "")
  }

  /// `3 model calls, 18.2k tokens in, 2.4k out, $0.0612`.
  package var text: String {
    let about = estimatedCalls > 0 ? "about " : ""
    let calls = calls == 1 ? "1 model call" : "\(calls) model calls"
    let cost = unpricedCalls > 0 && costNanoUSD == 0 ? "price unknown" : costText
    return "\(calls), \(about)\(shortCount(inputTokens)) tokens in, \(shortCount(outputTokens)) out, \(cost)"
  }
}

/// `999`, `1.2k`, `18k`, `3.4M`: three digits at most from a thousand on.
package func shortCount(_ count: Int64) -> String {
  var unit = 0
  var (whole, scale) = (count, Int64(1))
  while whole >= 1_000, unit < 4 {
    whole /= 1_000
    scale *= 1_000
    unit += 1
  }
  guard unit > 0 else { return "\(count)" }
  let name = ["", "k", "M", "G", "T"][unit]
  let tenth = count / (scale / 10) % 10
  return whole < 100 && tenth > 0 ? "\(whole).\(tenth)\(name)" : "\(whole)\(name)"
}

/// Billionths of a US dollar with as many places as say something: `$12.30`, `$0.0612`, `$0.000004`.
package func dollarText(nano: Int64) -> String {
  let places = nano == 0 ? 0 : nano >= 1_000_000_000 ? 2 : nano >= 1_000_000 ? 4 : 6
  guard places > 0 else { return "$0" }
  let unit = (0..<(9 - places)).reduce(Int64(1)) { value, _ in value * 10 }
  // Rounded up at the half, without leaving 64 bits.
  let rounded = nano / unit + (nano % unit >= unit / 2 ? 1 : 0)
  let power = (0..<places).reduce(Int64(1)) { value, _ in value * 10 }
  if rounded == 0 { return "<$0.000001" }
  let fraction = String(rounded % power)
  return "$\(rounded / power).\(String(repeating: "0", count: places - fraction.utf8.count))\(fraction)"
}

/// The rows of a usage report.
package enum UsageTables {
  /// `keys` beside their sums, and the total below when there is more than one row. Where small models were used there are
  /// columns for them.
  package static func table(_ heading: String, _ rows: [(key: String?, sum: UsageSum)], total: UsageSum) -> Table {
    let hasTwo = total.usesTwoModels
    var table = Table(
      [heading, "CALLS"] + (hasTwo ? ["SMALL", "ESCALATED"] : [])
        + ["INPUT", "CACHED", "OUTPUT", "THINKING", "COST"] + (hasTwo ? ["ALL LARGE"] : [])
    )
    for row in rows { table.add(cells(row.key.map { printableLine($0) } ?? "(removed jobs)", row.sum, hasTwo)) }
    if rows.count > 1 { table.add(cells("total", total, hasTwo)) }
    return table
  }

  private static func cells(_ name: String, _ sum: UsageSum, _ hasTwo: Bool) -> [String] {
    [name, "\(sum.calls)"] + (hasTwo ? ["\(sum.smallCalls)", "\(sum.escalatedCalls)"] : [])
      + [
        "\(sum.inputTokens)", "\(sum.cachedTokens)", "\(sum.outputTokens)", "\(sum.reasoningTokens)", sum.costText,
      ] + (hasTwo ? [sum.baselineText ?? "-"] : [])
  }
}
