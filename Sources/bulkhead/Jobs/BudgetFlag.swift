internal import JSON
internal import Wire

extension Arguments {
  /// `0.50` is US dollars; `usd=0.50,tokens=20000,cpu=30s,wall=10m` is each by its name.
  func budget(_ flag: String = "budget") throws(Failure) -> Budget? {
    guard let text = value(flag) else { return nil }
    var budget = Budget()
    var named: Set<Substring> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let equals = part.firstIndex(of: "=")
      let name = equals.map { part[..<$0] } ?? "usd"
      let value = String(equals.map { part[part.index(after: $0)...] } ?? part)
      guard named.insert(name).inserted else {
        throw Failure(usage: "'--\(flag)' says \(quoted(String(name))) twice")
      }
      let isKnown =
        switch name {
        case "usd": Self.read(value, &budget.costNanoUSD, { Self.nanoDollars($0) })
        case "tokens": Self.read(value, &budget.tokens, { Self.digits($0).flatMap { Int64($0) } })
        case "cpu": Self.read(value, &budget.cpuMS, { Units.milliseconds($0) }, most: 1 << 50)
        case "wall": Self.read(value, &budget.wallMS, { Units.milliseconds($0) }, most: 1 << 50)
        default: false
        }
      guard isKnown else {
        throw Failure(
          usage:
            "'--\(flag)' has \(quoted(String(part))) where US dollars such as 0.50, tokens=20000, cpu=30s or wall=10m is due"
        )
      }
    }
    return budget
  }

  private static func read(
    _ text: String,
    _ amount: inout Int64?,
    _ parse: (String) -> Int64?,
    most: Int64 = 1 << 60
  ) -> Bool {
    amount = parse(text)
    return amount.map { (0...most).contains($0) } ?? false
  }

  private static func digits(_ text: some StringProtocol) -> String? {
    !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) } ? String(text) : nil
  }

  /// A decimal of dollars, exactly: nine decimals at most.
  private static func nanoDollars(_ text: String) -> Int64? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = digits(parts[0]).flatMap({ Int64($0) }), whole <= 1_000_000_000 else { return nil }
    var nano: Int64 = 0
    if parts.count == 2 {
      guard let decimals = digits(parts[1]), decimals.utf8.count <= 9,
        let value = Int64(decimals + String(repeating: "0", count: 9 - decimals.utf8.count))
      else { return nil }
      nano = value
    }
    return whole * 1_000_000_000 + nano
  }
}
