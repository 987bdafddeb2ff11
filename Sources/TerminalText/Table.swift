/// Aligned columns with a heading, two blanks apart.
package struct Table: Sendable {
  private let heading: [String]
  private var rows: [[String]] = []
  private var colours: [[Colour?]] = []

  package init(_ heading: String...) { self.heading = heading }
  package init(_ heading: [String]) { self.heading = heading }

  /// `colours` by column; the widths are those of the plain text.
  package mutating func add(_ cells: [String], colours: [Colour?] = []) {
    rows.append(cells.map { printable($0.replacing("\n", with: " ")) })
    self.colours.append(colours)
  }

  package func text(_ paint: Paint) -> String {
    let widths = heading.indices.map { column in ([heading] + rows).map { columns(of: $0[column]) }.max() ?? 0 }
    func line(_ cells: [String], _ paint: (Int, String) -> String) -> String {
      var text = ""
      for (column, cell) in cells.enumerated() {
        let isLast = column == cells.count - 1
        let blanks = isLast ? 0 : widths[column] - columns(of: cell) + 2
        text += paint(column, cell) + String(repeating: " ", count: blanks)
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    let top = line(heading) { paint($1, .bold) }
    let body = zip(rows, colours).map { row, colours in
      line(row) { column, cell in paint(cell, colours.indices.contains(column) ? colours[column] : nil) }
    }
    return ([top] + body).joined(separator: "\n")
  }
}

extension String {
  fileprivate func replacing(_ character: Character, with other: Character) -> String {
    String(map { $0 == character ? other : $0 })
  }
}
