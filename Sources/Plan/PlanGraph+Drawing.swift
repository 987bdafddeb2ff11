internal import JSON

/// Pictures of a plan.
extension PlanGraph {
  /// Graphviz: an arrow leads from a step to what depends on it; what may not run is dashed.
  package func dot(_ plan: Plan) -> String {
    var lines = ["digraph plan {", "  rankdir=LR;", "  node [shape=box];"]
    for step in plan.steps {
      let marks = Self.marks(of: step)
      let note = marks.isEmpty ? "" : "\\n" + marks.joined(separator: ", ")
      let style = step.when == nil ? "" : ", style=dashed"
      // Ids and names of tools need no escaping.
      lines.append("  \"\(step.id)\" [label=\"\(step.id)\\n\(step.tool)\(note)\"\(style)];")
    }
    for (step, others) in dependencies.enumerated() {
      for other in others { lines.append("  \"\(plan.steps[other].id)\" -> \"\(plan.steps[step].id)\";") }
    }
    return (lines + ["}"]).joined(separator: "\n") + "\n"
  }

  /// One line for each step, level by level, cut to `width` characters: what `mark` says of it, its id, its tool, and
  /// what it waits for.
  package func terminal(_ plan: Plan, width: Int = 80, mark: (Int) -> String = { _ in "" }) -> [String] {
    let idWidth = min(32, plan.steps.map(\.id.utf8.count).max() ?? 0)
    let toolWidth = min(24, plan.steps.map(\.tool.utf8.count).max() ?? 0)
    let levelWidth = String(levels.count).utf8.count
    var lines: [String] = []
    for (number, steps) in levels.enumerated() {
      for (place, index) in steps.enumerated() {
        let step = plan.steps[index]
        let isFirst = place == 0
        let isLast = place == steps.count - 1
        let rail = isFirst ? (isLast ? "─" : "┬") : isLast ? "└" : "├"
        let level = Self.padded(isFirst ? String(number + 1) : "", levelWidth, isRight: true)
        let names = Self.padded(step.id, idWidth) + "  " + Self.padded(step.tool, toolWidth)
        var line = "\(level) \(rail) \(mark(index))\(names)"
        let others = dependencies[index]
        if !others.isEmpty {
          let shown = others.prefix(8).map { plan.steps[$0].id } + (others.count > 8 ? ["… (\(others.count))"] : [])
          line += "  ← " + shown.joined(separator: ", ")
        }
        let marks = Self.marks(of: step)
        if !marks.isEmpty { line += "  (" + marks.joined(separator: ", ") + ")" }
        while line.last == " " { line.removeLast() }
        lines.append(line.count > width ? line.prefix(max(0, width - 1)) + "…" : line)
      }
    }
    return lines
  }

  private static func marks(of step: Step) -> [String] {
    var marks: [String] = []
    if step.when != nil { marks.append("conditional") }
    if let forEach = step.forEach {
      if case .literal(let value) = forEach.items.root, case .array(let items) = value {
        marks.append("× \(items.count)")
      } else {
        marks.append("for each")
      }
    }
    if step.retry.maxAttempts > 1 { marks.append("up to \(step.retry.maxAttempts) attempts") }
    return marks
  }

  /// Ids and names of tools are ASCII, so that bytes are columns.
  private static func padded(_ text: String, _ width: Int, isRight: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.utf8.count))
    return isRight ? space + text : text + space
  }
}
