/// Who sold, and where: the head of a receipt.
struct Merchant: Sendable {
  var company: String?
  var address: String?
  /// 0 … 1.
  var confidence = 0.0

  /// The name stands at the top, often ends in the form of a company or says a trade, is followed by a registration
  /// number or an address, and is none of those itself.
  static func find(in lines: [ReceiptLine]) -> Merchant {
    let head = head(of: lines)
    var best: (at: Int, score: Double)?
    var place = 0
    for (i, line) in head.enumerated() {
      guard let score = score(line, next: i + 1 < head.count ? head[i + 1] : nil, place: place) else { continue }
      place += 1
      if score > best?.score ?? 0 { best = (i, score) }
    }
    guard let best else { return Merchant() }
    var merchant = Merchant()
    var first = best.at
    var last = best.at
    // A line that begins with the form of a company, or closes a bracket, goes on from the line before; one that ends in
    // "&" or leaves a bracket open goes on in the next.
    while first > 0, best.at - first < 2, continues(head[first]), score(head[first - 1], next: nil, place: 0) != nil {
      first -= 1
    }
    while first > 0, best.at - first < 2, isOpen(head[first - 1]) { first -= 1 }
    while last + 1 < head.count, last - best.at < 2, isOpen(head[last]) || isSuffixOnly(head[last + 1]) { last += 1 }
    merchant.company = cleaned(head[first...last].map(\.text).joined(separator: " "))
    merchant.confidence = min(0.99, max(0.05, best.score / 8)) * (0.5 + 0.5 * head[best.at].confidence)
    merchant.address = address(in: head, after: last)
    return merchant
  }

  // MARK: The head

  /// Lines before the document says what it is, or begins to list.
  private static func head(of lines: [ReceiptLine]) -> [ReceiptLine] {
    var head: [ReceiptLine] = []
    for line in lines.prefix(24) {
      if head.count >= 3 {
        let opens = ["TAXINVOICE", "CASHBILL", "CASHSALE", "INVOICENO", "BILLNO", "RECEIPTNO", "CASHIER", "DOCUMENTNO"]
        if Keywords.containsAny(line.letters, opens) { break }
        if line.letters.count <= 9, Keywords.containsAny(line.letters, ["INVOICE", "RECEIPT"]) { break }
        if line.amounts.count >= 2 { break }
      }
      head.append(line)
    }
    return head
  }

  // MARK: The name

  private static let forms = [
    "SDNBHD", "SONBHD", "BERHAD", "ENTERPRISE", "TRADING", "LIMITED", "COMPANY", "HOLDINGS", "CORPORATION",
  ]
  private static let shortForms: Set<String> = ["BHD", "PLT", "LTD", "INC", "LLC", "GMBH", "CO", "CORP", "PTE", "PLC"]
  private static let trades = [
    "RESTAURANT", "RESTORAN", "HARDWARE", "STATIONERY", "PERNIAGAAN", "PHARMACY", "FARMASI", "BAKERY", "SUPERMARKET",
    "MARKET", "BISTRO", "KOPITIAM", "MACHINERY", "ELECTRICAL", "GALLERY", "KEDAI", "BOOKS", "BOOKSTORE", "CENTRE",
    "CENTER", "SERVICES", "STORES", "PETROL", "STATION", "FASHION", "HOTEL", "CLINIC", "KLINIK", "SUPPLIES",
    "INDUSTRIES", "MOTORS", "JEWELLERS", "OPTICAL", "FURNITURE", "ELECTRONICS", "COFFEE", "SEAFOOD", "DELIGHTS",
  ]
  private static let shortTrades: Set<String> = [
    "MART", "SHOP", "CAFE", "FOOD", "FOODS", "STORE", "GIFT", "DECO", "MOTOR", "PETRO", "BAR", "GRILL", "SALON", "HOME",
  ]
  private static let addressWords: Set<String> = [
    "JALAN", "JLN", "LOT", "TAMAN", "TMN", "LEVEL", "BANDAR", "KAWASAN", "LORONG", "PERSIARAN", "STREET", "ROAD",
    "FLOOR", "AVENUE", "BATU", "KM", "PLAZA", "BANGUNAN", "SEKSYEN", "SECTION", "NO", "UNIT", "BLOCK", "BLOK", "ST",
    "AVE", "KAMPUNG", "KG", "MALAYSIA", "SELANGOR", "JOHOR", "DARUL",
  ]
  static let otherWords = [
    "INVOICE", "RECEIPT", "DATE", "WWW", "HTTP", "FORMERLY", "LICENSEE", "CASHIER", "TABLE", "WELCOME", "COPY",
    "DUPLICATE", "REGNO", "COREG", "GSTID", "GSTNO", "GSTREG", "ROCNO", "HOTLINE", "CUSTOMER", "OPERATEDBY",
    "MANAGEDBY",
  ]

