internal import WorkerKit

// Tesseract's TSV output.
extension TextPage {
  /// Columns: level, page, block, paragraph, line, word, left, top, width, height, confidence, text. Level 1 is the page,
  /// 5 a word. Other rows, and rows that are none, are left out.
  init(tsv bytes: [UInt8]) throws(WireError) {
    var current: [Substring] = []
    var (pageWidth, pageHeight) = (Int64(0), Int64(0))
    var lines: [[Word]] = []
    var words = 0
    for row in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let cells = row.split(separator: "\t", maxSplits: 11, omittingEmptySubsequences: false)
      guard cells.count >= 11, let level = Int(cells[0]), let left = Int64(cells[6]), let top = Int64(cells[7]),
        let width = Int64(cells[8]), let height = Int64(cells[9])
      else { continue }
      if level == 1 { (pageWidth, pageHeight) = (max(pageWidth, width), max(pageHeight, height)) }
      guard level == 5, cells.count == 12, let confidence = Double(cells[10]), confidence.isFinite else { continue }
      let text = cells[11].filter { !$0.isWhitespace }
      if text.isEmpty { continue }
      words += 1
      if words > Self.wordLimit {
        throw Self.tooManyWords
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
    self.init(width: pageWidth, height: pageHeight, lines: lines)
  }
}
