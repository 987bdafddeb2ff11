/// Spans of time and sizes as people write them: a whole number with a unit.
package enum Units {
  static let durations: [(unit: String, factor: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]

  static let sizes: [(unit: String, factor: Int64)] = [
    ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("KB", 1_000), ("B", 1),
  ]

  /// `30s`, `250ms`, `5m`, `12h`, `7d`, and `0`, in milliseconds; nil for anything else and beyond 64 bits.
  package static func milliseconds(_ text: String) -> Int64? { text == "0" ? 0 : parse(text, durations) }

  /// `64MiB`, `1GB`, `512B`, `4096`, in bytes; nil for anything else and beyond 64 bits.
  package static func bytes(_ text: String) -> Int64? { Int64(plainDigits: text) ?? parse(text, sizes) }

  /// In the largest unit that divides it.
  package static func text(milliseconds: Int64) -> String {
    let unit = durations.first { milliseconds != 0 && milliseconds % $0.factor == 0 }
    return unit.map { "\(milliseconds / $0.factor)\($0.unit)" } ?? "\(milliseconds)ms"
  }

  /// In the largest binary unit that divides it, else as a plain number.
  package static func text(bytes: Int64) -> String {
    let unit = sizes.prefix(4).first { bytes != 0 && bytes % $0.factor == 0 }
    return unit.map { "\(bytes / $0.factor)\($0.unit)" } ?? "\(bytes)"
  }

  private static func parse(_ text: String, _ units: [(unit: String, factor: Int64)]) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text[digits.endIndex...]
    guard let count = Int64(plainDigits: String(digits)), let known = units.first(where: { $0.unit == unit }) else {
      return nil
    }
    let (product, overflow) = count.multipliedReportingOverflow(by: known.factor)
    return overflow ? nil : product
  }
}

extension Int64 {
  /// Decimal digits alone: no sign, no spaces.
  fileprivate init?(plainDigits text: String) {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    self.init(text)
  }
}
