// Where the shop is: the lines below its name.
extension Merchant {
  static func address(in head: [ReceiptLine], after last: Int) -> String? {
    var parts: [String] = []
    for line in head.dropFirst(last + 1) {
      if Keywords.containsAny(line.letters, otherWords)
        || words(of: line).contains(where: { ["TEL", "TELEPHONE", "FAX", "GST"].contains($0) })
        || isRegistration(line)
      {
        if parts.isEmpty { continue }
        break
      }
      if isAddress(line) {
        parts.append(line.text)
      } else if !parts.isEmpty {
        // A town stands alone at the end.
        guard line.letters.count >= 4, line.confidence > 0.6, line.amounts.isEmpty, words(of: line).count <= 3 else {
          break
        }
        parts.append(line.text)
        break
      }
    }
    let text = parts.joined(separator: " ")
    return text.isEmpty ? nil : text
  }
}
