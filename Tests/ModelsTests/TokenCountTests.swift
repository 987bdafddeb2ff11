import Testing

@testable import Models

@Suite struct `A byte-pair vocabulary` {
  static let training = """
    The quick brown fox jumps over the lazy dog. The dogs that the foxes jumped over were not lazy, they said; \
    "we were thinking about the thing that other animals are thinking about". aaaa aaaaaaaa aaaaaaaaaaaaaaaa
    """

  static func make(_ pattern: TokenPattern) throws -> (SmallVocabulary, BytePairVocabulary) {
    let small = SmallVocabulary(trainedOn: training, merges: 150, pattern)
    return (small, try BytePairVocabulary(parsing: small.file, pattern: pattern))
  }

  @Test(arguments: TokenPattern.allCases) func `gives the tokens of the definition`(_ pattern: TokenPattern) throws {
    let (small, vocabulary) = try Self.make(pattern)
    #expect(vocabulary.size == small.tokens.count && small.tokens.count > 300)
    var dice = Dice(5)
    for round in 0..<400 {
      // Of words that it was trained on too, or nothing would merge.
      let known = Self.training.split(separator: " ").shuffled(using: &dice).prefix(round % 12).joined(separator: " ")
      let text = round % 2 == 0 ? known : dice.text(30) + known
      let bytes = Array(text.utf8)
      var expected: [Int] = []
      pattern.split(text) { expected += small.encode(Array(bytes[$0])) }
      #expect(vocabulary.encode(text) == expected, "\(text.debugDescription)")
      #expect(vocabulary.count(text) == expected.count)
    }
  }

  @Test func `merges long words as it merges short ones`() throws {
    let (small, vocabulary) = try Self.make(.o200k)
    var dice = Dice(9)
    for length in [94, 95, 96, 97, 98, 200, 500] {
      for letters in ["a", "ab", "thequickbrownfoxjumps"] {
        let text = String((0..<length).map { _ in letters.randomElement(using: &dice) ?? "a" })
        #expect(vocabulary.encode(text) == small.encode(Array(text.utf8)), "\(length) of \(letters)")
      }
    }
  }

  @Test(arguments: ["a", "A", " ", "\n", "=", "文", "\u{301}", "0", "ab", "a文", "😀"])
  func `takes time in proportion to a text that is one long run`(_ unit: String) throws {
    let (_, vocabulary) = try Self.make(.o200k)
    func seconds(_ bytes: Int) -> Duration {
      let text = String(repeating: unit, count: bytes / unit.utf8.count)
      return ContinuousClock().measure { #expect(vocabulary.count(text) > 0) }
    }
    let short = max(seconds(50_000), .milliseconds(5))
    // Ten times the text: quadratic time would be a hundred times as long.
    #expect(seconds(500_000) < short * 50)
  }

  @Test func `cuts words that are longer than it merges at a time`() throws {
    var (_, vocabulary) = try Self.make(.cl100k)
    vocabulary.wordLimit = 1000
    let whole = vocabulary.encode(String(repeating: "a", count: 1000))
    let text = String(repeating: "a", count: 2007)
    #expect(vocabulary.encode(text) == whole + whole + vocabulary.encode("aaaaaaa"))
    #expect(vocabulary.count(text) == vocabulary.encode(text).count)
  }

  @Test func `reads what other systems write`() throws {
    let small = SmallVocabulary(trainedOn: "", merges: 0, .cl100k)
    let text = String(decoding: small.file, as: UTF8.self)
    let other = text.split(separator: "\n").joined(separator: "\r\n\r\n")
    #expect(try BytePairVocabulary(parsing: Array(other.utf8), pattern: .cl100k).count("abc") == 3)
  }

  @Test(arguments: [
    ("YQ==", "line 1: no space between a token and its rank"),
    ("YQ== ", "line 1: no rank behind the token"),
    ("YQ== 1\nYQ== 2", "line 2: token appears twice"),
    ("YQ== 1\n\nYg== 1", "line 3: rank 1 appears twice"),
    ("YQ== x", "line 1: rank is no decimal number"),
    ("YQ== -1", "line 1: rank is no decimal number"),
    ("YQ== 16777216", "line 1: rank is not below the limit of 16777216"),
    ("YQ== 99999999999999999999", "line 1: rank is not below the limit of 16777216"),
    ("YQ= 1", "line 1: token is no base64: not in groups of four"),
    (" 1", "line 1: token is no base64: not in groups of four"),
    ("Y*== 1", "line 1: token is no base64: byte 0x2a"),
    ("YR== 1", "line 1: token is no base64: bits left over"),
    ("Y=Q= 1", "line 1: token is no base64: byte 0x3d"),
    ("", "no token for the single byte 0x0"),
    ("YQ== 0", "no token for the single byte 0x0"),
  ]) func `says what is wrong with a file`(_ file: String, _ message: String) {
    let error = #expect(throws: VocabularyError.self) {
      try BytePairVocabulary(parsing: Array(file.utf8), pattern: .o200k)
    }
    #expect(error?.description == message)
  }

  @Test func `is bounded`() {
    let long = SmallVocabulary.base64([UInt8](repeating: 1, count: 256)) + " 1\n"
    for (file, part) in [
      ([UInt8](repeating: 10, count: BytePairVocabulary.fileLimit + 1), "file of 16777217 bytes exceeds"),
      (Array(long.utf8), "line 1: token exceeds the limit of 255 bytes"),
    ] {
      let error = #expect(throws: VocabularyError.self) { try BytePairVocabulary(parsing: file, pattern: .o200k) }
      #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
    }
  }
}
