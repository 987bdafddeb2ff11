internal import JSON

/// Puts pieces that stand beside each other into one line: an OCR that sees columns gives a label and its amount apart.
enum RowLayout {
  private struct Piece {
    var left: Double
    var right: Double
    var top: Double
    var bottom: Double
    var words: [JSON]

    var height: Double { bottom - top }
    var middle: Double { (top + bottom) / 2 }
  }

  /// The lines from the top down, each from left to right. Unless all have boxes they stay as they are.
  static func rows(_ lines: [JSON]) -> [JSON] {
    var pieces: [Piece] = []
    for line in lines {
      guard let piece = piece(line) else { return lines }
      pieces.append(piece)
    }
    pieces.sort { ($0.middle, $0.left) < ($1.middle, $1.left) }
    var rows: [Piece] = []
    for piece in pieces {
      // Only a line just above can be the same one.
      let candidate = rows.indices.suffix(4).last { isBeside(rows[$0], piece) }
      guard let at = candidate else {
        rows.append(piece)
        continue
      }
      let isBefore = piece.left < rows[at].left
      rows[at].words = isBefore ? piece.words + rows[at].words : rows[at].words + piece.words
      rows[at].left = min(rows[at].left, piece.left)
      rows[at].right = max(rows[at].right, piece.right)
    }
    return rows.map { ["words": .array($0.words)] }
  }

  private static func piece(_ line: JSON) -> Piece? {
    guard let words = line["words"]?.arrayValue, !words.isEmpty else { return nil }
    var piece = Piece(left: .infinity, right: -.infinity, top: .infinity, bottom: -.infinity, words: words)
    for word in words {
      guard let left = word["left"]?.doubleValue, let top = word["top"]?.doubleValue,
        let width = word["width"]?.doubleValue, let height = word["height"]?.doubleValue
      else { return nil }
      piece.left = min(piece.left, left)
      piece.right = max(piece.right, left + width)
      piece.top = min(piece.top, top)
      piece.bottom = max(piece.bottom, top + height)
    }
    return piece
  }

  /// Overlapping in most of their height, and nowhere in their width.
  private static func isBeside(_ a: Piece, _ b: Piece) -> Bool {
    let overlap = min(a.bottom, b.bottom) - max(a.top, b.top)
    return overlap > 0.6 * min(a.height, b.height) && (a.right <= b.left || b.right <= a.left)
  }
}
