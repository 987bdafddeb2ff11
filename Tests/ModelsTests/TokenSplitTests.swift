import JSON
import Models
import Testing

@Suite struct `Words of a text, before pairs merge` {
  /// White space as Unicode has it.
  static let s = #"\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"#
  static let contraction = "'(?:[sSſdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])"

  /// The encodings' definitions as regular expressions of the dialect that the JSON module has.
  static func expression(_ pattern: TokenPattern) throws -> Pattern {
    let (l, n) = (#"\p{L}"#, #"\p{N}"#)
    let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
    let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
    let lead = #"[^\r\n\p{L}\p{N}]?"#
    let symbols = " ?[^\(s)\(l)\(n)]+"
    let tail = "[\(s)]+(?![^\(s)])|[\(s)]+"
    let source =
      switch pattern {
      case .cl100k:
        "\(contraction)|\(lead)\(l)+|\(n){1,3}|\(symbols)[\\r\\n]*|[\(s)]+$|[\(s)]*[\\r\\n]|\(tail)"
      case .o200k:
        "\(lead)\(upper)*\(lower)+(?:\(contraction))?|\(lead)\(upper)+\(lower)*(?:\(contraction))?|\(n){1,3}"
          + "|\(symbols)[\\r\\n/]*|[\(s)]*[\\r\\n]+|\(tail)"
      }
    return try Pattern(source)
  }

  static func words(_ text: String, _ pattern: TokenPattern) -> [Range<Int>] {
    var words: [Range<Int>] = []
    pattern.split(text) { words.append($0) }
    return words
  }

  @Test(arguments: TokenPattern.allCases) func `are those of the encoding's regular expression`(
    _ pattern: TokenPattern
  ) throws {
    let expression = try Self.expression(pattern)
    var dice = Dice(11)
    for _ in 0..<3000 {
      let text = dice.text(Int.random(in: 0...40, using: &dice))
      let words = Self.words(text, pattern)
      #expect(words == expression.matches(in: text), "\(text.debugDescription)")
      #expect(words.first?.lowerBound ?? 0 == 0 && words.last?.upperBound ?? 0 == text.utf8.count)
    }
  }

  @Test(arguments: [
    (
      TokenPattern.cl100k, "I'll say HTTPServer's 12345 ok!!\n\n  x",
      ["I", "'ll", " say", " HTTPServer", "'s", " ", "123", "45", " ok", "!!\n\n", " ", " x"]
    ),
    (
      .o200k, "I'll say HTTPServer's 12345 ok!!\n\n  x",
      ["I'll", " say", " HTTPServer's", " ", "123", "45", " ok", "!!\n\n", " ", " x"]
    ),
    (.o200k, "camelCase ABCs 文ABC a//\n/b", ["camel", "Case", " ABCs", " 文", "ABC", " a", "//\n/", "b"]),
    (.cl100k, "a \n \t", ["a", " \n \t"]),
    (.o200k, "a \n \t", ["a", " \n", " \t"]),
  ]) func `are these`(_ pattern: TokenPattern, _ text: String, _ expected: [String]) {
    let bytes = Array(text.utf8)
    #expect(Self.words(text, pattern).map { String(decoding: bytes[$0], as: UTF8.self) } == expected)
  }
}
