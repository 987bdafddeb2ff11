package enum Colour: String, Sendable {
  case red = "31"
  case green = "32"
  case yellow = "33"
  case blue = "34"
  case dim = "2"
  case bold = "1"
}

/// Colours texts, or leaves them as they are.
package struct Paint: Sendable {
  package let isOn: Bool

  package init(isOn: Bool) { self.isOn = isOn }
  package static let plain = Paint(isOn: false)

  package func callAsFunction(_ text: String, _ colour: Colour?) -> String {
    guard isOn, let colour, !text.isEmpty else { return text }
    return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
  }
}

/// Foreign text must not steer the terminal: control characters, tabs and line ends excepted, are shown as escapes.
package func printable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isControl) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if isControl(scalar) { result += scalar.escaped(asASCII: true) } else { result.unicodeScalars.append(scalar) }
  }
  return result
}

/// The same on one line: each line end or tab is a blank.
package func printableLine(_ text: String) -> String {
  var line = ""
  for scalar in printable(text).unicodeScalars {
    line.unicodeScalars.append(scalar == "\n" || scalar == "\t" ? " " : scalar)
  }
  return line
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
  let value = scalar.value
  return value < 0x20 && value != 0x09 && value != 0x0A || (0x7F...0x9F).contains(value)
}
