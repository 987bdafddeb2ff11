import JSON
import Testing

@testable import ReceiptParsing

@Suite struct ParserTests {
  private func parse(_ text: String) -> JSON { ReceiptParser.parse(text: text).json }

  private func amount(_ json: JSON?) -> String? { Amount(json)?.text }

  private func holds(_ receipt: JSON) -> [String: Bool] {
    Dictionary(
      uniqueKeysWithValues: (receipt["checks"]?.arrayValue ?? []).map {
        ($0["name"]?.stringValue ?? "", $0["holds"]?.boolValue ?? false)
      }
    )
  }

  @Test func `a receipt with rows, tax and rounding is read whole`() throws {
    let receipt = parse(Texts.grocer)
    #expect(receipt["company"] == "KEDAI RUNCIT SELASIH")
    #expect(receipt["address"] == "NO. 8, JALAN MELUR 3, TAMAN BAIDURI, 75300 MELAKA")
    #expect(receipt["date"] == "2019-05-17")
    #expect(receipt["time"] == "18:42:07")
    #expect(receipt["currency"] == "MYR")
    let expected = [
      "subtotal": "27.33", "tax": "1.64", "rounding": "-0.02", "total": "28.95", "cash": "50.00", "change": "21.05",
    ]
    for (name, value) in expected { #expect(amount(receipt[name]) == value, "\(name)") }
    #expect(
      receipt["items"] == [
        ["name": "ORANGE JUICE 1L", "quantity": 2, "unit_price": 6.45, "price": 12.90],
        ["name": "CHICKEN RICE", "quantity": 1, "unit_price": 8.50, "price": 8.50],
        ["name": "DISHWASHING LIQUID", "quantity": 1, "unit_price": 5.93, "price": 5.93],
      ]
    )
    let checks = holds(receipt)
    #expect(checks.count == 4)
    #expect(checks.values.allSatisfy { $0 })
    // Money keeps its decimals on the wire.
    #expect(String(decoding: receipt.serialized(), as: UTF8.self).contains(#""price":12.90"#))
  }

  @Test func `names on lines of their own belong to the row below, and a card pays the total`() {
    let receipt = parse(Texts.hardware)
    #expect(receipt["company"] == "BENGKEL MAJU JAYA SDN. BHD.")
    #expect(receipt["date"] == "2018-11-04")
    #expect(receipt["time"] == "09:15")
    #expect(amount(receipt["total"]) == "31.20")
    #expect(amount(receipt["tax"]) == "1.77")
    #expect(receipt["items"]?[0]?["name"] == "CLAW HAMMER 16OZ")
    #expect(receipt["items"]?[1]?["name"] == "MASKING TAPE 1 INCH")
    #expect(receipt["items"]?[1]?["quantity"] == 3)
    #expect(holds(receipt)["items_sum"] == true)
  }

  @Test func `names may stand below their rows, discounts within them, and a tax table is no total`() {
    let receipt = parse(Texts.stationer)
    #expect(receipt["company"] == "CAHAYA BOOKS & STATIONERY")
    #expect(receipt["date"] == "2018-03-03")
    #expect(amount(receipt["total"]) == "22.25")
    #expect(amount(receipt["subtotal"]) == "21.00")
    #expect(amount(receipt["tax"]) == "1.26")
    #expect(receipt["items"]?[0]?["name"] == "A4 PAPER 80GSM")
    #expect(receipt["items"]?[0]?["unit_price"] == 20)
    #expect(receipt["items"]?[0]?["price"] == 18)
    #expect(receipt["items"]?[1]?["name"] == "GLUE STICK")
    #expect(receipt["items"]?[1]?["quantity"] == 2)
  }

  @Test func `a date that is none with the day first is read with the month first`() {
    let receipt = parse(Texts.diner)
    #expect(receipt["company"] == "Blue Heron Diner LLC")
    #expect(receipt["date"] == "2021-07-28")
    #expect(receipt["time"] == "12:05")
    #expect(amount(receipt["total"]) == "19.47")
    #expect(amount(receipt["service_charge"]) == "1.65")
    #expect(amount(receipt["tax"]) == "1.32")
    #expect(receipt["items"]?[0]?["quantity"] == 2)
    #expect(holds(receipt)["cash_change"] == true)
  }

