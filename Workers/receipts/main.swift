// The receipts worker: from the picture of a receipt to categorised expenses.
//
// Theory of operation. `receipt_ocr` hands the image to the host's tesseract in a jail that is built for this one call and
// shows nothing but tesseract, its libraries and its data (`Tesseract`, `OCRRun`): whatever an image does to a decoder, it
// does there. `line_item_parser` and `expense_categorizer` are rules on text: no files, no programs. They work without
// tesseract too, and `receipt_ocr` then says what is missing.
internal import Glibc
internal import Jail
internal import WorkerKit

// No other process of this user may read what passes through.
OwnNamespaces.setDumpable(false)

let worker = Worker(name: "receipts", version: "0.1.0", concurrency: 16)
worker.onInitialize = {
  try CategoryRules.start($0.settings)
  if !Tesseract.isInstalled { note(Tesseract.missing.message) }
}
// Idempotent, and not pure: the same image may be read otherwise by another version of tesseract or its data.
worker.tool(
  "receipt_ocr",
  "Reads the text of an image (PNG, JPEG, TIFF, BMP, GIF, WebP, PNM) with its layout, by tesseract in a jail of its own.",
  input: Schemas.image,
  output: Schemas.imageText,
  idempotent: true,
  ReceiptOCR.run
)
worker.tool(
  "line_item_parser",
  "Finds company, date, items, tax and total in the text of a receipt, by rules and by what the figures say of each other.",
  input: Schemas.parse,
  output: Schemas.receipt,
  idempotent: true,
  pure: true,
  LineItemParser.run
)
worker.tool(
  "expense_categorizer",
  "Puts items down to categories such as food, household or transport, by words, with a total of each.",
  input: Schemas.expenses,
  output: Schemas.categorized,
  idempotent: true,
  pure: true,
  ExpenseCategorizer.run
)
worker.run()

/// To the worker's log.
private func note(_ text: String) {
  let line = "receipts: \(text)\n"
  _ = write(STDERR_FILENO, line, line.utf8.count)
}
