internal import WorkerKit

/// What an OCR read from one page: words with boxes in pixels, in the order of reading.
struct TextPage {
  struct Word {
    var text: String
    var left, top, width, height: Int64
    /// 0 … 100.
    var confidence: Double
  }

  private(set) var width: Int64
  private(set) var height: Int64
  private(set) var lines: [[Word]]

  static let wordLimit = 50_000

  static var tooManyWords: WireError {
    WireError(.limitExceeded, "an image of more than \(wordLimit) words", data: ["limit": "words"])
  }

  init(width: Int64, height: Int64, lines: [[Word]]) {
    self.width = width
    self.height = height
    self.lines = lines
  }

  var wordCount: Int { lines.reduce(0) { $0 + $1.count } }

  /// The mean over all words, 0 … 100.
  var confidence: Double {
    wordCount == 0 ? 0 : lines.joined().reduce(0) { $0 + $1.confidence } / Double(wordCount)
  }

  private var texts: [String] { lines.map { $0.map(\.text).joined(separator: " ") } }

  private var lineJSON: JSON { .array(zip(texts, lines).map { Self.line($0, $1) }) }

  /// `readings`: what was read with other settings, with their names.
  func json(engine: String, readings: [(settings: String, page: TextPage)] = []) -> JSON {
    var page: JSONObject = [
      "text": .string(texts.joined(separator: "\n")), "lines": lineJSON, "width": .integer(width),
      "height": .integer(height), "confidence": Self.percent(confidence), "engine": .string(engine),
    ]
    if !readings.isEmpty {
      page["readings"] = .array(
        readings.map {
          [
            "settings": .string($0.settings), "lines": $0.page.lineJSON,
            "confidence": Self.percent($0.page.confidence),
          ]
        }
      )
    }
    return .object(page)
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
