internal import Glibc

/// Nanoseconds on the clock that never steps and counts suspended time (CLOCK_BOOTTIME).
package struct BootTime: Sendable, Comparable {
  package let nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static var now: BootTime {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return BootTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  package static func < (a: BootTime, b: BootTime) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Saturates instead of overflowing: a deadline out of reach is one that never comes.
  package static func + (a: BootTime, milliseconds: Milliseconds) -> BootTime {
    let (nanoseconds, overflow) = milliseconds.count.multipliedReportingOverflow(by: 1_000_000)
    let (sum, carry) = a.nanoseconds.addingReportingOverflow(nanoseconds)
    return BootTime(nanoseconds: overflow || carry ? .max : sum)
  }

  /// Whole milliseconds from `earlier`, rounded down; 0 when `earlier` is later.
  package func milliseconds(since earlier: BootTime) -> Int64 {
    max(0, (nanoseconds &- earlier.nanoseconds) / 1_000_000)
  }
}

/// A span in milliseconds, the unit of the protocol.
package struct Milliseconds: Sendable, Hashable, Comparable, ExpressibleByIntegerLiteral {
  package let count: Int64

  package init(_ count: Int64) { self.count = count }
  package init(integerLiteral count: Int64) { self.count = count }

  package static func < (a: Milliseconds, b: Milliseconds) -> Bool { a.count < b.count }
}

/// Now as RFC 3339 in UTC with milliseconds: `2026-01-02T03:04:05.678Z`.
package func timestamp() -> String {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  var parts = tm()
  var seconds = now.tv_sec
  gmtime_r(&seconds, &parts)
  func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
  let date = "\(Int(parts.tm_year) + 1900)-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
  let time = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
  return "\(date)T\(time).\(padded(now.tv_nsec / 1_000_000, 3))Z"
}
