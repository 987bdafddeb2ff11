/// What OCR takes for each other.
enum Lookalikes {
  /// The digit that a byte is, or that it looks like.
  static func digit(_ byte: UInt8) -> Int? {
    if byte.isDigit { return Int(byte - UInt8(ascii: "0")) }
    switch byte {
    case UInt8(ascii: "O"), UInt8(ascii: "o"), UInt8(ascii: "Q"), UInt8(ascii: "D"), UInt8(ascii: "U"): return 0
    case UInt8(ascii: "l"), UInt8(ascii: "I"), UInt8(ascii: "i"), UInt8(ascii: "|"), UInt8(ascii: "!"): return 1
    case UInt8(ascii: "Z"), UInt8(ascii: "z"): return 2
    case UInt8(ascii: "S"), UInt8(ascii: "s"): return 5
    case UInt8(ascii: "G"), UInt8(ascii: "b"): return 6
    case UInt8(ascii: "B"): return 8
    case UInt8(ascii: "g"), UInt8(ascii: "q"): return 9
    default: return nil
    }
  }

  /// 0 for the same capital letter, 1 for one that looks like it, 2 for another.
  static func cost(_ a: UInt8, _ b: UInt8) -> Int {
    if a == b { return 0 }
    guard a.isUpper, b.isUpper else { return 2 }
    return likes[Int(a - UInt8(ascii: "A"))] & (1 << UInt32(b - UInt8(ascii: "A"))) != 0 ? 1 : 2
  }

  /// For each letter a bit for each that looks like it.
  private static let likes: [UInt32] = {
    var table = [UInt32](repeating: 0, count: 26)
    for pair in pairs {
      let letters = pair.utf8.map { Int($0 - UInt8(ascii: "A")) }
      table[letters[0]] |= 1 << UInt32(letters[1])
      table[letters[1]] |= 1 << UInt32(letters[0])
    }
    return table
  }()

  private static let pairs = [
    "OQ", "OD", "OC", "OG", "OU", "QG", "QD", "CG", "CE", "DU", "IL", "IT", "IJ", "IF", "LT", "LJ", "TF", "TY", "EF",
    "EB", "BR", "BS", "PR", "PF", "MN", "MH", "MW", "HN", "NW", "HW", "HK", "UV", "VY", "RA", "RK", "KX", "XY", "SZ",
    "SG", "NR", "LE", "IY",
  ]

  /// How readily one printed digit is taken for another, 0 … 1.
  static func likeness(_ a: UInt8, _ b: UInt8) -> Double {
    if a == b { return 1 }
    let pair = a < b ? [a, b] : [b, a]
    return likelyDigits.contains(pair) ? 1 : 0.4
  }

  private static let likelyDigits: Set<[UInt8]> = Set(
    ["06", "08", "09", "14", "17", "23", "27", "35", "38", "39", "49", "56", "58", "59", "68", "69", "89", "47", "57"]
      .map { Array($0.utf8) }
  )
}
