import Foundation
import JSON
import ReceiptsTruth
import Testing

@testable import receipts_worker

/// Real receipts with their ground truth, read and parsed as a user would have it.
@Suite(.serialized) struct AccuracyTests {
  static let folder =
    (ProcessInfo.processInfo.environment["BULKHEAD_SHARED"] ?? "") + "/data/receipts"

  static var isThere: Bool { FileManager.default.fileExists(atPath: folder + "/key") }

  /// Floors some way below what was measured with tesseract 5.3 (README), since versions of it differ.
  @Test(.enabled(if: isThere, "no data/receipts: set BULKHEAD_SHARED to the folder that holds it"))
  func `of 22 real receipts at least nine in ten totals and dates are right`() throws {
    let receipts = try GroundTruth.load(Self.folder)
    #expect(receipts.count == 22)
    let bench = try ReceiptsBench(readable: [Self.folder])
    let read = try bench.all(
      "receipt_ocr",
      receipts.map { ["image": .string($0.image)] },
      reading: [Self.folder]
    )
    // Some are clear at once, and some are not.
    #expect((3...19).contains(read.count { $0.output["readings"] == nil }))
    let parsed = try bench.all("line_item_parser", read.map { ["ocr": $0.output] })
    var score = GroundTruth.Score()
    for (truth, answer) in zip(receipts, parsed) { score.add(truth, answer.output) }
    #expect(score.totals >= 21, "\(score)")
    #expect(score.dates >= 20, "\(score)")
    #expect(score.companies >= 10, "\(score)")
    #expect(score.nearCompanies >= 15, "\(score)")
    #expect(score.sums >= 12, "\(score)")
    try bench.end()
  }
}
