/// `enum`, `const`, and the keywords for strings and numbers.
extension SchemaEvaluator {
  mutating func check(_ value: JSON, _ rules: ValueRules, _ id: NodeID) -> Bool {
    guard charge(rules.weight, id) else { return false }
    if reading != .exact, value.holdsHole { return reading == .possible }
    var fits = true
    if let choices = rules.choices, !isOne(value, of: choices, rules.set) {
      guard isCollecting else { return false }
      fits = false
      report(id, "enum", "\(subject) is \(shown(value)) where \(choiceText(choices)) is due")
    }
    if let constant = rules.constant, constant != value {
      guard isCollecting else { return false }
      fits = false
      report(id, "const", "\(subject) is \(shown(value)) where \(shown(constant)) is due")
    }
    return fits
  }

  private func isOne(_ value: JSON, of choices: [JSON], _ set: Set<JSON>?) -> Bool {
    if let set { return set.contains(value) }
    if case .string(let text) = value {
      for choice in choices {
        if case .string(let other) = choice, sameName(other, text, isASCII: false) { return true }
      }
      return false
    }
    for choice in choices where choice == value { return true }
    return false
  }

  mutating func check(_ text: String, _ rules: StringRules, _ id: NodeID) -> Bool {
    var fits = true
    let bytes = text.utf8.count
    // A code point takes one to four bytes, which often settles the question without counting.
    if bytes < rules.minimum || (bytes > rules.maximum || bytes / 4 < rules.minimum) {
      guard charge(bytes / 256, id) else { return false }
      let count = codePoints(text)
      if count < rules.minimum {
        guard isCollecting else { return false }
        fits = false
        report(id, "minLength", lengthText(count, "character", "at least", rules.minimum))
      }
      if count > rules.maximum {
        guard isCollecting else { return false }
        fits = false
        report(id, "maxLength", lengthText(count, "character", "at most", rules.maximum))
      }
    }
    if let pattern = rules.pattern, !matches(pattern, text, id, "pattern") {
      guard isCollecting else { return false }
      fits = false
      report(id, "pattern", "\(subject) is \(shown(.string(text))) where a match of \(quoted(pattern.source)) is due")
    }
    return fits
  }

  private func codePoints(_ text: String) -> Int {
    let counted = text.utf8.withContiguousStorageIfAvailable { bytes in
      var count = 0
      for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
      return count
    }
    return counted ?? text.unicodeScalars.count
  }

  mutating func check(number value: JSON, _ rules: NumberRules, _ id: NodeID) -> Bool {
    var fits = true
    if let bound = rules.minimum, bound.compare(value) < 0 {
      guard isCollecting else { return false }
      fits = false
      report(id, "minimum", "\(subject) is \(shown(value)) where at least \(shown(bound.json)) is due")
    }
    if let bound = rules.maximum, bound.compare(value) > 0 {
      guard isCollecting else { return false }
      fits = false
      report(id, "maximum", "\(subject) is \(shown(value)) where at most \(shown(bound.json)) is due")
    }
    if let bound = rules.exclusiveMinimum, bound.compare(value) <= 0 {
      guard isCollecting else { return false }
      fits = false
      report(id, "exclusiveMinimum", "\(subject) is \(shown(value)) where more than \(shown(bound.json)) is due")
    }
    if let bound = rules.exclusiveMaximum, bound.compare(value) >= 0 {
      guard isCollecting else { return false }
      fits = false
      report(id, "exclusiveMaximum", "\(subject) is \(shown(value)) where less than \(shown(bound.json)) is due")
    }
    if let divisor = rules.multipleOf, !divisor.divides(value) {
      guard isCollecting else { return false }
      fits = false
      report(id, "multipleOf", "\(subject) is \(shown(value)) where a multiple of \(shown(divisor.json)) is due")
    }
    return fits
  }
}
