internal import ClientKit
internal import Glibc
internal import Posix
internal import TerminalText

/// Shows a job while it runs: as a picture that is drawn again in its place, as lines, or as JSON.
final class ProgressDisplay: ApprovalWatch.Stage {
  enum Form {
    /// Nothing but what is noted.
    case silent
    /// Each event a document on standard output.
    case json
    /// Each event a line on standard error.
    case lines
    /// On a terminal behind standard error.
    case live
  }

  private struct State {
    var job: JobProgress?
    var output = StepOutput()
    /// The widths of the lines on the screen.
    var drawn: [Int] = []
    var isFinished = false
    /// Something else has the terminal; what is to be shown waits here.
    var held: [String]?
  }

  private let console: Console
  private let form: Form
  /// Whether what steps print is shown.
  private let showsOutput: Bool
  private let state = Guarded(State())

  init(_ console: Console, showsOutput: Bool) {
    self.console = console
    self.showsOutput = showsOutput
    let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
    form =
      console.isJSON ? .json : console.isQuiet ? .silent : console.errorsAreTerminal && !isDumb ? .live : .lines
  }

  /// Before the first event.
  func begin(_ job: JobProgress) {
    state.withLock { $0.job = job }
    guard form == .live else { return }
    startThread("bulkhead-show") {
      while self.draw() { usleep(100_000) }
    }
  }

  func take(_ event: JobEvent) {
    if form == .json { return console.print(event.json) }
    state.withLock { state in
      let since = state.job?.createdAt ?? event.at
      state.job?.apply(event)
      let output = showsOutput ? state.output.lines(of: event) : []
      switch form {
      case .live: if !output.isEmpty { show(output, &state) }
      case .lines:
        show(output, &state)
        if let line = EventLine.text(event, since: since, paint: console.paint(onErrors: true)) { show([line], &state) }
      case .silent, .json: break
      }
    }
  }

  /// A line about what is going on, above the picture.
  func note(_ text: String) {
    state.withLock { state in
      // A question does not hold up what is to be known at once.
      if form == .live, state.held == nil { show([text], &state) } else { console.note(text) }
    }
  }

  /// Draws the picture a last time and leaves it.
  func finish() {
    state.withLock { state in
      guard !state.isFinished else { return }
      if form == .live { redraw(&state) }
      state.isFinished = true
    }
  }

  // MARK: Questions

  func clear() {
    state.withLock { state in
      if form == .live { redraw(&state) }
      state.drawn = []
      state.held = []
    }
  }

  func restore() {
    state.withLock { state in
      guard let held = state.held else { return }
      state.held = nil
      if !held.isEmpty { show(held, &state) }
    }
  }

  func tell(_ line: String) { note(line) }

  // MARK: Drawing

  /// Whether it is to be drawn again.
  private func draw() -> Bool {
    state.withLock { state in
      if !state.isFinished { redraw(&state) }
      return !state.isFinished
    }
  }

  private func show(_ lines: [String], _ state: inout State) {
    if state.held != nil {
      state.held! += lines
      return
    }
    if form == .lines {
      for line in lines { console.writeError(line + "\n") }
      return
    }
    let top = state.isFinished ? "" : Self.top(state.drawn, width: Self.size.columns)
    console.writeError(top + lines.map { "\($0)\u{1B}[K\n" }.joined() + (top.isEmpty ? "" : "\u{1B}[J"))
    guard !state.isFinished else { return }
    state.drawn = []
    redraw(&state)
  }

  private func redraw(_ state: inout State) {
    guard let job = state.job, state.held == nil else { return }
    let size = Self.size
    // One line stays free for the cursor.
    let frame = ProgressFrame(width: size.columns, height: size.lines - 1, paint: console.paint(onErrors: true))
    let lines = frame.lines(job, now: wallClock())
    // In one piece and without clearing first, so that nothing flickers.
    console.writeError(
      Self.top(state.drawn, width: size.columns) + lines.map { "\($0)\u{1B}[K\n" }.joined() + "\u{1B}[J"
    )
    state.drawn = lines.map { columns(ofPainted: $0) }
  }

  /// Moves to the first of the lines on the screen. Those that a narrower window has wrapped count more.
  private static func top(_ widths: [Int], width: Int) -> String {
    let rows = widths.reduce(0) { $0 + max(1, ($1 + width - 1) / width) }
    return rows == 0 ? "" : "\u{1B}[\(rows)A\r"
  }

  private static var size: (columns: Int, lines: Int) { terminalSize(STDERR_FILENO) }
}
