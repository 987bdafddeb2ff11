/// How violations speak of values.
extension SchemaEvaluator {
  /// The value at hand: its JSON Pointer in quotes, or `the value` for the root.
  var subject: String {
    switch location.last {
    case nil: "the value"
    case .name(let name)?: "member name \(quoted(name))"
    default: quoted(locationText)
    }
  }

  /// ` in '/a'`, and nothing at the root.
  var inSubject: String { location.isEmpty ? "" : " in " + subject }

  var locationText: String {
    location.reduce(into: "") { text, step in
      switch step {
      case .member(let name), .name(let name): text += "/" + escaped(name)
      case .index(let index): text += "/\(index)"
      }
    }
  }

  mutating func reportType(_ id: NodeID, _ value: JSON) {
    let words = nodes[id].typeWords.map(withArticle)
    let due =
      words.count > 1 ? words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "") : words.first ?? ""
    // A fraction is best shown; for everything else the type says enough.
    let actual =
      if case .number = value, nodes[id].types.contains(.integer) { shown(value) } else {
        withArticle(described(value))
      }
    report(id, "type", "\(subject) is \(actual) where \(due) is due")
  }

  private func described(_ value: JSON) -> String {
    if case .integer = value { "number" } else { value.typeName }
  }

  func lengthText(_ count: Int, _ unit: String, _ relation: String, _ bound: Int) -> String {
    "\(subject) has \(counted(count, unit)) where \(relation) \(bound) \(bound == 1 ? "is" : "are") due"
  }

  func choiceText(_ choices: [JSON]) -> String {
    let texts = choices.prefix(10).map(shown)
    guard texts.count > 1 else { return texts.first ?? "nothing" }
    return "one of " + texts.joined(separator: ", ") + (choices.count > 10 ? ", … (\(choices.count) in all)" : "")
  }

  /// A member that no keyword accounts for; the path is the member's own.
  @inline(never)
  mutating func reportUnknown(_ name: String, _ id: NodeID, _ keyword: String, _ object: JSONObject) {
    let place = inSubject
    let hint = nearest(to: name, id, object).map { " (did you mean \(quoted($0))?)" } ?? ""
    location.append(.member(name))
    report(id, keyword, "unknown member \(quoted(name))\(place)\(hint)")
    location.removeLast()
  }

  /// A declared name that the object lacks and that is at most two slips away from `name`, one for up to four letters.
  private func nearest(to name: String, _ id: NodeID, _ object: JSONObject) -> String? {
    let allowed = name.utf8.count <= 4 ? 1 : 2
    var best: (name: String, slips: Int)?
    for entry in nodes[id].object?.entries.prefix(200) ?? [] where object[entry.name] == nil {
      guard abs(entry.name.utf8.count - name.utf8.count) <= allowed, name.utf8.count <= 64 else { continue }
      let slips = editDistance(Array(entry.name.utf8), Array(name.utf8))
      if slips <= allowed, slips < best?.slips ?? Int.max { best = (entry.name, slips) }
    }
    return best?.name
  }
}

/// Insertions, deletions, replacements and swaps of neighbours between two short texts (optimal string alignment).
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var before: [Int] = []
  var above = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var cost = min(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
      row.append(cost)
    }
    before = above
    above = row
  }
  return above[b.count]
}

func withArticle(_ type: String) -> String {
  switch type {
  case "null": type
  case "array", "object", "integer": "an " + type
  default: "a " + type
  }
}

func counted(_ count: Int, _ unit: String, plural: String? = nil) -> String {
  "\(count) \(count == 1 ? unit : plural ?? unit + "s")"
}

/// `text` cut to 64 characters.
func shortened(_ text: String) -> String {
  text.unicodeScalars.count > 64 ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(64))) + "…" : text
}

/// A value as messages show it: scalars as JSON text cut to 64 characters, containers by their size.
func shown(_ value: JSON) -> String {
  switch value {
  case .array(let elements): "an array of \(counted(elements.count, "item"))"
  case .object(let object): "an object of \(counted(object.count, "member"))"
  case .number(let number): shortened(number.text)
  case .string(let text):
    JSON.string(String(String.UnicodeScalarView(text.unicodeScalars.prefix(64)))).description.dropLast()
      + (text.unicodeScalars.count > 64 ? "…\"" : "\"")
  case .null, .bool, .integer: value.description
  }
}
