/// A terminal in few words: what a program wrote, as somebody would see it. It knows the sequences that `bulkhead` uses,
/// and takes every other one for a mistake.
struct Screen {
  let columns: Int
  let height: Int
  private(set) var lines: [[Character]] = [[]]
  private(set) var mistakes: [String] = []
  /// Whether colours were used.
  private(set) var isColoured = false
  private var row = 0
  private var column = 0
  /// The first line that can be reached: what has scrolled away cannot.
  private var top: Int { max(0, lines.count - height) }

  init(columns: Int, height: Int) {
    self.columns = columns
    self.height = height
  }

  var text: String {
    lines.map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return String(line)
    }.joined(separator: "\n")
  }

  mutating func write(_ text: String) {
    var rest = Array(text.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\u{1B}": escape(&rest)
      case "\r": column = 0
      case "\n": lineFeed()
      default: put(Character(scalar))
      }
    }
  }

  private mutating func lineFeed() {
    row += 1
    if row == lines.count { lines.append([]) }
  }

  private mutating func put(_ character: Character) {
    if character.unicodeScalars.first!.value < 0x20 { mistakes.append("control character") }
    if column == columns {
      column = 0
      lineFeed()
    }
    while lines[row].count <= column { lines[row].append(" ") }
    lines[row][column] = character
    column += 1
  }

  private mutating func escape(_ rest: inout ArraySlice<Unicode.Scalar>) {
    guard rest.popFirst() == "[" else { return mistakes.append("unknown escape") }
    var parameters = ""
    while let scalar = rest.first, ("0"..."9").contains(scalar) || scalar == ";" {
      parameters.unicodeScalars.append(scalar)
      rest.removeFirst()
    }
    switch rest.popFirst() {
    case "A":
      row -= Int(parameters) ?? 1
      if row < top {
        mistakes.append("above the screen by \(top - row)")
        row = top
      }
    case "K": lines[row] = Array(lines[row].prefix(column))
    case "J":
      lines[row] = Array(lines[row].prefix(column))
      lines.removeLast(lines.count - row - 1)
    case "m": isColoured = isColoured || parameters != "0"
    default: mistakes.append("unknown sequence")
    }
  }
}
