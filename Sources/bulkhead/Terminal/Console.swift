internal import Glibc
internal import JSON
internal import TerminalText

/// Where the program's words go: results to standard output, everything about them to standard error.
final class Console: Sendable {
  let isJSON: Bool
  let isQuiet: Bool
  let outputIsTerminal: Bool
  let errorsAreTerminal: Bool
  private let mayColour: Bool

  init(_ arguments: Arguments) {
    isJSON = arguments.has("json")
    isQuiet = arguments.has("quiet")
    outputIsTerminal = isatty(STDOUT_FILENO) == 1
    errorsAreTerminal = isatty(STDERR_FILENO) == 1
    let noColour = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
    let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
    mayColour = !arguments.has("no-color") && !noColour && !isDumb
  }

  /// A line of the result.
  func print(_ text: String) { Self.write(text + "\n", to: STDOUT_FILENO) }

  /// The result as one document on one line.
  func print(_ json: JSON) { Self.write(json.serialized() + [UInt8(ascii: "\n")], to: STDOUT_FILENO) }

  /// A line about what was done; not shown with `--quiet` or `--json`.
  func say(_ text: String) { if !isQuiet, !isJSON { print(text) } }

  /// A line about what is going on, beside the result.
  func note(_ text: String) { if !isQuiet { Self.write(text + "\n", to: STDERR_FILENO) } }

  /// Text that brings its own line ends.
  func writeResult(_ text: String) { Self.write(text, to: STDOUT_FILENO) }

  func writeError(_ text: String) { Self.write(text, to: STDERR_FILENO) }

  /// A problem that the result tells too.
  func complain(_ text: String) { writeError("\(colour("bulkhead:", .red, onErrors: true)) \(text)\n") }

  /// What the reader can do about the problem before.
  func hint(_ text: String) { writeError("hint: \(text)\n") }

  func report(_ failure: Failure) {
    if isJSON, failure.exit != ExitCode.usage { print(failure.document) }
    let label = colour("bulkhead:", .red, onErrors: true)
    var text = "\(label) \(Self.printable(failure.message))\n"
    for detail in failure.details { text += "  \(Self.printable(detail))\n" }
    if let hint = failure.hint { text += "hint: \(hint)\n" }
    writeError(text)
  }

  func colour(_ text: String, _ colour: Colour, onErrors: Bool = false) -> String {
    paint(onErrors: onErrors)(text, colour)
  }

  func paint(onErrors: Bool = false) -> Paint {
    Paint(isOn: mayColour && (onErrors ? errorsAreTerminal : outputIsTerminal))
  }

  /// Foreign text must not steer the terminal.
  static func printable(_ text: String) -> String { TerminalText.printable(text) }

  /// Stops at the first error: a reader that has gone wants no more.
  private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var offset = 0
    while offset < bytes.count {
      let from = offset
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + from, $0.count - from) }
      if count > 0 {
        offset += count
      } else if errno == EAGAIN {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
      } else if errno != EINTR {
        return
      }
    }
  }
}
