/// Text that somebody else wrote, as a prompt shows it: bounded, and unable to leave its place.
package enum ShownText {
  /// One line of at most `limit` characters: white space becomes one space, and what is invisible or turns the direction of
  /// writing is left out.
  package static func line(_ text: String, limit: Int) -> String {
    var line = ""
    var length = 0
    var isSpaceDue = false
    for scalar in text.unicodeScalars {
      if scalar.properties.isWhitespace {
        isSpaceDue = !line.isEmpty
        continue
      }
      if isHidden(scalar) { continue }
      if length + (isSpaceDue ? 1 : 0) >= limit { return line + "…" }
      if isSpaceDue {
        line.unicodeScalars.append(" ")
        length += 1
      }
      isSpaceDue = false
      line.unicodeScalars.append(scalar)
      length += 1
    }
    return line
  }

  /// Several lines of at most `limit` characters in all; says how many are left out.
  package static func block(_ text: String, limit: Int) -> String {
    var block = ""
    var length = 0
    for scalar in text.unicodeScalars {
      if scalar != "\n", scalar != "\t", isHidden(scalar) || scalar == "\r" { continue }
      length += 1
      if length <= limit { block.unicodeScalars.append(scalar) }
    }
    return length > limit ? block + "\n[\(length - limit) more characters left out]" : block
  }

  /// The first sentence of a description, where it is a sentence of its own.
  package static func summary(_ text: String, limit: Int) -> String {
    let line = line(text, limit: limit)
    for end in line.ranges(of: ". ") {
      let sentence = line[..<end.lowerBound]
      // "e.g. " ends no sentence.
      let word = sentence.split(separator: " ").last ?? ""
      if word.utf8.count > 1, !word.contains(".") { return String(sentence) }
    }
    return line.hasSuffix(".") ? String(line.dropLast()) : line
  }

  /// Control characters, and those that are there to hide or to reorder.
  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
