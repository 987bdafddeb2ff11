internal import WorkerKit

/// `receipt_ocr`: the text of an image with its layout.
enum ReceiptOCR {
  /// Tesseract's page segmentation by what it is for.
  private static let layouts = ["block": "6", "column": "4", "page": "3", "sparse": "11"]

  static func run(_ call: Call) async throws -> JSON {
    let tesseract = try Tesseract.shared()
    let language = call.input["language"]?.stringValue ?? "eng"
    for name in language.split(separator: "+") where !tesseract.languages.contains(String(name)) {
      throw WireError(
        .invalidInput,
        "language '\(name)' is not one of: \(tesseract.languages.sorted().joined(separator: ", ")); hint: "
          + "apt-get install tesseract-ocr-\(name)"
      )
    }
    let image = try await ImageSource.read(call)
    // One block: a receipt's rows reach from its left edge to its right, and stay whole.
    let layout = layouts[call.input["layout"]?.stringValue ?? "block"] ?? "6"
    let output = try await OCRRun.read(
      image,
      tesseract,
      ["-l", language, "--psm", layout, "-c", "tessedit_create_tsv=1", "-c", "tessedit_page_number=0"],
      call
    )
    let page = try TSVPage(output)
    let least = call.input["min_words"]?.integerValue ?? 3
    if page.wordCount < least {
      throw WireError(
        .invalidInput,
        "\(page.wordCount) words were read from the image of \(page.width) by \(page.height) pixels where at least "
          + "\(least) are due: is it a receipt, upright and large enough?",
        data: ["reason": "low_text"]
      )
    }
    return page.json(engine: tesseract.version)
  }
}
