package import Wire

/// What a small model spared, in few words; nil where none was used.
extension UsageSum {
  package var usesTwoModels: Bool { smallCalls > 0 || escalatedCalls > 0 }

  /// `small 14 calls, 1 escalated`.
  package var smallText: String? {
    guard usesTwoModels else { return nil }
    let calls = smallCalls == 1 ? "1 call" : "\(smallCalls) calls"
    return "small \(calls)" + (escalatedCalls > 0 ? ", \(escalatedCalls) escalated" : "")
  }

  /// `$0.0410`: what the large model would have cost alone; with `+ ?` where the price of some calls is not known, nil
  /// where there is nothing to compare.
  package var baselineText: String? {
    guard usesTwoModels, baselineNanoUSD > 0 else { return nil }
    return dollarText(nano: baselineNanoUSD) + (unpricedCalls > 0 ? " + ?" : "")
  }

  /// `2 models: small 14 calls, 1 escalated; $0.0021, all by gpt-4o $0.0410 (95 % less)`.
  package var twoModelsText: String? {
    guard let smallText else { return nil }
    let text = "2 models: \(smallText); \(unpricedCalls > 0 && costNanoUSD == 0 ? "price unknown" : costText)"
    guard let baselineText else { return text }
    let large = baselineModel.map { cut(printableLine($0), to: 40) } ?? "the large model"
    return text + ", all by \(large) \(baselineText)" + (difference.map { " (\($0))" } ?? "")
  }

  /// `95 % less`; nil where it is none, or where some prices are not known.
  private var difference: String? {
    guard unpricedCalls == 0, baselineNanoUSD > 0 else { return nil }
    let isLess = costNanoUSD <= baselineNanoUSD
    let part = abs(Double(baselineNanoUSD) - Double(costNanoUSD)) / Double(baselineNanoUSD)
    // Never "100 % less" for what did cost something.
    let percent = isLess && costNanoUSD > 0 ? min(99, (part * 100).rounded()) : min(999_999, (part * 100).rounded())
    return percent < 1 ? nil : "\(Int(percent)) % \(isLess ? "less" : "more")"
  }
}
