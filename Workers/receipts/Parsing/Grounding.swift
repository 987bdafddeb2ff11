internal import JSON

/// What somebody who saw the text says about a receipt, checked against the text: an amount, a date or a name that does
/// not stand there is none.
package struct Grounding: Sendable {
  private let lines: [ReceiptLine]

  package init(_ readings: [[ReceiptLine]]) { lines = Array(readings.joined()) }

  /// A number, or a text with one number in it; also one without decimals, which rules take for no money.
  func total(_ value: JSON?) -> Amount? {
    let said: Amount
    if let text = value?.stringValue {
      let numbers = ReceiptLine(index: 0, text: String(text.prefix(100))).numbers
      guard numbers.count == 1, let number = numbers.first?.value else { return nil }
      said = number
    } else {
      guard let amount = Amount(value) else { return nil }
      said = amount
    }
    let isPrinted = lines.contains { line in
      line.numbers.contains { $0.value == said && !$0.isPercent } || WornAmount.find(in: line)?.value == said
    }
    return said > .zero && isPrinted ? said : nil
  }

  /// A date whose day and year stand in one line as numbers, and its month as a number or in words.
  func date(_ value: JSON?, _ order: ReceiptDate.Order) -> ReceiptDate? {
    let said = ReceiptLine(index: 0, text: String((value?.stringValue ?? "").prefix(100)))
    guard var date = ReceiptDate.find(in: [[said]], order) else { return nil }
    for line in lines {
      let numbers = line.ascii.split { !$0.isDigit }.compactMap { Int(String(decoding: $0.prefix(8), as: UTF8.self)) }
      guard numbers.contains(date.day), numbers.contains(date.year) || numbers.contains(date.year % 100),
        numbers.contains(date.month) || line.letters.count >= 3
      else { continue }
      date.line = line.index
      date.confidence = line.confidence
      return date
    }
    return nil
  }

  /// A name whose letters stand in one of the first lines, or in two of them together.
  func company(_ value: JSON?) -> String? {
    let name = String((value?.stringValue ?? "").prefix(200)).filter { $0 != "\n" && $0 != "\t" }
    let letters = ReceiptLine(index: 0, text: name).letters
    guard letters.count >= 3 else { return nil }
    let head = lines.prefix(16)
    let stands = head.indices.contains { i in
      let next = head.indices.contains(i + 1) ? head[i + 1].letters : []
      return Keywords.contains(head[i].letters + next, String(decoding: letters, as: UTF8.self))
    }
    return stands ? name : nil
  }
}
