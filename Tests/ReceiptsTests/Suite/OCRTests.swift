import Foundation
import JSON
import Testing
import Wire

@testable import receipts_worker

/// `receipt_ocr` with the real tesseract behind the real coordinator.
@Suite(.serialized) struct OCRTests {
  private func bytes(_ name: String) throws -> [UInt8] {
    Array(try #require(FileManager.default.contents(atPath: "\(images)/\(name)")))
  }

  @Test func `an image becomes text with boxes, items with prices, and expenses with categories`() throws {
    let bench = try ReceiptsBench()
    let digest = try bench.artifact(try bytes("receipt.png"))
    let read = try bench.call("receipt_ocr", ["artifact": .string(digest)])
    #expect(read.error == nil)
    #expect(read.output["engine"]?.stringValue?.hasPrefix("tesseract ") == true)
    #expect(read.output["width"] == 560)
    #expect(read.output["height"] == 700)
    #expect(read.output["confidence"]?.doubleValue ?? 0 > 80)
    #expect(read.output["text"]?.stringValue?.contains("KEDAI RUNCIT SELASIH") == true)
    let total = try #require(
      read.output["lines"]?.arrayValue?.first { $0["text"]?.stringValue?.hasPrefix("TOTAL") == true }
    )
    #expect(total["words"]?.arrayValue?.last?["text"] == "28.95")
    #expect(total["words"]?[0]?["left"]?.integerValue.map { (15...40).contains($0) } == true)
    #expect(total["top"]?.integerValue.map { (480...560).contains($0) } == true)
    #expect(read.receipt?.cpuMS ?? 0 > 0)
    #expect(read.receipt?.memoryBytes ?? 0 > 1 << 20)

    let parsed = try bench.call("line_item_parser", ["ocr": read.output])
    #expect(parsed.error == nil)
    #expect(parsed.output["company"] == "KEDAI RUNCIT SELASIH")
    #expect(parsed.output["date"] == "2019-05-17")
    #expect(parsed.output["total"] == 28.95)
    #expect(parsed.output["items"]?.arrayValue?.count == 3)
    #expect(parsed.output["checks"]?.arrayValue?.allSatisfy { $0["holds"] == true } == true)
    // What the OCR gave is an input as it is, too.
    #expect(try bench.call("line_item_parser", read.output).output == parsed.output)

    let items = try #require(parsed.output["items"])
    let sorted = try bench.call("expense_categorizer", ["items": items, "company": "KEDAI RUNCIT SELASIH"])
    #expect(sorted.output["totals"] == ["food": 8.50, "beverage": 12.90, "household": 5.93])
    #expect(sorted.output["total"] == 27.33)
    try bench.end()
  }

