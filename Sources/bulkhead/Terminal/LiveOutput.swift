internal import ClientKit
internal import Synchronization

/// Prints what a run writes as it comes, and at the end only what has not come.
final class LiveOutput: Sendable {
  private struct State {
    var bytes: [Progress.Kind: Int] = [:]
    var hasGap = false
    /// Whether the last thing printed to standard output ended its line.
    var isAtLineStart = true
  }

  private let console: Console
  private let state = Mutex(State())

  init(_ console: Console) { self.console = console }

  /// On the client's own thread, in order.
  func take(_ progress: Progress) {
    switch progress.kind {
    case .stdout, .stderr: write(progress.text, progress.kind)
    case .status:
      // The coordinator says so when parts were dropped because they were not read in time.
      if progress.text.contains("were dropped") { state.withLock { $0.hasGap = true } }
      console.note("bulkhead: \(Console.printable(progress.text))")
    case .token: break
    }
  }

  /// The rest of both streams, then the value that code left.
  func finish(_ record: ExecRecord) {
    for (kind, text) in [(Progress.Kind.stdout, record.standardOutput), (.stderr, record.standardError)] {
      let (count, hasGap) = state.withLock { ($0.bytes[kind] ?? 0, $0.hasGap) }
      if hasGap, count > 0 { continue }
      let rest = text.utf8.dropFirst(count)
      if !rest.isEmpty { write(String(decoding: rest, as: UTF8.self), kind) }
    }
    guard let output = record.output else { return }
    endLine()
    console.print(output)
  }

  /// What follows begins in a line of its own.
  func endLine() {
    let isAtLineStart = state.withLock { state in
      defer { state.isAtLineStart = true }
      return state.isAtLineStart
    }
    if !isAtLineStart { console.writeResult("\n") }
  }

  private func write(_ text: String, _ kind: Progress.Kind) {
    state.withLock { state in
      state.bytes[kind, default: 0] += text.utf8.count
      if kind == .stdout, let last = text.utf8.last { state.isAtLineStart = last == UInt8(ascii: "\n") }
    }
    if kind == .stdout {
      console.writeResult(console.outputIsTerminal ? Console.printable(text) : text)
    } else {
      console.writeError(console.errorsAreTerminal ? Console.printable(text) : text)
    }
  }
}
