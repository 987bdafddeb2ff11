internal import JSON
package import Wire

/// What steps print while they run, as whole lines with the step's name before each.
package struct StepOutput: Sendable {
  private struct Key: Hashable {
    let step: String
    let item: Int64?
    let isError: Bool
  }

  /// What has come of a line that is not whole yet.
  private var rests: [Key: String] = [:]
  /// A line is broken here, in bytes.
  private static let limit = 4096

  package init() {}

  /// The lines that `event` completes; none for what is no output.
  package mutating func lines(of event: JobEvent) -> [String] {
    guard let step = event.step else { return [] }
    if event.kind != "step.progress" {
      let isOver = event.kind != "step.started" && event.kind != "step.expanded"
      return isOver ? end(step, event.item) : []
    }
    guard let text = event.data?["text"]?.stringValue else { return [] }
    let kind = event.data?["kind"]?.stringValue
    if kind == "status" { return [Self.line(step, event.item, text)] }
    let key = Key(step: step, item: event.item, isError: kind == "stderr")
    var whole = (rests.removeValue(forKey: key) ?? "") + text
    var lines: [String] = []
    while let end = whole.firstIndex(where: \.isNewline) {
      lines.append(Self.line(step, event.item, String(whole[..<end])))
      whole = String(whole[whole.index(after: end)...])
    }
    if whole.utf8.count > Self.limit {
      lines.append(Self.line(step, event.item, whole))
      whole = ""
    }
    if !whole.isEmpty { rests[key] = whole }
    return lines
  }

  private mutating func end(_ step: String, _ item: Int64?) -> [String] {
    [false, true].compactMap { isError in
      rests.removeValue(forKey: Key(step: step, item: item, isError: isError)).map { Self.line(step, item, $0) }
    }
  }

  private static func line(_ step: String, _ item: Int64?, _ text: String) -> String {
    "\(step)\(item.map { "[\($0)]" } ?? "") | \(printableLine(text))"
  }
}
