// fuzz: modules=ReceiptParsing seeds=Tests/Fuzz/Seeds/Receipt max_len=4096

import JSON
import ReceiptParsing
import Wire

// The first byte says how the rest is taken: as a text, or as several readings with words in boxes, whose places and
// confidences are the bytes themselves.

private func page(_ bytes: ArraySlice<UInt8>) -> JSON {
  var lines: [JSON] = []
  for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).prefix(400) {
    let words = line.split(separator: UInt8(ascii: " ")).map { word -> JSON in
      let first = Int64(word.first ?? 0)
      return [
        "text": .string(String(decoding: word, as: UTF8.self)), "left": .integer(first * 8),
        "top": .integer(Int64(lines.count) * 9 - first % 5), "width": .integer(Int64(word.count) * 7),
        "height": .integer(first % 20), "confidence": .integer(first - 60),
      ]
    }
    lines.append(["text": .string(String(decoding: line, as: UTF8.self)), "words": .array(words)])
  }
  return ["lines": .array(lines)]
}

private func input(_ bytes: UnsafeBufferPointer<UInt8>) -> JSON {
  guard let kind = bytes.first else { return ["text": ""] }
  let rest = Array(bytes.dropFirst())
  if kind & 1 == 0 { return ["text": .string(String(decoding: rest, as: UTF8.self))] }
  let parts = rest.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
  var first = page(parts[0]).objectValue ?? JSONObject()
  first["readings"] = .array(parts.dropFirst().map { page($0) })
  return .object(first)
}

private func number(_ json: JSON?) -> Double? { json?.doubleValue }

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeBufferPointer(start: start, count: count)
  let readings: [[ReceiptLine]]
  do throws(WireError) {
    readings = try ReceiptParser.readings(of: input(bytes))
  } catch {
    precondition(error.name == .invalidInput || error.name == .limitExceeded, "another error")
    return 0
  }
  let order: ReceiptDate.Order = (bytes.first ?? 0) & 2 == 0 ? .dayFirst : .monthFirst
  let parsed = ReceiptParser.parse(readings, order)
  let receipt = parsed.json
  precondition(ReceiptParser.parse(readings, order).json == receipt, "another receipt from the same text")
  // What is said is of its kind.
  for name in ["company", "date", "total", "overall"] {
    precondition(number(receipt["confidence"]?[name]).map { (0...1).contains($0) } == true, "confidence of \(name)")
  }
  if let total = number(receipt["total"]) { precondition(total > 0, "a total of nothing") }
  if let date = receipt["date"]?.stringValue {
    precondition(date.utf8.count == 10 && date.hasPrefix("19") || date.hasPrefix("20"), "date \(date)")
  }
  for check in receipt["checks"]?.arrayValue ?? [] {
    precondition((check["holds"] == true) == (number(check["left"]) == number(check["right"])), "a check that lies")
  }
  for item in receipt["items"]?.arrayValue ?? [] {
    precondition(item["name"]?.stringValue?.isEmpty == false && number(item["quantity"]) ?? 0 > 0, "an item of nothing")
  }
  // The text itself is grounded in itself: what a model copies from it is not refused for its form.
  var copy = parsed
  let text = Grounding(readings)
  for field in parsed.missing {
    _ = copy.take(field, .string(readings[0].first?.text ?? ""), order, text)
  }
  return 0
}
