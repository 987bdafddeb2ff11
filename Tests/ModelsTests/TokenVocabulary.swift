@testable import Models

/// A small vocabulary made here: all bytes, and what a few words merge to, in the order in which training finds pairs.
struct SmallVocabulary {
  /// By rank.
  private(set) var tokens: [[UInt8]] = (0...255).map { [UInt8($0)] }

  /// Joins the most frequent pair of `text`'s words again and again, as training does.
  init(trainedOn text: String, merges: Int, _ pattern: TokenPattern) {
    var words: [[[UInt8]]] = []
    let bytes = Array(text.utf8)
    pattern.split(text) { words.append(bytes[$0].map { [$0] }) }
    for _ in 0..<merges {
      var counts: [[[UInt8]]: Int] = [:]
      for word in words { for (a, b) in zip(word, word.dropFirst()) { counts[[a, b], default: 0] += 1 } }
      let known = Set(tokens)
      let best = counts.filter { !known.contains($0.key[0] + $0.key[1]) }
        .max { ($0.value, $1.key.flatMap { $0 }.description) < ($1.value, $0.key.flatMap { $0 }.description) }
      guard let best else { return }
      tokens.append(best.key[0] + best.key[1])
      for place in words.indices {
        var i = 0
        while i + 1 < words[place].count {
          if [words[place][i], words[place][i + 1]] == best.key {
            words[place].replaceSubrange(i...(i + 1), with: [tokens[tokens.count - 1]])
          }
          i += 1
        }
      }
    }
  }

  /// As a file.
  var file: [UInt8] {
    Array(tokens.enumerated().map { "\(Self.base64($0.element)) \($0.offset)\n" }.joined().utf8)
  }

  /// What the definition says, in the slowest way: the lowest pair merges, the leftmost of several.
  func encode(_ word: [UInt8]) -> [Int] {
    let ranks = Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($0.element, $0.offset) })
    if let rank = ranks[word] { return [rank] }
    var parts = word.map { [$0] }
    while true {
      let pairs = zip(parts, parts.dropFirst()).enumerated().compactMap { place, pair in
        ranks[pair.0 + pair.1].map { (rank: $0, place: place) }
      }
      guard let lowest = pairs.min(by: { $0.rank < $1.rank }) else { return parts.compactMap { ranks[$0] } }
      parts.replaceSubrange(lowest.place...(lowest.place + 1), with: [parts[lowest.place] + parts[lowest.place + 1]])
    }
  }

  static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = Array(bytes[start..<min(start + 3, bytes.count)])
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0..<4 { text.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : "=") }
    }
    return text
  }
}

/// Random numbers that are the same in every run.
struct Dice: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// A text of scalars that are known since long, so that libraries of any age agree on them.
  mutating func text(_ length: Int) -> String {
    let pools = [
      "aeiou zß ſ", "ABC Def'sS'tT'LLve'RE'd'M", "0123456789٣४ ", "\n\r\t  \u{A0}\u{3000}\u{2028}\u{85}\u{B}",
      "!?.,;:/\\-_=+*&%$#@()[]{}<>|~`\"'", "éàüñKÅ абвГД αβΓ", "漢字かな한국", "ابשל हिन्दी ไทย", "ǅǈʰʱˈˉ",
      "\u{301}\u{308}\u{20DD}", "😀👍🏽👩‍👧🇩🇪", "\u{200D}\u{FEFF}\u{0}\u{1F}\u{7F}", "Ⅷ½²①𝟘", "文A文a文AB",
    ]
    let chosen = pools.shuffled(using: &self).prefix(Int.random(in: 1...pools.count, using: &self)).joined()
    let scalars = Array(chosen.unicodeScalars)
    var text = String.UnicodeScalarView()
    for _ in 0..<length { text.append(scalars.randomElement(using: &self) ?? "a") }
    return String(text)
  }
}
