internal import JSON

extension PolicyReader {
  // MARK: Limits

  private static let limitMembers = ["name", "of", "tool", "at_most", "per", "for", "over"]

  mutating func limit(_ value: JSON) -> LimitRule? {
    let before = mistakeCount
    var it = LimitRule(name: "", of: .tasks, atMost: 0)
    var of: LimitRule.Measure?
    var over: LimitRule.Overrun?
    members(of: value, known: Self.limitMembers) { reader, key, value in
      switch key {
      case "name": it.name = reader.name(value) ?? ""
      case "of": of = reader.word(value)
      case "tool": it.tool = reader.toolName(value)
      case "at_most": break
      case "per": it.per = reader.word(value)
      case "for": it.sharing = reader.word(value) ?? .everyone
      case "over": over = reader.word(value)
      default: return false
      }
      return true
    }
    for name in ["name", "of", "at_most"] { require(name, in: value) }
    guard let of else { return nil }
    it.of = of
    if let bound = value["at_most"], !bound.isNull {
      it.atMost = at(.key("at_most")) { $0.amount(bound, of) } ?? 0
    }
    checkSpan(it, value)
    // Within a job nothing is ever given back: what is over it would wait forever.
    it.over = over ?? (it.per == .job ? .fail : .wait)
    if it.per == .job, it.over == .wait {
      at(.key("over")) { $0.invalid("'over' is 'wait', and a job gets nothing back by waiting: 'fail' is due") }
    }
    return mistakeCount == before ? it : nil
  }

  private mutating func checkSpan(_ limit: LimitRule, _ value: JSON) {
    let of = limit.of.rawValue
    switch limit.of {
    case .concurrentJobs:
      if limit.per != nil { at(.key("per")) { $0.invalid("'\(of)' is how many run now, and has no 'per'") } }
    case .tasks where limit.per == .job:
      at(.key("per")) { $0.invalid("a job is one task: 'minute', 'hour' or 'day' is due") }
    default: require("per", in: value)
    }
    if limit.tool != nil, limit.of == .tasks || limit.of == .concurrentJobs {
      at(.key("tool")) { $0.invalid("'\(of)' counts jobs, not what a tool does") }
    }
  }

  /// In the unit of what is measured.
  private mutating func amount(_ value: JSON, _ of: LimitRule.Measure) -> Int64? {
    switch of {
    case .tasks, .executions, .concurrentJobs, .tokens: return integer(value, in: 0...1_000_000_000_000_000)
    case .cpu, .wall: return duration(value, in: 1...315_360_000_000)
    case .usd: return nanoUSD(value)
    }
  }

  /// US dollars with at most nine places behind the point, in billionths.
  mutating func nanoUSD(_ value: JSON) -> Int64? {
    let written: String
    switch value {
    case .integer(let number): written = String(number)
    case .number(let number): written = number.text
    default:
      fail(value, due: "number of US dollars")
      return nil
    }
    let most = Decimal("1000000000")
    let dollars = Decimal(written)
    guard !(dollars < .zero), !(most < dollars) else {
      invalid("'\(pathText)' is \(quoted(written)) where 0 to 1000000000 US dollars are due")
      return nil
    }
    // Safety: a product of too many digits is no whole number of billionths either.
    guard let nano = (try? dollars.multiplied(by: most))?.int64 else {
      invalid("'\(pathText)' is \(quoted(written)), with more than nine places behind the point")
      return nil
    }
    return nano
  }

  // MARK: Alerts

  private static let alertMembers = ["name", "of", "tool", "above", "below", "over", "at_least"]

  mutating func alert(_ value: JSON) -> AlertRule? {
    let before = mistakeCount
    var it = AlertRule(name: "", of: .failures, .above, 0)
    var of: AlertRule.Measure?
    members(of: value, known: Self.alertMembers) { reader, key, value in
      switch key {
      case "name": it.name = reader.name(value) ?? ""
      case "of": of = reader.word(value)
      case "tool": it.tool = reader.toolName(value)
      case "above", "below":
        it.side = key == "above" ? .above : .below
        it.bound = reader.bound(value) ?? 0
      case "over": it.overMS = reader.duration(value, in: 1_000...2_678_400_000) ?? it.overMS
      case "at_least": it.atLeast = reader.integer(value, in: 1...1_000_000_000) ?? it.atLeast
      default: return false
      }
      return true
    }
    for name in ["name", "of"] { require(name, in: value) }
    if let of { it.of = of }
    checkBound(it, value)
    return mistakeCount == before ? it : nil
  }

  private mutating func bound(_ value: JSON) -> Double? {
    guard let number = value.doubleValue, number >= 0 else {
      if value.doubleValue == nil { fail(value, due: "number") } else { invalid("'\(pathText)' is less than 0") }
      return nil
    }
    return number
  }

  private mutating func checkBound(_ alert: AlertRule, _ value: JSON) {
    let sides = ["above", "below"].filter { !(value[$0]?.isNull ?? true) }
    if sides.count != 1 {
      let place = path.isEmpty ? "" : " in '\(pathText)'"
      fail(sides.isEmpty ? .missingMember : .invalidValue, "exactly one of 'above' and 'below' is due\(place)")
    } else if alert.of == .successRate, alert.bound > 1 {
      at(.key(sides[0])) { $0.invalid("a success rate lies between 0 and 1") }
    }
    if alert.of == .waitingApprovals, alert.tool != nil {
      at(.key("tool")) { $0.invalid("'waiting_approvals' counts approvals, not what a tool does") }
    }
  }
}
