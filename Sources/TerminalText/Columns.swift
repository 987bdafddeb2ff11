/// How many columns of a terminal a text without control characters takes.
package func columns(of text: String) -> Int {
  if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
  return text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
}

/// `text`, or as much of it as fits with `…` behind it.
package func cut(_ text: String, to width: Int) -> String {
  if columns(of: text) <= width { return text }
  guard width > 0 else { return "" }
  var result = ""
  var used = 1
  for scalar in text.unicodeScalars {
    used += columns(of: scalar)
    if used > width { break }
    result.unicodeScalars.append(scalar)
  }
  return result + "…"
}

/// `text` in exactly `width` columns: cut, or blanks added behind it (before it when `isRight`).
package func padded(_ text: String, _ width: Int, isRight: Bool = false) -> String {
  let text = cut(text, to: width)
  let blanks = String(repeating: " ", count: max(0, width - columns(of: text)))
  return isRight ? blanks + text : text + blanks
}

/// Zero for what is drawn onto the character before, two for wide ones (Unicode Standard Annex 11, the blocks that are
/// wide throughout), else one.
private func columns(of scalar: Unicode.Scalar) -> Int {
  if scalar.value < 0x300 { return 1 }
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark, .format: return 0
  default: break
  }
  return wide.contains { $0.contains(scalar.value) } ? 2 : 1
}

private let wide: [ClosedRange<UInt32>] = [
  0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
  0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF,
  0x20000...0x3FFFD,
]

/// As `columns(of:)`, of a text that `Paint` may have coloured.
package func columns(ofPainted text: String) -> Int {
  var plain = ""
  var isEscape = false
  for scalar in text.unicodeScalars {
    if isEscape {
      isEscape = scalar != "m"
    } else if scalar == "\u{1B}" {
      isEscape = true
    } else {
      plain.unicodeScalars.append(scalar)
    }
  }
  return columns(of: plain)
}
