import Foundation
import JSON
import Testing
import Wire

@testable import ReceiptParsing
@testable import receipts_worker

/// `receipt_ocr` with the setting `ocr: azure`.
@Suite(.serialized) struct AzureTests {
  private static func line(_ text: String, _ left: Int64, _ top: Int64, tilt: Int64 = 0) -> JSON {
    let right = left + Int64(text.count) * 10
    let box = [left, top, right, top + tilt, right, top + 20 + tilt, left, top + 20]
    return ["text": .string(text), "box": .array(box.map { .integer($0) }), "confidence": 0.97]
  }

  private static let page: JSON = [
    "text": "as it is", "width": 400, "height": 300, "provider": "azure-vision",
    "lines": [
      line("KEDAI RUNCIT SELASIH", 10, 10), line("17/05/2019 18:42", 10, 40), line("SUBTOTAL", 10, 100),
      line("TAX", 10, 130), line("TOTAL", 10, 160, tilt: 3), line("10.00", 300, 102), line("0.60", 300, 131),
      line("10.60", 300, 158),
    ],
  ]

  @Test func `its lines and boxes come as tesseract's do, and the parser reads them`() throws {
    let bench = try ReceiptsBench(settings: ["ocr": "azure"], neighbour: ["image_text": Self.page])
    let digest = try bench.artifact(Array("an image".utf8))
    let read = try bench.call("receipt_ocr", ["artifact": .string(digest)])
    #expect(read.error == nil)
    #expect(read.output["engine"] == "azure-vision")
    #expect(read.output["width"] == 400)
    #expect(read.output["confidence"] == 97.0)
    let first = read.output["lines"]?[0]
    #expect(first?["words"]?.arrayValue?.map { $0["text"] } == ["KEDAI", "RUNCIT", "SELASIH"])
    #expect(first?["words"]?[1]?["left"] == 70)
    #expect(first?["words"]?[1]?["width"] == 60)
    #expect(first?["height"] == 20)
    let receipt = try bench.call("line_item_parser", ["ocr": read.output]).output
    #expect(receipt["company"] == "KEDAI RUNCIT SELASIH")
    #expect(receipt["date"] == "2019-05-17")
    #expect(Amount(receipt["total"])?.text == "10.60")
    #expect(Amount(receipt["subtotal"])?.text == "10.00")
    try bench.end()
  }

  @Test func `a file goes as an artifact, since the models worker sees none`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "receipts-\(UUID())").path
    // Safety: leftovers in the temporary folder harm nobody.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: "\(images)/receipt.png", toPath: "\(folder)/a.png")
    let bench = try ReceiptsBench(readable: [folder], settings: ["ocr": "azure"], neighbour: ["image_text": Self.page])
    let read = try bench.call("receipt_ocr", ["image": .string("\(folder)/a.png")], reading: [folder])
    #expect(read.error == nil)
    #expect(read.output["lines"]?.arrayValue?.count == 8)
    #expect(try bench.call("receipt_ocr", ["image": .string("\(folder)/a.png")]).error?.name == .refused)
    try bench.end()
  }

  @Test func `what is missing is named`() throws {
    let alone = try ReceiptsBench(settings: ["ocr": "azure"])
    let digest = JSON.string(try alone.artifact([1]))
    let missing = try alone.call("receipt_ocr", ["artifact": digest]).error
    #expect(missing?.name == .unavailable)
    #expect(missing?.message.contains("AZURE_VISION_ENDPOINT") == true)
    try alone.end()

    let told: JSON = ["error": [4010, "nothing is configured", ["name": "tool_failed", "reason": "no_provider"]]]
    let bench = try ReceiptsBench(settings: ["ocr": "azure"], neighbour: ["image_text": told])
    let other = JSON.string(try bench.artifact([1]))
    let unset = try bench.call("receipt_ocr", ["artifact": other]).error
    #expect(unset?.name == .toolFailed)
    #expect(unset?.message.contains("AZURE_VISION_KEY") == true && unset?.data["reason"] == "no_provider")
    try bench.end()

    let empty = try ReceiptsBench(
      settings: ["ocr": "azure"],
      neighbour: ["image_text": ["text": "", "lines": [], "width": 9, "height": 9, "provider": "azure-vision"]]
    )
    let blank = JSON.string(try empty.artifact([1]))
    #expect(try empty.call("receipt_ocr", ["artifact": blank]).error?.data["reason"] == "low_text")
    try empty.end()
  }

  @Test(
    arguments: [
      [:], ["lines": 5], ["lines": [["text": "A", "box": [1, 2]]]],
      ["lines": [["text": "A", "box": ["a", 1, 1, 1, 1, 1, 1, 1]]]],
      ["lines": [["text": "A", "box": [1e300, 1, 1, 1, 1, 1, 1, 1]]]], ["lines": [["box": [1, 1, 1, 1, 1, 1, 1, 1]]]],
    ] as [JSON]
  ) func `lines that are none are left out`(_ output: JSON) throws {
    #expect(try TextPage(imageText: output).wordCount == 0)
  }

  @Test func `words are bounded`() {
    let long = JSON.string(String(repeating: "a ", count: TextPage.wordLimit + 1))
    #expect(throws: WireError.self) {
      try TextPage(imageText: ["lines": [["text": long, "box": [0, 0, 9, 0, 9, 9, 0, 9]]]])
    }
  }
}
