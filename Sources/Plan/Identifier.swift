internal import Wire

/// Names of steps: 1 … 128 bytes of `A–Z a–z 0–9 _ . -`.
enum Identifier {
  static let bytes = 128

  static func isValid(_ text: some StringProtocol) -> Bool {
    (1...bytes).contains(text.utf8.count) && text.utf8.allSatisfy(isPart)
  }

  @inline(__always)
  static func isPart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

/// Finds what a mistyped name may have meant, within a budget: a plan of many long names and many mistakes must not cost
/// seconds. Beyond the budget there are no hints.
struct NearestName {
  private var budget = 20_000_000

  /// ` (did you mean 'x'?)`, or nothing.
  mutating func hint(for name: String, among candidates: [String]) -> String {
    let length = name.utf8.count
    guard length <= 2 * Identifier.bytes else { return "" }
    // A near name differs in length by no more than the edits that make it near.
    let possible = candidates.filter { abs($0.utf8.count - length) <= max(1, $0.utf8.count / 3) }
    budget -= candidates.count + possible.reduce(0) { $0 + min($1.utf8.count, 64) * min(length, 64) }
    guard budget > 0, let found = nearest(to: name, among: possible) else { return "" }
    return " (did you mean '\(found)'?)"
  }
}
