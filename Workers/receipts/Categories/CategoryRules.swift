internal import ReceiptParsing

/// What a thing was put down as, and why.
struct Classification: Sendable {
  var category: String
  /// 0 … 1.
  var confidence: Double
  var reason: String
}

/// Finds the category of a thing by the words in its name, and where it has none that is known, by the shop.
///
/// The longest phrase wins, a word as printed before one that was nearly read; of equals the one nearer the end of the
/// name, where English names what a thing is ("chicken rice", "orange juice").
struct CategoryRules: Sendable {
  private struct Entry {
    var category: String
    var words: [[UInt8]]
    var text: String
  }

  private let entries: [Entry]
  private let trades: [Entry]

  /// `additions`: the setting `categories`.
  init(_ additions: [(category: String, words: [String])] = []) {
    entries = Self.entries(additions + CategoryTable.words)
    trades = Self.entries(CategoryTable.trades)
  }

  private static func entries(_ table: [(category: String, words: [String])]) -> [Entry] {
    table.flatMap { row in
      row.words.map { Entry(category: row.category, words: words(of: $0), text: $0.lowercased()) }
    }
  }

  var categories: [String] {
    var names: [String] = []
    for entry in entries where !names.contains(entry.category) { names.append(entry.category) }
    return names + [CategoryTable.other]
  }

  func classify(_ name: String, company: String? = nil) -> Classification {
    if let match = best(entries, in: Self.words(of: name)) {
      return Classification(
        category: match.entry.category,
        confidence: min(0.95, (match.isExact ? 0.8 : 0.6) + 0.1 * Double(match.entry.words.count - 1)),
        reason: match.isExact ? "'\(match.entry.text)' is in the name" : "'\(match.entry.text)' is nearly in the name"
      )
    }
    if let company, let match = best(trades, in: Self.words(of: company)) {
      return Classification(
        category: match.entry.category,
        confidence: 0.5,
        reason: "no word of the name is known, and the shop's name has '\(match.entry.text)'"
      )
    }
    return Classification(category: CategoryTable.other, confidence: 0.2, reason: "no word of the name is known")
  }

  // MARK: Matching

  private struct Match {
    var entry: Entry
    var isExact: Bool
    var place: Int

    func isBetter(than other: Match) -> Bool {
      let (a, b) = (entry.words.count, other.entry.words.count)
      if a != b { return a > b }
      return isExact != other.isExact ? isExact : place > other.place
    }
  }

  private func best(_ entries: [Entry], in words: [[UInt8]]) -> Match? {
    var best: Match?
    for entry in entries where entry.words.count <= words.count && !entry.words.isEmpty {
      for place in 0...(words.count - entry.words.count) {
        var isExact = true
        let matches = entry.words.indices.allSatisfy { i in
          if Self.isSame(words[place + i], entry.words[i]) { return true }
          isExact = false
          return Self.isNear(words[place + i], entry.words[i])
        }
        guard matches else { continue }
        let match = Match(entry: entry, isExact: isExact, place: place)
        if best.map({ match.isBetter(than: $0) }) ?? true { best = match }
      }
    }
    return best
  }

  /// Whether there is anything in it to look for.
  static func isPhrase(_ text: String) -> Bool { !words(of: text).isEmpty }

  /// Runs of letters and digits, in capitals; no more of a name than anybody prints.
  private static func words(of text: String) -> [[UInt8]] {
    let bytes = text.utf8.prefix(1000)
    return bytes.split { !($0.isLetter || $0.isDigit) }.prefix(64).map { word in
      word.map { $0.isLetter ? $0 & 0xdf : $0 }
    }
  }

  /// Also in the plural.
  private static func isSame(_ word: [UInt8], _ key: [UInt8]) -> Bool {
    word == key
      || word.count == key.count + 1 && key.count >= 3 && word.last == UInt8(ascii: "S") && word.starts(with: key)
  }

  /// One letter wrong, missing or too much in a word of at least six.
  private static func isNear(_ word: [UInt8], _ key: [UInt8]) -> Bool {
    guard key.count >= 6, abs(word.count - key.count) <= 1 else { return false }
    var start = 0
    while start < min(word.count, key.count), word[start] == key[start] { start += 1 }
    let (a, b) = (word[start...], key[start...])
    return a.dropFirst().elementsEqual(b.dropFirst()) || a.dropFirst().elementsEqual(b)
      || a.elementsEqual(b.dropFirst())
  }
}
