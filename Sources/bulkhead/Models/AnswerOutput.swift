internal import ClientKit
internal import JSON
internal import Synchronization
internal import TerminalText

/// Prints a model's answer as it comes, and at the end what has not come.
final class AnswerOutput: Sendable {
  private let console: Console
  private let shown = Mutex("")

  init(_ console: Console) { self.console = console }

  /// On the client's own thread, in order.
  func take(_ progress: Progress) {
    switch progress.kind {
    case .token:
      if console.isJSON { return }
      shown.withLock { $0 += progress.text }
      console.writeResult(console.outputIsTerminal ? Console.printable(progress.text) : progress.text)
    case .status:
      // Another attempt, or a gap: what was shown does not count.
      endLine()
      console.note(console.colour("… \(Console.printable(progress.text))", .dim, onErrors: true))
    case .stdout, .stderr: break
    }
  }

  func endLine() {
    let needsEnd = shown.withLock { shown in
      defer { shown = "" }
      return !shown.isEmpty && shown.utf8.last != UInt8(ascii: "\n")
    }
    if needsEnd { console.writeResult("\n") }
  }

  func finish(_ output: JSON) {
    if let value = output["value"] { return console.print(value.indented()) }
    let content = output["content"]?.stringValue ?? ""
    let known = shown.withLock { $0 }
    endLine()
    if known != content { console.print(console.outputIsTerminal ? Console.printable(content) : content) }
    for call in output["tool_calls"]?.arrayValue ?? [] {
      console.print("\(call["name"]?.stringValue ?? "") \(call["arguments"]?.description ?? "")")
    }
  }
}
