/// Aligned columns with a heading, two blanks apart.
struct Table {
  private let heading: [String]
  private var rows: [[String]] = []
  private var colours: [[Console.Colour?]] = []

  init(_ heading: String...) { self.heading = heading }

  /// `colours` by column; the widths are those of the plain text.
  mutating func add(_ cells: [String], colours: [Console.Colour?] = []) {
    rows.append(cells.map { Console.printable($0.replacing("\n", with: " ")) })
    self.colours.append(colours)
  }

  func text(_ console: Console) -> String {
    let widths = heading.indices.map { column in ([heading] + rows).map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String], _ paint: (Int, String) -> String) -> String {
      var text = ""
      for (column, cell) in cells.enumerated() {
        let isLast = column == cells.count - 1
        text += paint(column, cell) + (isLast ? "" : String(repeating: " ", count: widths[column] - cell.count + 2))
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    let top = line(heading) { console.colour($1, .bold) }
    let body = zip(rows, colours).map { row, colours in
      line(row) { column, cell in
        guard colours.indices.contains(column), let colour = colours[column] else { return cell }
        return console.colour(cell, colour)
      }
    }
    return ([top] + body).joined(separator: "\n")
  }
}

extension String {
  fileprivate func replacing(_ character: Character, with other: Character) -> String {
    String(map { $0 == character ? other : $0 })
  }
}

/// `3d 4h`, `5m 7s`, `12s`, `350ms`: the two largest units.
func spanText(milliseconds: Int64) -> String {
  if milliseconds < 1000 { return "\(milliseconds)ms" }
  let seconds = milliseconds / 1000
  let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
  let shown = parts.drop { $0.0 == 0 }.prefix(2)
  return shown.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
}
