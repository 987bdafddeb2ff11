/// How text is split into words before byte pairs are merged within each. A vocabulary belongs to one of them.
///
/// Each is a scanner written by hand where the reference has a regular expression: it takes time in proportion to the
/// text whatever the text is, and cannot give up. The tests hold it against the expression.
///
/// Source: the definitions of the encodings in OpenAI's `tiktoken` 0.14.
package enum TokenPattern: String, Sendable, CaseIterable {
  /// Of `cl100k_base`: GPT-4 and GPT-3.5.
  case cl100k = "cl100k_base"
  /// Of `o200k_base`: GPT-4o and what came after it.
  case o200k = "o200k_base"

  /// Calls `body` with the range of each word of `text`, in order and without gaps.
  package func split(_ text: String, _ body: (Range<Int>) -> Void) {
    var text = text
    text.withUTF8 { split($0, body) }
  }

  func split(_ text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    ScalarKind.table.withUnsafeBufferPointer { kinds in
      let scanner = WordScanner(text: text, kinds: kinds)
      var start = 0
      while start < text.count {
        let end = self == .cl100k ? scanner.endOfWord100k(start) : scanner.endOfWord200k(start)
        body(start..<end)
        start = end
      }
    }
  }
}
