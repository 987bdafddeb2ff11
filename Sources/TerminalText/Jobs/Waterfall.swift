package import Wire

/// A timeline as bars, one line for each attempt.
package struct Waterfall: Sendable {
  package var width: Int
  package var paint: Paint

  package init(width: Int, paint: Paint) {
    self.width = max(48, width)
    self.paint = paint
  }

  private static let bar: Character = "█"
  private static let wait: Character = "·"
  private static let restart: Character = "┊"

  /// The lines without the job's own heading. Below the last line of a step of `usage` that used language models stands
  /// how much.
  package func lines(_ timeline: Timeline, usage steps: [StepReport] = []) -> [String] {
    var used: [String: UsageSum] = [:]
    for step in steps { used[step.id + (step.item.map { "[\($0)]" } ?? "")] = step.usage }
    guard !timeline.spans.isEmpty else { return ["no step has begun"] }
    let names = min(28, max(4, timeline.spans.map { columns(of: $0.name) }.max() ?? 0))
    // Symbol, name, attempt and time, each with a blank or two before it.
    let before = 2 + names + 2 + 3 + 2 + 7 + 2
    let chart = max(10, width - before)
    let scale = Scale(timeline, chart)
    var lines = [heading(names, scale)]
    let last = Dictionary(timeline.spans.indices.map { (timeline.spans[$0].name, $0) }, uniquingKeysWith: { $1 })
    for (index, span) in timeline.spans.enumerated() {
      lines.append(row(span, names, scale, timeline))
      defer {
        if let usage = used[span.name], last[span.name] == index {
          let small = usage.smallText.map { "; \($0)" } ?? ""
          lines.append(paint(cut("    \(usage.text)\(small)", to: width), .dim))
        }
      }
      if span.state != .succeeded, let reason = span.reason {
        lines.append(paint(cut("    \(printableLine(reason))", to: width), .dim))
      }
    }
    for (number, restart) in timeline.restarts.enumerated() {
      let offset = offsetText(milliseconds: restart.at - timeline.startedAt)
      lines.append(paint("\(Self.restart) \(offset) the coordinator started again (\(number + 1))", .yellow))
    }
    return lines
  }

  private struct Scale {
    let from: Int64
    let span: Int64
    let columns: Int

    init(_ timeline: Timeline, _ columns: Int) {
      from = timeline.startedAt
      span = max(1, timeline.endedAt - timeline.startedAt)
      self.columns = columns
    }

    /// The column of a time, from 0 to the last one.
    func column(_ time: Int64) -> Int {
      let part = Double(min(max(0, time - from), span)) / Double(span)
      return min(columns - 1, Int(part * Double(columns)))
    }
  }

  private func heading(_ names: Int, _ scale: Scale) -> String {
    let left = "  " + padded("STEP", names) + "  TRY     TIME  "
    let middle = tookText(milliseconds: scale.span / 2)
    let right = tookText(milliseconds: scale.span)
    var axis = Array(repeating: Character(" "), count: scale.columns)
    func put(_ text: String, at column: Int) {
      for (offset, character) in text.enumerated() where axis.indices.contains(column + offset) {
        axis[column + offset] = character
      }
    }
    put("0s", at: 0)
    if scale.columns >= 30 { put(middle, at: scale.columns / 2) }
    put(right, at: scale.columns - right.count)
    return paint(left + String(axis), .bold)
  }

  private func row(_ span: Timeline.Span, _ names: Int, _ scale: Scale, _ timeline: Timeline) -> String {
    let end = span.endedAt ?? timeline.endedAt
    var cells = [(Character, Colour?)](repeating: (" ", nil), count: scale.columns)
    for restart in timeline.restarts { cells[scale.column(restart.at)] = (Self.restart, .yellow) }
    if let from = span.waitsFrom {
      for column in scale.column(from)...scale.column(max(from, span.waitsUntil ?? timeline.endedAt)) {
        cells[column] = (Self.wait, .dim)
      }
    }
    for column in scale.column(span.startedAt)...scale.column(max(span.startedAt, end)) where isAttempt(span) {
      cells[column] = (Self.bar, span.state.colour)
    }
    let attempt = padded(span.attempt > 0 ? "\(span.attempt)" : "", 3, isRight: true)
    let time = isAttempt(span) ? tookText(milliseconds: end - span.startedAt) : ""
    return paint(span.state.symbol, span.state.colour) + " \(padded(printableLine(span.name), names))  \(attempt)  "
      + padded(time, 7, isRight: true) + "  " + text(cells)
  }

  /// A step that was skipped or waits for its first attempt has no bar.
  private func isAttempt(_ span: Timeline.Span) -> Bool {
    span.state != .skipped && (span.attempt > 0 || span.endedAt != span.startedAt)
  }

  /// Equal colours in one piece, without blanks at the end.
  private func text(_ cells: [(Character, Colour?)]) -> String {
    var cells = cells
    while cells.last?.0 == " " { cells.removeLast() }
    var text = ""
    var piece = ""
    var colour: Colour?
    for (character, next) in cells {
      if next != colour {
        text += paint(piece, colour)
        piece = ""
        colour = next
      }
      piece.append(character)
    }
    return text + paint(piece, colour)
  }
}
