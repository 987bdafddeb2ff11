internal import JSON

/// One comparison of a value.
enum Check: Sendable {
  case exists(Bool)
  case equals(Operand)
  case notEquals(Operand)
  case isIn([Operand])
  case contains(Operand)
  case matches(Pattern)
  case order(Comparison, ExactNumber)

  enum Comparison: String, Sendable {
    case gt, gte, lt, lte

    func holds(_ left: ExactNumber, _ right: ExactNumber) -> Bool {
      switch self {
      case .gt: right < left
      case .gte: !(left < right)
      case .lt: left < right
      case .lte: !(right < left)
      }
    }
  }

  /// Of a test of `tool` that must hold: the tools that can pass it.
  var tools: Set<[UInt8]>? {
    switch self {
    case .equals(let operand): [Array(operand.fold.seen)]
    case .isIn(let operands): Set(operands.map { Array($0.fold.seen) })
    default: nil
    }
  }
}

/// What a value is compared with.
final class Operand: Sendable {
  let value: JSON
  let isText: Bool
  /// Of a text; empty for anything else.
  let fold: Fold
  private let plain: Needle
  private let seen: Needle

  init(_ value: JSON) {
    self.value = value
    isText = value.stringValue != nil
    fold = value.stringValue.map { Fold($0) } ?? Fold()
    plain = Needle(fold.plain)
    seen = Needle(fold.seen)
  }

  func equals(_ other: JSON, isBroad: Bool) -> Bool {
    if case .string(let text) = other { return equals(text, isBroad: isBroad) }
    return value == other
  }

  func equals(_ text: String, isBroad: Bool) -> Bool {
    guard isText else { return false }
    let quick = text.utf8.withContiguousStorageIfAvailable { quickEquals($0, isBroad: isBroad) }
    if let quick = quick ?? nil { return quick }
    let other = Fold(text)
    return other.plain == fold.plain || isBroad && other.seen == fold.seen
  }

  /// The answer for a text of ASCII; nil for others.
  private func quickEquals(_ text: UnsafeBufferPointer<UInt8>, isBroad: Bool) -> Bool? {
    var all: UInt8 = 0
    for byte in text { all |= byte }
    guard all < 0x80 else { return nil }
    return Self.isSame(text, fold.plain) || isBroad && !fold.isSeenAsIs && Self.isSame(text, fold.seen)
  }

  private static func isSame(_ text: UnsafeBufferPointer<UInt8>, _ folded: ContiguousArray<UInt8>) -> Bool {
    guard text.count == folded.count else { return false }
    for i in 0..<text.count where Fold.lowered(text[i]) != folded[i] { return false }
    return true
  }

  func isContained(in texts: TextCollection, isBroad: Bool) -> Bool {
    if plain.mayBeContained(in: texts.plainPairs), plain.isContained(in: texts.fold.plain) { return true }
    guard isBroad, !(fold.isSeenAsIs && texts.fold.isSeenAsIs), !seen.bytes.isEmpty else { return false }
    return seen.mayBeContained(in: texts.seenPairs) && seen.isContained(in: texts.fold.seen)
  }
}
