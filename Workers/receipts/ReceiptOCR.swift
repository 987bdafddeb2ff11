internal import ReceiptParsing
internal import WorkerKit

/// `receipt_ocr`: the text of an image with its layout.
enum ReceiptOCR {
  static func run(_ call: Call) async throws -> JSON {
    switch ReceiptsSettings.shared.engine {
    case .tesseract: try await byTesseract(call)
    case .azure: try await AzureOCR.run(call)
    }
  }

  // MARK: Tesseract

  /// Tesseract's page segmentation by what it is for.
  private static let layouts = ["block": "6", "column": "4", "page": "3", "sparse": "11"]

  /// What is tried, one after the other. One block first: a receipt's rows reach from its left edge to its right, and stay
  /// whole. Then what errs otherwise: another way to tell ink from paper, and words wherever they are.
  private static func settings(_ layout: String) -> [(name: String, arguments: [String])] {
    let first = layouts[layout] ?? "6"
    let other = layout == "sparse" ? "block" : "sparse"
    return [
      (layout, ["--psm", first]),
      ("\(layout), adaptive", ["--psm", first, "-c", "thresholding_method=2"]),
      (other, ["--psm", layouts[other] ?? "11"]),
    ]
  }

  private static func byTesseract(_ call: Call) async throws -> JSON {
    let tesseract = try Tesseract.shared()
    let language = call.input["language"]?.stringValue ?? "eng"
    for name in language.split(separator: "+") where !tesseract.languages.contains(String(name)) {
      throw WireError(
        .invalidInput,
        "language '\(name)' is not one of: \(tesseract.languages.sorted().joined(separator: ", ")); hint: "
          + "apt-get install tesseract-ocr-\(name)"
      )
    }
    var run = OCRRun(try await ImageSource.read(call), tesseract, call)
    var pages: [(settings: String, page: TextPage)] = []
    let most = Int(call.input["readings"]?.integerValue ?? 3)
    let output = ["-c", "tessedit_create_tsv=1", "-c", "tessedit_page_number=0"]
    for setting in settings(call.input["layout"]?.stringValue ?? "block").prefix(most) {
      if !pages.isEmpty, run.leftMS < 2 * run.lastMS || !isWorthAnother(pages.map(\.page)) { break }
      do {
        pages.append((setting.name, try await run.read(["-l", language] + setting.arguments + output)))
      } catch {
        // What was read is not lost because another reading fails; only a cancelled call has no use for it.
        guard !pages.isEmpty, !call.isCancelled else { throw error }
        break
      }
    }
    try check(pages.map(\.page), call)
    return pages[0].page.json(engine: tesseract.version, readings: Array(pages.dropFirst()))
  }

  private static func isWorthAnother(_ pages: [TextPage]) -> Bool {
    ReceiptParser.isDoubtful(pages.map { $0.json(engine: "") })
  }

  /// Throws for an image in which there is next to nothing to read.
  static func check(_ pages: [TextPage], _ call: Call) throws(WireError) {
    let count = pages.map(\.wordCount).max() ?? 0
    let least = call.input["min_words"]?.integerValue ?? 3
    guard let page = pages.first, count < least else { return }
    throw WireError(
      .invalidInput,
      "\(count) words were read from the image of \(page.width) by \(page.height) pixels where at least "
        + "\(least) are due: is it a receipt, upright and large enough?",
      data: ["reason": "low_text"]
    )
  }
}
