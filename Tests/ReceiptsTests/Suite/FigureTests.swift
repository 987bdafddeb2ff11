import JSON
import Testing

@testable import receipts_worker

/// Numbers, dates and times as they are printed and as OCR gives them.
@Suite struct FigureTests {
  private func line(_ text: String) -> ReceiptLine { ReceiptLine(index: 0, text: text) }

  @Test(arguments: [
    ("9.00", ["9.00"]), ("RM9.00", ["9.00"]), ("RM 1,234.50", ["1234.50"]), ("33,90", ["33.90"]), ("73. 00", ["73.00"]),
    ("15.O0", ["15.00"]), ("-RM 0.02", ["-0.02"]), ("0.02-", ["-0.02"]), ("2 6.45 12.90", ["6.45", "12.90"]),
    ("5.205", ["5.20"]), ("TOTAL:9.00", ["9.00"]), ("ADJ.....0.01", ["0.01"]), ("6.00% GST 4.87", ["4.87"]),
    ("35.10 LITRE", []), ("25.12.2018", []), ("17/05/2019", []), ("18:42:07", []), ("03-2726-5600", []),
    ("CS1801/26874", []), ("000123456789", []), ("1.5L", []), ("SX-575-1", []), ("999999999999999.00", []),
    ("12345678901234567890", []), ("", []), (".", []), ("-", []), ("1,23,4.5.6,", []),
  ]) func `amounts are found, and nothing else is one`(_ text: String, _ amounts: [String]) {
    #expect(line(text).amounts.map(\.value.text) == amounts)
  }

  @Test(arguments: [
    ("17/05/2019", "2019-05-17"), ("17-05-19", "2019-05-17"), ("2019-05-17", "2019-05-17"),
    ("17.05.2019", "2019-05-17"),
    ("17 May 2019", "2019-05-17"), ("17-MAY-19", "2019-05-17"), ("May 17, 2019", "2019-05-17"),
    ("Date:17/05/2019 18:42", "2019-05-17"), ("12/28/2017", "2017-12-28"), ("29/02/2020", "2020-02-29"),
    ("1O/O5/2019", "2019-05-10"), ("17 OGOS 2019", "2019-08-17"), ("REG #19- 17/05/2019", "2019-05-17"),
  ]) func `dates are found in the ways they are written`(_ text: String, _ iso: String) {
    #expect(ReceiptDate.find(in: [line(text)], .dayFirst)?.iso == iso)
  }

  @Test(arguments: [
    "29/02/2019", "32/01/2019", "00/05/2019", "17/05/19999", "03-2726-5600", "NO.2-1-1", "1.2.3", "45/2019",
    "17 05 2019",
    "GST ACT 2014", "31/04/2018", "", "//", "99-99-99",
  ]) func `what is no day of the calendar is no date`(_ text: String) {
    #expect(ReceiptDate.find(in: [line(text)], .dayFirst) == nil)
  }

  @Test func `the order of day and month is the caller's where both are possible`() {
    #expect(ReceiptDate.find(in: [line("03/04/2018")], .dayFirst)?.iso == "2018-04-03")
    #expect(ReceiptDate.find(in: [line("03/04/2018")], .monthFirst)?.iso == "2018-03-04")
  }

  @Test func `of several dates the one of the sale is taken`() {
    let lines = ["Member since 01/01/2010", "Date: 17/05/2019 18:42", "Exchange until 31/05/2019", "17/05/2019"]
    let numbered = lines.enumerated().map { ReceiptLine(index: $0.offset, text: $0.element) }
    #expect(ReceiptDate.find(in: numbered, .dayFirst)?.iso == "2019-05-17")
  }

  @Test(
    arguments: [
      ("18:42:07", "18:42:07"), ("8:13:39 PM", "20:13:39"), ("12:05 AM", "00:05"), ("12:05pm", "12:05"),
      ("Time :08:30", "08:30"), ("25:00", nil), ("12:60", nil), ("1:2", nil), ("05 /0531", nil),
    ] as [(String, String?)]
  ) func `times of day are found`(_ text: String, _ iso: String?) {
    #expect(TimeOfDay.find(in: line(text), after: 0)?.iso == iso)
  }

  @Test func `amounts are exact`() throws {
    func amount(_ text: String) throws -> Amount { try #require(Amount(text)) }
    #expect(try amount("0.1") + amount("0.2") == amount("0.30"))
    #expect((try amount("35.1") * amount("2.45"))?.text == "86.00")
    #expect((try amount("-3") * amount("0.335"))?.text == "-1.01")
    #expect(Amount("2.045")?.text == "2.045")
    for text in ["", "-", ".5", "5.", "1.23456", "1e3", "1000000000.01", "abc", "1.2.3"] {
      #expect(Amount(text) == nil)
    }
    #expect((try amount("1000000000") * amount("2")) == nil)
    #expect(Amount(try JSON(parsing: Array("1.5e1".utf8)))?.text == "15.00")
    #expect(Amount(.integer(.max)) == nil)
  }

  @Test(arguments: [
    ("TOTAL", true), ("TOTA1 RM", true), ("T0TAL", true), ("TATAL", true), ("TOT", false), ("TORE", false), ("", false),
  ]) func `keywords are found with one letter wrong`(_ text: String, _ isFound: Bool) {
    #expect(Keywords.contains(line(text).letters, "TOTAL") == isFound)
  }

  @Test func `roles are told apart where words overlap`() {
    let roles: [(String, LineRole?)] = [
      ("TOTAL 9.00", .total(weight: 1.8)), ("SUB TOTAL 9.00", .subtotal), ("TOTAL GST 0.54", .tax),
      ("TOTAL QTY: 3", .count), ("TOTAL SALES (EXCLUDING GST) 9.00", .subtotal), ("TAX INVOICE", .other),
      ("TOTAL SALES (INCLUSIVE OF GST) 9.00", .total(weight: 2.5)), ("ROUNDING ADJ 0.01", .rounding),
      ("ROUNDED TOTAL 9.00", .total(weight: 2.5)), ("CHANGE 1.00", .change), ("EXCHANGE WITHIN 7 DAYS", .other),
      ("CASHIER: ANN", .other), ("CASH 10.00", .payment(isCard: false)), ("VISA 9.00", .payment(isCard: true)),
      ("GST SUMMARY", .taxSummary), ("DISCOUNT 1.00", .discount), ("PLASTIC CUP 2.00", nil),
    ]
    for (text, role) in roles { #expect(LineRole.of(line(text)) == role, "\(text)") }
  }
}
