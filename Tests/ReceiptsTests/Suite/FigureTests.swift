import JSON
import Testing

@testable import ReceiptParsing

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
    ("27MAR 2018 18:40", "2018-03-27"), ("29JUN18", "2018-06-29"), ("27MAR2018", "2018-03-27"),
    ("24/03/2018(Sat)", "2018-03-24"), ("DATE: 20180304", "2018-03-04"), ("DATE 04032018", "2018-03-04"),
    ("Wed, 06 Sep 2017 15:04", "2017-09-06"), ("2017/06/24", "2017-06-24"), ("05:18PM 16-03-18", "2018-03-16"),
    ("TRANSACTION DATE 12/01/2018", "2018-01-12"),
    // Worn: a separator lost, taken for another mark, or a digit that makes no sense.
    ("Date: 1202/2018", "2018-02-12"), ("12/022018", "2018-02-12"), ("DATE 15701/2018", "2018-01-15"),
    ("18-11 18 13:58", "2018-11-18"), ("26/01/201 8 1:22", "2018-01-26"), ("19/10/2048", "2018-10-19"),
    ("I5/01/2018", "2018-01-15"),
  ]) func `dates are found in the ways they are written`(_ text: String, _ iso: String) {
    #expect(ReceiptDate.find(in: [[line(text)]], .dayFirst)?.iso == iso)
  }

  @Test(arguments: [
    "29/02/2019", "32/01/2019", "00/05/2019", "17/05/19999", "03-2726-5600", "NO.2-1-1", "1.2.3", "45/2019",
    "17 05 2019",
    "GST ACT 2014", "31/04/2018", "", "//", "99-99-99", "DATE 15719/2018", "04032018", "HC03-7-1", "DATE 99999999",
  ]) func `what is no day of the calendar is no date`(_ text: String) {
    #expect(ReceiptDate.find(in: [[line(text)]], .dayFirst) == nil)
  }

  @Test func `the order of day and month is the caller's where both are possible`() {
    #expect(ReceiptDate.find(in: [[line("03/04/2018")]], .dayFirst)?.iso == "2018-04-03")
    #expect(ReceiptDate.find(in: [[line("03/04/2018")]], .monthFirst)?.iso == "2018-03-04")
  }

  @Test func `of several dates the one of the sale is taken`() {
    let lines = ["Member since 01/01/2010", "Date: 17/05/2019 18:42", "Exchange until 31/05/2019", "17/05/2019"]
    let numbered = lines.enumerated().map { ReceiptLine(index: $0.offset, text: $0.element) }
    #expect(ReceiptDate.find(in: [numbered], .dayFirst)?.iso == "2019-05-17")
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

  @Test(
    arguments: [
      ("TOTAL 15.u0", "15.00"), ("TOTAL l0.5O", "10.50"), ("CASH 101 00", "101.00"), ("TOTAL RM 64. so", "64.50"),
      ("TOTAL 8091", "80.91"), ("DISCOUNT 000", "0.00"), ("TOTAL 30.9", "30.90"), ("TOTAL RM30,9)", "30.91"),
      ("TOTAL", nil), ("TOTAL so so", nil), ("TOTAL OO.OO", nil), ("TABLE 5 TOTAL QTY", nil), ("TOTAL 12345678", nil),
    ] as [(String, String?)]
  ) func `worn amounts are read where there must be one`(_ text: String, _ amount: String?) {
    #expect(WornAmount.find(in: line(text))?.value.text == amount)
  }
}
