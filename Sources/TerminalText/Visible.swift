/// Text on which somebody decides: besides control characters everything is shown as an escape that hides itself, hides or
/// reorders what stands beside it, or looks like a blank and is none. Line ends stay, and tabs.
package func visible(_ text: String) -> String { escaped(text) { $0.escaped(asASCII: true) } }

/// The same on one line, line ends and tabs as escapes too.
package func visibleLine(_ text: String) -> String {
  var line = ""
  for scalar in visible(text).unicodeScalars {
    switch scalar {
    case "\n": line += "\\n"
    case "\t": line += "\\t"
    default: line.unicodeScalars.append(scalar)
    }
  }
  return line
}

/// The same of a JSON text, which means the same afterwards: the escapes are those of JSON.
package func visibleJSON(_ text: String) -> String {
  escaped(text) { scalar in
    String(scalar).utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }.joined()
  }
}

private func escaped(_ text: String, _ escape: (Unicode.Scalar) -> String) -> String {
  guard text.unicodeScalars.contains(where: isDeceptive) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if isDeceptive(scalar) { result += escape(scalar) } else { result.unicodeScalars.append(scalar) }
  }
  return result
}

/// Of Unicode: controls, formats (among them what reorders text), what is ignorable by default (among them what is invisible
/// and tags), blanks and line ends but the plain ones, and what has no meaning that all agree on.
private func isDeceptive(_ scalar: Unicode.Scalar) -> Bool {
  if scalar.value < 0x7F { return scalar.value < 0x20 && scalar != "\n" && scalar != "\t" }
  let properties = scalar.properties
  switch properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .unassigned: return true
  default: return properties.isDefaultIgnorableCodePoint
  }
}
