import JSON
import Testing
import Wire

@testable import ReceiptParsing

/// Several readings of one image.
@Suite struct ReadingsTests {
  private func page(_ text: String, _ more: [String] = []) -> JSON {
    var page: JSONObject = ["text": .string(text)]
    // Readings have lines; words without boxes stay as they are.
    page["readings"] = .array(
      more.map { text in
        let lines = text.split(separator: "\n").map { line -> JSON in ["text": .string(String(line))] }
        return ["lines": .array(lines)]
      }
    )
    return .object(page)
  }

  private func parse(_ text: String, _ more: [String]) throws -> ParsedReceipt {
    ReceiptParser.parse(try ReceiptParser.readings(of: page(text, more)), .dayFirst)
  }

  @Test func `what two of three read is taken`() throws {
    let wrong = "SHOP SDN BHD\nDATE 17/05/2019\nTOTAL 23.95"
    let right = "SHOP SDN BHD\nDATE 11/05/2019\nTOTAL 28.95"
    let receipt = try parse(wrong, [right, right]).json
    #expect(Amount(receipt["total"])?.text == "28.95")
    #expect(receipt["date"] == "2019-05-11")
    #expect(Amount(try parse(right, [wrong]).json["total"])?.text != nil)
  }

  @Test func `what holds together outweighs what is only read twice`() throws {
    let receipt = try parse(
      "TOTAL 23.95",
      ["TOTAL 23.95", "SUBTOTAL 27.31\nSST 6% 1.64\nTOTAL 28.95\nCASH 50.00\nCHANGE 21.05"]
    )
    #expect(Amount(receipt.json["total"])?.text == "28.95")
    #expect(Amount(receipt.json["cash"])?.text == "50.00")
    #expect(receipt.json["checks"]?.arrayValue?.contains { $0["name"] == "cash_change" && $0["holds"] == true } == true)
  }

  @Test func `each thing comes from the reading that has it`() throws {
    let receipt = try parse("~~\nTOTAL 5.00", ["KEDAI SELASIH SDN BHD\n17/05/2019 10:20\nKOPI 2 2.50 5.00\n~~~"]).json
    #expect(receipt["company"] == "KEDAI SELASIH SDN BHD")
    #expect(receipt["date"] == "2019-05-17")
    #expect(receipt["time"] == "10:20")
    #expect(Amount(receipt["total"])?.text == "5.00")
  }

  @Test func `a receipt that speaks with one voice needs no other reading`() {
    #expect(!ReceiptParser.isDoubtful([page(Texts.grocer)]))
    #expect(!ReceiptParser.isDoubtful([page(Texts.hardware)]))
    // No date; no total; figures that contradict each other; nothing.
    #expect(ReceiptParser.isDoubtful([page(Texts.grocer.replacing("17/05/2019", with: ""))]))
    #expect(ReceiptParser.isDoubtful([page("KEDAI SELASIH SDN BHD\nDATE 17/05/2019\nCOME AGAIN")]))
    #expect(ReceiptParser.isDoubtful([page("SHOP SDN BHD\nDATE 17/05/2019\nTOTAL 28.95\nCASH 50.00\nCHANGE 41.05")]))
    #expect(ReceiptParser.isDoubtful([page("")]))
    #expect(ReceiptParser.isDoubtful([]))
  }

  @Test func `readings are bounded`() throws {
    let many = [String](repeating: "TOTAL 1.00", count: 100)
    #expect(try ReceiptParser.readings(of: page("TOTAL 1.00", many)).count == ReceiptParser.readingLimit)
    let long = String(repeating: "A 1.00\n", count: ReceiptParser.lineLimit + 1)
    let error = #expect(throws: WireError.self) { try ReceiptParser.readings(of: page("TOTAL 1.00", [long])) }
    #expect(error?.name == .limitExceeded)
    #expect(throws: WireError.self) { try ReceiptParser.readings(of: page("", ["~\n", " "].filter { $0 == " " })) }
  }
}
