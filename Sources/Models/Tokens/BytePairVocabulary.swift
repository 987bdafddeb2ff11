/// The tokens of a byte-pair encoding with their ranks, which are both their numbers and the order in which pairs merge.
///
/// Counting gives what `encode_ordinary` of OpenAI's `tiktoken` gives: texts of special tokens are text like any other.
/// Words beyond a mebibyte are cut there first, which may add a token per cut. Immutable: may be used from any thread.
package struct BytePairVocabulary: Sendable {
  package let pattern: TokenPattern
  let tokens: TokenTable
  /// Bytes that are merged at a time; the working memory is at most 36 times this.
  var wordLimit = 1 << 20

  /// Of tokens.
  package var size: Int { tokens.count }

  /// The number of tokens of `text`.
  package func count(_ text: String) -> Int {
    var count = 0
    encode(text) { _, parts in count += parts }
    return count
  }

  /// The tokens of `text`, by rank.
  package func encode(_ text: String) -> [Int] {
    var ranks: [Int] = []
    var copy = text
    copy.withUTF8 { bytes in
      var merger = PairMerger(tokens)
      pattern.split(bytes) { range in
        cut(range) { range in
          let word = UnsafeBufferPointer(rebasing: bytes[range])
          _ = merger.merge(word)
          merger.forEachPart(of: word) { part in
            // A part is a token: what merges is one, and every single byte is one.
            if let rank = tokens.rank(part) { ranks.append(Int(rank)) }
          }
        }
      }
    }
    return ranks
  }

  private func encode(_ text: String, _ body: (Range<Int>, Int) -> Void) {
    var copy = text
    copy.withUTF8 { bytes in
      var merger = PairMerger(tokens)
      pattern.split(bytes) { range in
        cut(range) { body($0, merger.merge(UnsafeBufferPointer(rebasing: bytes[$0]))) }
      }
    }
  }

  @inline(__always)
  private func cut(_ range: Range<Int>, _ body: (Range<Int>) -> Void) {
    if range.count <= wordLimit { return body(range) }
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(start + wordLimit, range.upperBound)
      body(start..<end)
      start = end
    }
  }
}
