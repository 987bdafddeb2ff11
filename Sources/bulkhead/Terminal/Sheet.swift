internal import JSON
internal import TerminalText
internal import Wire

/// Labels and values below each other.
struct Sheet {
  private let paint: Paint
  private(set) var lines: [String] = []

  init(_ paint: Paint) { self.paint = paint }

  mutating func row(_ label: String, _ value: String?, _ colour: Colour? = nil) {
    guard let value, !value.isEmpty else { return }
    lines.append(paint(padded(label, 11), .bold) + paint(printable(value), colour))
  }

  /// A heading and what stands below it.
  mutating func block(_ heading: String, _ text: String?) {
    guard let text else { return }
    lines += ["", paint(heading, .bold), text]
  }

  mutating func json(_ heading: String, _ value: JSON?) {
    guard let value, !value.isNull else { return }
    if case .string(let text) = value {
      block(heading, printable(text))
    } else {
      block(heading, printable(value.indented()))
    }
  }

  /// Below the row of models, and like it a line.
  mutating func twoModels(_ usage: UsageSum?) {
    if let text = usage?.twoModelsText { lines.append(printable(padded("", 11) + text)) }
  }

  mutating func add(_ text: String) { lines += ["", text] }
}
