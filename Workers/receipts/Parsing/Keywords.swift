/// Looks for words in text that a machine has read: nearly right is right.
enum Keywords {
  /// Whether `letters` hold `word` (capital letters) with at most one wrong, missing or additional letter from five
  /// letters on, and two from nine on.
  /// A digit at the end of the word says how many instead, for words that are too much like another or like none.
  static func contains(_ letters: [UInt8], _ word: StaticString) -> Bool {
    word.withUTF8Buffer { contains(letters, $0) }
  }

  static func contains(_ letters: [UInt8], _ word: String) -> Bool {
    var word = word
    return word.withUTF8 { contains(letters, $0) }
  }

  private static func contains(_ letters: [UInt8], _ spelled: UnsafeBufferPointer<UInt8>) -> Bool {
    var word = spelled
    var allowed = word.count < 5 ? 0 : word.count < 9 ? 1 : 2
    if let last = word.last, last.isDigit {
      allowed = Int(last - UInt8(ascii: "0"))
      word = .init(rebasing: word.dropLast())
    }
    guard letters.count + allowed >= word.count else { return false }
    return distance(letters, word) <= allowed
  }

  static func containsAny(_ letters: [UInt8], _ words: [String]) -> Bool { words.contains { contains(letters, $0) } }

  /// The least number of edits that makes `word` a part of `letters`.
  private static func distance(_ letters: [UInt8], _ word: UnsafeBufferPointer<UInt8>) -> Int {
    var row = Array(0...word.count)
    var best = word.count
    for letter in letters {
      var diagonal = row[0]
      for j in 0..<word.count {
        let above = row[j + 1]
        row[j + 1] = min(diagonal + (word[j] == letter ? 0 : 1), above + 1, row[j] + 1)
        diagonal = above
      }
      best = min(best, row[word.count])
      if best == 0 { return 0 }
    }
    return best
  }
}
