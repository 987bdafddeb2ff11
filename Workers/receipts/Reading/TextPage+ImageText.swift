internal import WorkerKit

// What the tool `image_text` gives.
extension TextPage {
  /// Of its lines the words, each with its share of the line's box by its letters. Lines that are none are left out.
  init(imageText output: JSON) throws(WireError) {
    var lines: [[Word]] = []
    var count = 0
    for line in output["lines"]?.arrayValue ?? [] {
      guard let text = line["text"]?.stringValue, let corners = line["box"]?.arrayValue?.map(\.doubleValue),
        corners.count == 8
      else { continue }
      let places = corners.compactMap { $0 }.filter { $0.magnitude < 1_000_000 }
      guard places.count == 8 else { continue }
      let words = Self.words(text, places, line["confidence"]?.doubleValue ?? 1)
      count += words.count
      if count > Self.wordLimit { throw Self.tooManyWords }
      if !words.isEmpty { lines.append(words) }
    }
    func size(_ name: String) -> Int64 { max(0, min(1 << 20, output[name]?.integerValue ?? 0)) }
    self.init(width: size("width"), height: size("height"), lines: lines)
  }

  /// `corners`: x1, y1, … x4, y4. `confidence`: 0 … 1.
  private static func words(_ text: String, _ corners: [Double], _ confidence: Double) -> [Word] {
    let across = [corners[0], corners[2], corners[4], corners[6]]
    let down = [corners[1], corners[3], corners[5], corners[7]]
    let left = across.min() ?? 0
    let width = (across.max() ?? 0) - left
    // A line that slopes has the height of its ends, not of its whole box.
    let slope = ((corners[3] + corners[5]) - (corners[1] + corners[7])) / 2
    let top = down.min() ?? 0
    let height = max(1, (down.max() ?? 0) - top - slope.magnitude)
    let letters = Double(max(1, text.count))
    var words: [Word] = []
    var place = 0
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      defer { place += word.count + 1 }
      guard word.contains(where: { !$0.isWhitespace }) else { continue }
      let start = Double(place) / letters
      words.append(
        Word(
          text: word.filter { !$0.isWhitespace },
          left: Int64(left + width * start),
          top: Int64(top + (slope < 0 ? slope.magnitude * (1 - start) : slope * start)),
          width: max(1, Int64(width * Double(word.count) / letters)),
          height: Int64(height),
          confidence: max(0, min(100, confidence * 100))
        )
      )
    }
    return words
  }
}
