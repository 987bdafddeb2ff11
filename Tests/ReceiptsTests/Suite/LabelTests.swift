import Testing

@testable import ReceiptParsing

/// What a line's figure is, by the ways in which receipts word it.
@Suite struct LabelTests {
  private static let total = [
    "TOTAL", "TOTAL (RM)", "TOTAL AMOUNT", "TOTAL SALES (INCLUSIVE OF GST)", "TOTAL INCL. GST@6%", "TOTAL INCL OF GST",
    "ROUNDED TOTAL (RM)", "TOTAL ROUNDED", "TOTAL AFTER ADJ INCL GST", "NETT TOTAL", "NET AMT", "GRAND TOTAL",
    "AMOUNT DUE", "TOTAL PAYABLE", "TOTAL AMT PAYABLE", "TOTAL WITH GST @6%", "TOTAL GST INCL", "TTL", "NETT",
    "BALANCE DUE", "TO PAY", "JUMLAH BESAR", "JUMLAH KESELURUHAN", "AMOUNT (RM)", "TOTAL PRICE", "SALES TOTAL",
    "TAKEOUT TOTAL (INCL GST)", "T0TAL", "TOTAI", "IOTAL", "GR AND TOTAL", "TotalAmtRounded",
  ]
  private static let others: [(String, LineRole?)] = [
    ("SUB TOTAL", .subtotal), ("SUBTOTAI", .subtotal), ("SUB TTL", .subtotal), ("TOTAL EXCL GST", .subtotal),
    ("TOTAL BEFORE GST", .subtotal), ("TOTAL SALES (EXCLUDING GST)", .subtotal), ("TOTAL TAXABLE AMOUNT", .subtotal),
    ("AMT EXCL GST", .subtotal), ("SUBTOTAL INCL GST", .subtotal),
    ("TOTAL GST", .tax), ("GST PAYABLE", .tax), ("SERVICE TAX 6%", .tax), ("GST INCLUDED IN TOTAL", .tax),
    ("6% GST (INCL)", .tax), ("INCLUSIVE GST 6%", .tax), ("JUMLAH CUKAI", .tax), ("TAX AMOUNT", .tax),
    ("CASH TENDERED", .payment(isCard: false)), ("AMOUNT TENDERED", .payment(isCard: false)),
    ("CASH RECEIVED", .payment(isCard: false)), ("TUNAI", .payment(isCard: false)), ("CA5H", .payment(isCard: false)),
    ("TOTAL PAID", .payment(isCard: false)), ("MASTER CARD", .payment(isCard: true)),
    ("CHANGE DUE", .change), ("BAKI", .change), ("CHG", .change), ("CHANCE", .change),
    ("TOTAL DISCOUNT", .discount), ("LESS DISCOUNT", .discount), ("TOTAL DISC", .discount),
    ("TOTAL QTY", .count), ("TOTAL ITEMS", .count), ("NO OF ITEMS", .count), ("TOTAL UNIT", .count),
    ("ROUNDING ADJUSTMENT", .rounding), ("ROUND OFF", .rounding), ("PEMBUNDARAN", .rounding), ("ROUMDING", .rounding),
    ("SERVICE CHARGE 10%", .serviceCharge), ("SERV CHG", .serviceCharge), ("10% SERVICE", .serviceCharge),
    ("TAX INVOICE", .other), ("CASH BILL", .other), ("CASHIER: ALI", .other), ("YOU SAVED", .other),
    ("TOTAL SAVINGS", .other), ("MEMBER POINTS", .other), ("EXCHANGE WITHIN 7 DAYS", .other), ("TABLE", nil),
    ("PLASTIC CUP", nil), ("GST SUMMARY", .taxSummary),
  ]

  private func role(_ text: String, _ figure: String = "9.00") -> LineRole? {
    LineRole.of(ReceiptLine(index: 0, text: "\(text) \(figure)"))
  }

  @Test(arguments: total) func `what is to be paid has many names`(_ text: String) {
    guard case .total? = role(text) else {
      Issue.record("\(text) is \(String(describing: role(text)))")
      return
    }
  }

  @Test(arguments: others) func `and many things that are not to be paid are called nearly so`(
    _ text: String,
    _ due: LineRole?
  ) {
    #expect(role(text) == due)
  }

  @Test func `a surer word weighs more`() {
    func weight(_ text: String) -> Double {
      guard case .total(let weight)? = role(text) else { return 0 }
      return weight
    }
    #expect(weight("GRAND TOTAL") > weight("TOTAL AMOUNT"))
    #expect(weight("TOTAL AMOUNT") > weight("TOTAL"))
    #expect(weight("TOTAL") > weight("AMOUNT"))
    // It may be the tax that is included, or the whole.
    #expect(weight("TOTAL INCLUDES 6% GST") < weight("AMOUNT"))
  }

  @Test func `a fraction of a coin is a rounding, whatever it is called`() {
    #expect(role("TOTAL ROUNDING", "-0.02") == .rounding)
    #expect(role("TOTAL AFTER ROUNDING", "12.35") == .total(weight: 2.5))
  }

  @Test(arguments: [
    ("TOTAL", true), ("TOTA1 RM", true), ("T0TAL", true), ("TATAL", true), ("TOT", false), ("TORE", false), ("", false),
  ]) func `keywords are found with one letter wrong`(_ text: String, _ isFound: Bool) {
    #expect(Keywords.contains(ReceiptLine(index: 0, text: text).letters, "TOTAL") == isFound)
  }
}
