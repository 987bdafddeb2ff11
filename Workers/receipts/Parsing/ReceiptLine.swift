/// One printed line as the parser sees it.
package struct ReceiptLine: Sendable {
  /// More of a line is no receipt any more.
  static let longest = 240
  /// Letters in which keywords are looked for.
  private static let longestLabel = 100

  /// Where it stands, from the top.
  let index: Int
  package let text: String
  /// `text` in ASCII, one byte for each of its characters: quotation marks and dashes plain, other characters `?`.
  let ascii: [UInt8]
  /// 0 … 100 for each byte of `ascii`, from the word that it belongs to; empty for plain text.
  let confidences: [Int]
  /// Capital letters alone: digits between letters are read as the letters that they look like. What keywords are
  /// looked for in.
  let letters: [UInt8]
  let numbers: [PrintedNumber]

  init(index: Int, words: [(text: String, confidence: Int?)]) {
    self.index = index
    var text = ""
    var confidences: [Int] = []
    for word in words {
      if !text.isEmpty {
        text += " "
        confidences.append(100)
      }
      let piece = word.text.prefix(Self.longest)
      text += piece
      confidences += Array(repeating: word.confidence ?? 100, count: piece.count)
      if text.count > Self.longest { break }
    }
    self.text = text
    ascii = text.map(Self.fold)
    self.confidences = words.contains { $0.confidence != nil } ? confidences : []
    letters = Array(Self.letters(in: ascii).prefix(Self.longestLabel))
    numbers = NumberScanner.numbers(in: ascii)
  }

  init(index: Int, text: String) {
    self.init(index: index, words: text.split { $0 == " " || $0 == "\t" }.map { (String($0), nil) })
  }

  /// The mean of a stretch, 0 … 1; 1 for plain text.
  func confidence(_ range: Range<Int>) -> Double {
    guard !confidences.isEmpty, !range.isEmpty, range.upperBound <= confidences.count else { return 1 }
    return Double(confidences[range].reduce(0, +)) / Double(range.count) / 100
  }

  var confidence: Double { confidence(0..<ascii.count) }

  /// Amounts of money in it.
  var amounts: [PrintedNumber] { numbers.filter(\.isMoney) }

  private static func fold(_ character: Character) -> UInt8 {
    if let byte = character.asciiValue { return byte >= 0x20 && byte < 0x7f ? byte : UInt8(ascii: " ") }
    switch character {
    case "‘", "’", "‚", "´", "`": return UInt8(ascii: "'")
    case "“", "”", "„", "«", "»": return UInt8(ascii: "\"")
    case "–", "—", "−", "‐", "‑": return UInt8(ascii: "-")
    case "×", "✕": return UInt8(ascii: "x")
    case "·", "•", "…": return UInt8(ascii: ".")
    case "€", "£", "¥", "¢": return UInt8(ascii: "$")
    default: return character.isWhitespace ? UInt8(ascii: " ") : UInt8(ascii: "?")
    }
  }

  private static func letters(in ascii: [UInt8], keepingGaps: Bool = false) -> [UInt8] {
    var letters: [UInt8] = []
    for (i, byte) in ascii.enumerated() {
      if byte.isLetter {
        letters.append(byte & 0xdf)
      } else if let lookalike = lookalikes[byte] {
        let before = i > 0 && ascii[i - 1].isLetter
        let after = i + 1 < ascii.count && ascii[i + 1].isLetter
        if before && after {
          letters.append(lookalike)
        } else if keepingGaps {
          letters.append(UInt8(ascii: " "))
        }
      } else if keepingGaps {
        letters.append(UInt8(ascii: " "))
      }
    }
    return letters
  }

  private static let lookalikes: [UInt8: UInt8] = [
    UInt8(ascii: "0"): UInt8(ascii: "O"), UInt8(ascii: "1"): UInt8(ascii: "I"), UInt8(ascii: "5"): UInt8(ascii: "S"),
    UInt8(ascii: "8"): UInt8(ascii: "B"), UInt8(ascii: "6"): UInt8(ascii: "G"), UInt8(ascii: "|"): UInt8(ascii: "I"),
    UInt8(ascii: "!"): UInt8(ascii: "I"), UInt8(ascii: "$"): UInt8(ascii: "S"), UInt8(ascii: "@"): UInt8(ascii: "A"),
  ]

  /// Runs of bytes without blanks, as positions in `ascii`.
  var tokens: [Range<Int>] {
    var tokens: [Range<Int>] = []
    var start: Int?
    for i in 0...ascii.count {
      if i < ascii.count, !ascii[i].isBlank {
        start = start ?? i
      } else if let begin = start {
        tokens.append(begin..<i)
        start = nil
      }
    }
    return tokens
  }

  /// Runs of letters in capitals; what looks like a letter between letters is one.
  var words: [String] {
    tokens.flatMap { token in
      Self.letters(in: Array(ascii[token]), keepingGaps: true).split(separator: UInt8(ascii: " ")).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
  }

  func string(_ range: Range<Int>) -> String { String(decoding: ascii[range], as: UTF8.self) }
}
