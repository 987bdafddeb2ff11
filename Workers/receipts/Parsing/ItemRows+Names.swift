// What the things in the rows are called.
extension ItemRows {
  private static let marks: Set<String> = [
    "SR", "ZR", "ZRL", "ZRE", "ES", "OS", "TX", "S", "Z", "E", "T", "X", "RM", "RH", "PC", "PCS", "UNIT", "UNITS",
    "UNT", "UNI", "EA",
    "QTY", "LEN", "BAG", "PKT", "CTN", "BTL", "ROLL", "NOS", "GA", "GB", "EX", "A", "N",
  ]

  /// The words of a row that are neither figures, codes nor marks.
  func name(in line: ReceiptLine) -> String {
    var words: [String] = []
    let firstAmount = line.amounts.first?.range.lowerBound ?? line.ascii.count
    for token in line.tokens where token.lowerBound < firstAmount || words.isEmpty {
      let word = line.string(token)
      let letters = word.utf8.count(where: \.isLetter)
      if line.numbers.contains(where: { $0.range.overlaps(token) }), letters < 3 { continue }
      if letters == 0 || word.utf8.count(where: \.isDigit) >= 5 { continue }
      let bare = String(decoding: word.utf8.filter(\.isLetter), as: UTF8.self).uppercased()
      if Self.marks.contains(bare), letters <= 4 { continue }
      words.append(word)
    }
    // A code with a few letters, or a word torn apart, is no name.
    let letters = words.joined().utf8.count(where: \.isLetter)
    return letters >= 4 || letters == 3 && words.count == 1 ? Self.joined(words) : ""
  }

  /// Lines of words alone that name the row below or above them; no more than a name has.
  func names(before line: Int, _ region: Range<Int>, _ rows: Set<Int>) -> [String] {
    var names: [String] = []
    var index = line - 1
    while names.count < 3, region.contains(index), !rows.contains(index), let name = text(at: index) {
      names.insert(name, at: 0)
      index -= 1
    }
    return names.filter { !$0.isEmpty }
  }

  func names(after line: Int, _ region: Range<Int>, _ rows: Set<Int>) -> [String] {
    var names: [String] = []
    var index = line + 1
    while names.count < 3, region.contains(index), !rows.contains(index), let name = text(at: index) {
      names.append(name)
      index += 1
    }
    return names.filter { !$0.isEmpty }
  }

  /// Without codes; empty for a line without words, nil for one that is none of a name.
  private func text(at index: Int) -> String? {
    guard !isHeading(lines[index]), lines[index].amounts.isEmpty, roles[index] != .other else { return nil }
    let words = lines[index].tokens.map { lines[index].string($0) }.filter { $0.utf8.count(where: \.isDigit) < 5 }
    guard words.joined().utf8.count(where: \.isLetter) >= 3 else { return "" }
    return Self.joined(words)
  }

  /// Without marks at the ends.
  private static func joined(_ words: [String]) -> String {
    func isMark(_ word: String) -> Bool { !word.utf8.contains { $0.isLetter || $0.isDigit } }
    return words.drop(while: isMark).reversed().drop(while: isMark).reversed().joined(separator: " ")
  }
}
