/// Looks for words in text that a machine has read: nearly right is right.
enum Keywords {
  /// Whether `letters` hold `word` (capital letters): exactly up to three letters, of four but for one that was taken for
  /// its like, with one wrong, missing or additional letter from five on, and two from nine on.
  /// A digit at the end of the word says how many instead, for words that are too much like another or like none.
  static func contains(_ letters: [UInt8], _ word: String) -> Bool {
    var word = word
    return word.withUTF8 { contains(letters, $0) }
  }

  static func containsAny(_ letters: [UInt8], _ words: [String]) -> Bool { words.contains { contains(letters, $0) } }

  /// A letter that is another costs two, one that was taken for its like one.
  private static func contains(_ letters: [UInt8], _ spelled: UnsafeBufferPointer<UInt8>) -> Bool {
    var word = spelled
    var allowed = word.count < 4 ? 0 : word.count < 5 ? 1 : word.count < 9 ? 2 : 4
    if let last = word.last, last.isDigit {
      allowed = 2 * Int(last - UInt8(ascii: "0"))
      word = .init(rebasing: word.dropLast())
    }
    guard letters.count + allowed / 2 >= word.count else { return false }
    return distance(letters, word, allowed) <= allowed
  }

  /// The least cost that makes `word` a part of `letters`.
  private static func distance(_ letters: [UInt8], _ word: UnsafeBufferPointer<UInt8>, _ allowed: Int) -> Int {
    var row = (0...word.count).map { 2 * $0 }
    var best = 2 * word.count
    for letter in letters {
      var diagonal = row[0]
      for j in 0..<word.count {
        let above = row[j + 1]
        row[j + 1] = min(diagonal + Lookalikes.cost(word[j], letter), above + 2, row[j] + 2)
        diagonal = above
      }
      best = min(best, row[word.count])
      if best == 0 { return 0 }
    }
    return best
  }
}
