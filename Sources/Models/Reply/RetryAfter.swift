/// How long a provider wants to be left alone.
package enum RetryAfter {
  /// `retry-after-ms`, then `retry-after` in seconds (RFC 9110 section 10.2.3; its form with a date is not used by
  /// providers and is not read). At most a day.
  static func milliseconds(_ headers: (String) -> String?) -> Int64? {
    headers("retry-after-ms").flatMap(Double.init).flatMap(bounded)
      ?? headers("retry-after").flatMap { milliseconds(seconds: $0) }
  }

  static func milliseconds(seconds: String) -> Int64? { Double(seconds).flatMap { bounded($0 * 1000) } }

  private static func bounded(_ value: Double) -> Int64? {
    guard value >= 0, value.isFinite else { return nil }
    return Int64(min(value, 86_400_000).rounded(.up))
  }
}