  /// nil for what cannot be a name.
  private static func score(_ line: ReceiptLine, next: ReceiptLine?, place: Int) -> Double? {
    // Without a registration number, which a name may have behind it.
    let words = line.tokens.map { line.ascii[$0] }.filter { $0.count(where: \.isDigit) < 5 }
    let letters = words.reduce(0) { $0 + $1.count(where: \.isLetter) }
    let printed = words.reduce(0) { $0 + $1.count }
    guard letters >= 4, Double(letters) >= 0.6 * Double(printed), line.ascii.count <= 80 else { return nil }
    // What costs something is no shop.
    guard line.amounts.isEmpty else { return nil }
    let names = self.words(of: line)
    guard names.contains(where: { $0.utf8.count >= 3 }) else { return nil }
    if Keywords.containsAny(line.letters, otherWords) || line.ascii.contains(UInt8(ascii: "@")) { return nil }
    if names.contains(where: { $0 == "TEL" || $0 == "FAX" || $0 == "GST" || $0 == "PHONE" || $0 == "TELEPHONE" }) {
      return nil
    }
    var score = 2.5 - 0.3 * Double(place)
    if forms.contains(where: { Keywords.contains(line.letters, $0) }) || !shortForms.isDisjoint(with: names)
      || line.text.uppercased().contains("S/B")
    {
      score += 3
    }
    if trades.contains(where: { Keywords.contains(line.letters, $0) }) || !shortTrades.isDisjoint(with: names) {
      score += 1.5
    }
    if isRegistration(line) || next.map(isRegistration) == true { score += 1.5 }
    let capitals = line.ascii.count { $0.isUpper }
    // Names are set in capitals or begin with one.
    if Double(capitals) >= 0.8 * Double(letters) { score += 0.7 }
    if capitals == 0 { score -= 2 }
    // What stands in brackets explains the name.
    if line.ascii.first == UInt8(ascii: "(") { score -= 2.5 }
    if let next, isAddress(next) { score += 0.7 }
    if isAddress(line) { score -= 4 }
    score += (line.confidence - 0.6) * 3
    return score
  }

  static func words(of line: ReceiptLine) -> [String] {
    line.ascii.split { !$0.isLetter }.map { String(decoding: $0, as: UTF8.self).uppercased() }
  }

  static func isAddress(_ line: ReceiptLine) -> Bool {
    let words = words(of: line)
    let count = words.count { addressWords.contains($0) }
    let hasPostcode = line.numbers.contains { $0.decimals == 0 && $0.range.count == 5 }
    return count >= 2 || hasPostcode || count == 1 && line.ascii.contains { $0.isDigit || $0 == UInt8(ascii: ",") }
  }

  /// A number such as (123456-X), or the words for it.
  static func isRegistration(_ line: ReceiptLine) -> Bool {
    if Keywords.containsAny(line.letters, ["REGNO", "COREG", "ROCNO", "COMPANYNO", "CONO"]) { return true }
    var digits = 0
    for (i, byte) in line.ascii.enumerated() {
      if byte.isDigit {
        digits += 1
      } else {
        if digits >= 5, digits <= 9, byte == UInt8(ascii: "-"), i + 1 < line.ascii.count, line.ascii[i + 1].isLetter {
          return true
        }
        digits = 0
      }
    }
    return false
  }

  private static func continues(_ line: ReceiptLine) -> Bool {
    guard let first = words(of: line).first else { return false }
    return ["SDN", "SON", "BHD", "ENTERPRISE", "TRADING", "LIMITED", "BERHAD"].contains(first) || brackets(line) < 0
  }

  private static func isOpen(_ line: ReceiptLine) -> Bool { line.ascii.last == UInt8(ascii: "&") || brackets(line) > 0 }

  private static func brackets(_ line: ReceiptLine) -> Int {
    line.ascii.count { $0 == UInt8(ascii: "(") } - line.ascii.count { $0 == UInt8(ascii: ")") }
  }

  private static func isSuffixOnly(_ line: ReceiptLine) -> Bool {
    let words = words(of: line)
    guard !words.isEmpty, words.count <= 2, !isAddress(line) else { return false }
    return words.allSatisfy { word in
      shortForms.contains(word) || word == "SDN" || word == "SON"
        || (forms + trades).contains { $0.utf8.count >= 6 && Keywords.contains(Array(word.utf8), $0) }
    }
  }

  /// Without a registration number and marks at the ends, and with the form of a company as it is written.
  private static func cleaned(_ text: String) -> String? {
    var words = text.split(separator: " ").map(String.init)
    for i in words.indices.dropLast() where ["SON", "SDN", "SUN", "SDH"].contains(letters(words[i])) {
      if ["BHD", "BHO", "BND", "8HD"].contains(letters(words[i + 1])) {
        let dot = words[i].hasSuffix(".") || words[i].hasSuffix(",") ? "." : ""
        words[i] = "SDN" + dot
        words[i + 1] = "BHD" + (words[i + 1].hasSuffix(".") ? "." : "")
      }
    }
    while let last = words.last, isNumberWord(last) { words.removeLast() }
    while let first = words.first, !first.contains(where: { $0.isLetter || $0.isNumber }) { words.removeFirst() }
    while let last = words.last, !last.contains(where: { $0.isLetter || $0.isNumber }) { words.removeLast() }
    return words.isEmpty ? nil : words.joined(separator: " ")
  }

  private static func letters(_ word: String) -> String {
    String(word.uppercased().filter { $0.isLetter || $0.isNumber })
  }

  private static func isNumberWord(_ word: String) -> Bool {
    word.utf8.count(where: \.isDigit) >= 5
  }
}
