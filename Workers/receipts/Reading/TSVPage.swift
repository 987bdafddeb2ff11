internal import WorkerKit

/// What tesseract read from one page: its TSV output, words with boxes in pixels, in the order of reading.
struct TSVPage {
  struct Word {
    var text: String
    var left, top, width, height: Int64
    /// 0 … 100.
    var confidence: Double
  }

  private(set) var width: Int64 = 0
  private(set) var height: Int64 = 0
  private(set) var lines: [[Word]] = []

  static let wordLimit = 50_000

  /// Columns: level, page, block, paragraph, line, word, left, top, width, height, confidence, text. Level 1 is the page,
  /// 5 a word. Other rows, and rows that are none, are left out.
  init(_ bytes: [UInt8]) throws(WireError) {
    var current: [Substring] = []
    var words = 0
    for row in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let cells = row.split(separator: "\t", maxSplits: 11, omittingEmptySubsequences: false)
      guard cells.count >= 11, let level = Int(cells[0]), let left = Int64(cells[6]), let top = Int64(cells[7]),
        let width = Int64(cells[8]), let height = Int64(cells[9])
      else { continue }
      if level == 1 { (self.width, self.height) = (max(self.width, width), max(self.height, height)) }
      guard level == 5, cells.count == 12, let confidence = Double(cells[10]), confidence.isFinite else { continue }
      let text = cells[11].filter { !$0.isWhitespace }
      if text.isEmpty { continue }
      words += 1
      if words > Self.wordLimit {
        throw WireError(.limitExceeded, "an image of more than \(Self.wordLimit) words", data: ["limit": "words"])
      }
      if lines.isEmpty || current != Array(cells[1...4]) {
        current = Array(cells[1...4])
        lines.append([])
      }
      let word = Word(
        text: text,
        left: left,
        top: top,
        width: width,
        height: height,
        confidence: max(0, min(100, confidence))
      )
      lines[lines.count - 1].append(word)
    }
  }

  var wordCount: Int { lines.reduce(0) { $0 + $1.count } }

  /// The mean over all words, 0 … 100.
  var confidence: Double {
    wordCount == 0 ? 0 : lines.joined().reduce(0) { $0 + $1.confidence } / Double(wordCount)
  }

  func json(engine: String) -> JSON {
    let texts = lines.map { $0.map(\.text).joined(separator: " ") }
    return [
      "text": .string(texts.joined(separator: "\n")),
      "lines": .array(zip(texts, lines).map { Self.line($0, $1) }),
      "width": .integer(width), "height": .integer(height), "confidence": Self.percent(confidence),
      "engine": .string(engine),
    ]
  }

  private static func line(_ text: String, _ words: [Word]) -> JSON {
    let left = words.map(\.left).min() ?? 0
    let top = words.map(\.top).min() ?? 0
    return [
      "text": .string(text), "left": .integer(left), "top": .integer(top),
      "width": .integer((words.map { $0.left + $0.width }.max() ?? 0) - left),
      "height": .integer((words.map { $0.top + $0.height }.max() ?? 0) - top),
      "words": .array(
        words.map {
          [
            "text": .string($0.text), "left": .integer($0.left), "top": .integer($0.top), "width": .integer($0.width),
            "height": .integer($0.height), "confidence": percent($0.confidence),
          ]
        }
      ),
    ]
  }

  /// One decimal.
  private static func percent(_ value: Double) -> JSON { JSON((value * 10).rounded() / 10) ?? .null }
}
