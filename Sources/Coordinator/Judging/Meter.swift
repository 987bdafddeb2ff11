internal import Journal
internal import Policy

/// How much of something was used in the span of time that a limit looks back on: a ring of parts of that span, of which
/// the oldest is forgotten as a whole.
struct Meter {
  static let parts: Int64 = 60
  /// Of one part: as many as there are still fit an integer together.
  static let most: Int64 = 1 << 56

  /// One part, in milliseconds; 0: nothing is ever forgotten.
  let partMS: Int64
  /// Start of a part → what was used in it.
  private(set) var used: [Int64: Int64] = [:]
  private(set) var total: Int64 = 0

  init(_ period: LimitRule.Period?) { partMS = (period?.milliseconds ?? 0) / Self.parts }

  /// Start of the part in which `now` lies.
  func part(at now: Int64) -> Int64 { partMS == 0 ? 0 : now - now % partMS }

  /// Forgets what lies too far back.
  mutating func advance(to now: Int64) {
    guard partMS > 0 else { return }
    let first = part(at: now) - (Self.parts - 1) * partMS
    for (start, amount) in used where start < first {
      total -= amount
      used[start] = nil
    }
  }

  mutating func add(_ amount: Int64, at part: Int64) {
    let before = used[part, default: 0]
    // What was given back never makes room that was not there, and no receipt, whatever it claims, overflows a sum.
    let after = min(max(0, before + min(max(amount, -Self.most), Self.most)), Self.most)
    used[part] = after == 0 ? nil : after
    total += after - before
  }

  /// When `amount` more will fit under `limit`; nil: never.
  func freeAt(_ amount: Int64, under limit: Int64, now: Int64) -> Int64? {
    guard partMS > 0, amount <= limit else { return nil }
    var rest = total
    for start in used.keys.sorted() {
      if rest + amount <= limit { break }
      rest -= used[start] ?? 0
      if rest + amount <= limit { return max(now, start + Self.parts * partMS) }
    }
    return now
  }
}