  /// The printed total is misread; what the other figures say of it is not.
  @Test(arguments: [
    ("TOTAL RM                         28.95", "TOTAL RM                         23.95"),
    ("TOTAL RM                         28.95", "TOTAL RM                         8.95"),
    ("TOTAL RM                         28.95", "TQTAI RM                         ??.??"),
    ("CASH                             50.00", "CASH                             60.00"),
    ("SUBTOTAL                         27.33", "SUBTOTAL                         77.33"),
    ("ROUNDING                         -0.02", "ROUNDING                          0.02"),
    ("TOTAL RM                         28.95", "TOTAL RM                         28. 95"),
    ("TOTAL RM                         28.95", "Tota1 RM                         28,95"),
    ("CHANGE                           21.05", "EXCHANGE ONLY WITH RECEIPT"),
    ("SST 6%                            1.64", "SST 6%                            7.64"),
  ]) func `one misread figure does not change the total`(_ printed: String, _ read: String) {
    let text = Texts.grocer.replacing(printed, with: read)
    #expect(text != Texts.grocer)
    #expect(amount(parse(text)["total"]) == "28.95")
  }

  @Test func `what is not there is null, and no guess`() {
    let receipt = parse("SEE YOU SOON\nHAVE A NICE DAY\n")
    for name in ["date", "time", "total", "subtotal", "tax", "cash", "change", "currency", "rounding"] {
      #expect(receipt[name] == .null, "\(name)")
    }
    #expect(receipt["items"] == [])
    #expect(receipt["checks"] == [])
    #expect(receipt["confidence"]?["total"] == 0)
  }

  @Test func `labels and amounts that were read apart come together by their places`() throws {
    func line(_ text: String, _ left: Int64, _ top: Int64) -> JSON {
      let box: JSONObject = [
        "text": .string(text), "left": .integer(left), "top": .integer(top),
        "width": .integer(Int64(text.utf8.count) * 10), "height": 20, "confidence": 95,
      ]
      return ["text": .string(text), "words": [.object(box)]]
    }
    // First the column of words, then the one of figures.
    let lines: [JSON] = [
      line("SUBTOTAL", 10, 100), line("TAX", 10, 130), line("TOTAL", 10, 160), line("10.00", 300, 102),
      line("0.60", 300, 131), line("10.60", 300, 158),
    ]
    let rows = RowLayout.rows(lines)
    #expect(rows.count == 3)
    #expect(rows[2]["words"]?.arrayValue?.compactMap { $0["text"]?.stringValue } == ["TOTAL", "10.60"])
    // Without a box for each there is no telling.
    #expect(RowLayout.rows(lines + [["text": "THANK YOU"]]).count == 7)
  }

  /// The parser sees whatever an image makes an OCR say.
  @Test func `no text makes it trap`() {
    var random = SystemRandomNumberGenerator.Seeded(seed: 7)
    let pieces = Array("0123456789.,:/-%()RMXx \n\u{e9}\u{1F9FE}\u{2013}TOTALCASHGSTDATE@&".map { $0 })
    let texts = [Texts.grocer, Texts.hardware, Texts.stationer, Texts.diner]
    for round in 0..<400 {
      var text = Array(texts[round % texts.count])
      for _ in 0..<(1 + Int(random.next() % 24)) {
        let at = Int(random.next() % UInt64(text.count))
        switch random.next() % 3 {
        case 0: text[at] = pieces[Int(random.next() % UInt64(pieces.count))]
        case 1: text.insert(pieces[Int(random.next() % UInt64(pieces.count))], at: at)
        default: text.removeSubrange(at..<min(text.count, at + 3))
        }
      }
      let receipt = parse(String(text))
      if let date = receipt["date"]?.stringValue { #expect(date.utf8.count == 10) }
      #expect(receipt["items"]?.arrayValue != nil)
    }
  }
}

extension SystemRandomNumberGenerator {
  /// The same numbers in each run (SplitMix64).
  struct Seeded {
    var seed: UInt64

    mutating func next() -> UInt64 {
      seed &+= 0x9e37_79b9_7f4a_7c15
      var value = seed
      value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
      value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
      return value ^ (value >> 31)
    }
  }
}