  @Test func `a file is read where both the operator and the call allow it, and links lead nowhere else`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "receipts-\(UUID())").path
    // Safety: leftovers in the temporary folder harm nobody.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in ["granted", "other"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: "\(images)/receipt.png", toPath: "\(folder)/\(name)/a b.png")
    }
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder)/granted/link.png",
      withDestinationPath: "../other/a b.png"
    )
    try FileManager.default.createSymbolicLink(atPath: "\(folder)/granted/same.png", withDestinationPath: "a b.png")
    try FileManager.default.createDirectory(atPath: "\(folder)/granted/deep", withIntermediateDirectories: true)
    let bench = try ReceiptsBench(readable: [folder])
    let granted = "\(folder)/granted"
    func read(_ input: JSON, _ reading: [String]?) throws -> ReceiptsBench.Answer {
      try bench.call("receipt_ocr", input, reading: reading)
    }
    #expect(try read(["image": .string("\(granted)/a b.png")], [granted]).error == nil)
    #expect(try read(["image_uri": .string("file://\(granted)/a%20b.png")], [granted]).error == nil)
    #expect(try read(["image": .string("\(granted)/a b.png")], ["\(granted)/a b.png"]).error == nil)
    #expect(try read(["image": .string("\(granted)/same.png")], [granted]).error == nil)
    // The worker sees all of these; the call may not.
    #expect(try read(["image": .string("\(granted)/a b.png")], nil).error?.name == .refused)
    #expect(try read(["image": .string("\(folder)/other/a b.png")], [granted]).error?.name == .refused)
    #expect(try read(["image": .string("\(granted)/link.png")], [granted]).error?.name == .refused)
    #expect(try read(["image": .string("\(granted)/link.png")], [folder]).error == nil)
    #expect(try read(["image": .string("\(granted)/../other/a b.png")], [granted]).error?.name == .invalidInput)
    #expect(try read(["image": .string("\(granted)/none.png")], [granted]).error?.name == .notFound)
    #expect(try read(["image": .string("\(granted)/deep")], [granted]).error?.name == .invalidInput)
    #expect(try read(["image": .string("\(granted)ness/x.png")], [granted]).error?.name == .refused)
    try bench.end()
  }

  @Test func `what is no image of a receipt is an error that says why`() throws {
    let bench = try ReceiptsBench()
    func error(_ bytes: [UInt8], limits: ResourceLimits? = nil) throws -> WireError? {
      let digest = try bench.artifact(bytes)
      return try bench.call("receipt_ocr", ["artifact": .string(digest)], limits: limits).error
    }
    let receipt = try bytes("receipt.png")
    let blank = try error(try bytes("blank.png"))
    #expect(blank?.name == .invalidInput)
    #expect(blank?.data["reason"] == "low_text")
    #expect(blank?.message.contains("300 by 300") == true)
    #expect(try error([])?.message == "the image is empty")
    #expect(try error(Array("%PDF-1.4 and so on".utf8))?.message.contains("PDF") == true)
    // Tesseract takes what is no image for a list of files to read.
    #expect(try error(Array("/etc/passwd\n".utf8))?.name == .invalidInput)
    let torn = try error(Array(receipt.prefix(3000)))
    #expect(torn?.name == .invalidInput)
    #expect(torn?.message.hasPrefix("tesseract cannot read the image: ") == true)
    let large = try error(receipt + [UInt8](repeating: 0, count: 33 << 20))
    #expect(large?.name == .limitExceeded)
    var limits = ResourceLimits()
    limits.wallMS = 5
    #expect(try error(receipt, limits: limits)?.name == .deadlineExceeded)
    limits = ResourceLimits()
    limits.memoryBytes = 4 << 20
    #expect(try error(receipt, limits: limits)?.name == .limitExceeded)
    // Still there after all of it.
    #expect(try error(receipt) == nil)
    try bench.end()
  }

  @Test func `only an image that leaves doubt is read again, as often as the caller lets it`() throws {
    let bench = try ReceiptsBench()
    // Its date is read as it is printed, but not surely; the second reading agrees, and that will do.
    let clear = JSON.string(try bench.artifact(try bytes("receipt.png")))
    let twice = try bench.call("receipt_ocr", ["artifact": clear])
    #expect(twice.output["readings"]?.arrayValue?.map { $0["settings"] } == ["block, adaptive"])
    // Hardly anything on it can be read.
    let faint = JSON.string(try bench.artifact(try bytes("blank.png")))
    let blank = try bench.call("receipt_ocr", ["artifact": faint, "min_words": 0])
    #expect(blank.error == nil)
    #expect(blank.output["readings"]?.arrayValue?.map { $0["settings"] } == ["block, adaptive", "sparse"])
    let single = try bench.call("receipt_ocr", ["artifact": faint, "min_words": 0, "readings": 1])
    #expect(single.output["readings"] == nil)
    #expect(single.receipt?.wallMS ?? 0 < blank.receipt?.wallMS ?? 0)
    #expect(try bench.call("receipt_ocr", ["artifact": faint, "readings": 4]).error?.name == .invalidInput)
    // What was read goes into the parser as it is.
    #expect(try bench.call("line_item_parser", ["ocr": twice.output]).output["total"] == 28.95)
    try bench.end()
  }

  @Test func `the input names one image that can be reached, in a language that is there`() throws {
    let bench = try ReceiptsBench()
    let digest = JSON.string(String(repeating: "0", count: 64))
    func error(_ input: JSON) throws -> WireError? { try bench.call("receipt_ocr", input).error }
    #expect(try error([:])?.name == .invalidInput)
    #expect(try error(["artifact": digest, "image": "/a"])?.name == .invalidInput)
    #expect(try error(["artifact": digest])?.name == .notFound)
    #expect(try error(["image": ["artifact": digest]])?.name == .notFound)
    #expect(try error(["image": "relative.png"])?.name == .invalidInput)
    let remote = try error(["image_uri": "https://example.org/receipt.jpg"])
    #expect(remote?.name == .invalidInput)
    #expect(remote?.message.contains("hint: fetch the image first") == true)
    let language = try error(["artifact": digest, "language": "xyz"])
    #expect(language?.message.contains("'xyz' is not one of") == true)
    #expect(try error(["artifact": digest, "language": "../eng"])?.name == .invalidInput)
    #expect(try bench.call("line_item_parser", ["text": " \n "]).error?.name == .invalidInput)
    #expect(try bench.call("line_item_parser", [:]).error?.name == .invalidInput)
    #expect(try bench.call("expense_categorizer", ["items": [["price": 1]]]).error?.name == .invalidInput)
    try bench.end()
  }

  @Test func `a wrong setting keeps the worker from starting`() throws {
    for settings in [
      ["categories": ["pets": "dog"]], ["categories": ["pets"]], ["ocr": "cloud"], ["small_model": "yes"],
      ["escalate": ""], ["tessaract": 1],
    ] as [JSONObject] {
      #expect(throws: ReceiptsBench.NotStarted.self, "\(settings)") { try ReceiptsBench(settings: settings) }
    }
    let bench = try ReceiptsBench(settings: ["categories": ["pets": ["leash"]]])
    let answer = try bench.call("expense_categorizer", ["items": [["name": "LEASH", "price": 3]]])
    #expect(answer.output["totals"] == ["pets": 3])
    try bench.end()
  }
}
