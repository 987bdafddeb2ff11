// The receipts worker: from the picture of a receipt to categorised expenses.
//
// Theory of operation. `receipt_ocr` hands the image to the host's tesseract in a jail that is built for this one call and
// shows nothing but tesseract, its libraries and its data (`Tesseract`, `OCRRun`): whatever an image does to a decoder, it
// does there. What leaves doubt about the total or the date is read again with other settings. `line_item_parser` and
// `expense_categorizer` are rules on text: no files, no programs, and no model unless the setting `small_model` says so.
// They work without tesseract too, and `receipt_ocr` then says what is missing; or reads by the models worker.
internal import Glibc
internal import Jail
internal import WorkerKit

// No other process of this user may read what passes through.
OwnNamespaces.setDumpable(false)

// Safety: touched here before the worker runs, and by `onInitialize`, which runs on this thread before any tool.
nonisolated(unsafe) let worker = Worker(name: "receipts", version: "0.1.0", concurrency: 16)
worker.onInitialize = {
  let settings = try ReceiptsSettings($0.settings)
  ReceiptsSettings.start(settings)
  if settings.usesModel { offerRules(worker, hasModel: true) }
  if settings.engine == .tesseract, !Tesseract.isInstalled { note(Tesseract.missing.message) }
}
// Idempotent, and not pure: the same image may be read otherwise by another version of tesseract or its data.
worker.tool(
  "receipt_ocr",
  "Reads the text of an image (PNG, JPEG, TIFF, BMP, GIF, WebP, PNM) with its layout, by tesseract in a jail of its own; what leaves doubt it reads again.",
  input: Schemas.image,
  output: Schemas.imageText,
  idempotent: true,
  ReceiptOCR.run
)
offerRules(worker, hasModel: false)
worker.run()

/// To the worker's log.
private func note(_ text: String) {
  let line = "receipts: \(text)\n"
  _ = write(STDERR_FILENO, line, line.utf8.count)
}
