// fuzz: modules=JSON seeds=$BULKHEAD_SHARED/conformance/json-test-suite/test_parsing,protocol/examples max_len=4096

import JSON

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  // The first byte also picks the limits, so that these are met as well.
  let pick = bytes.first ?? 0
  let limits = JSONLimits(
    depth: pick & 1 == 0 ? 128 : 4,
    values: pick & 2 == 0 ? 1_000_000 : 16,
    allowsDuplicateKeys: pick & 4 != 0
  )
  let json: JSON
  do throws(JSONError) {
    json = try JSON(parsing: bytes, limits: limits)
  } catch {
    precondition((0...count).contains(error.offset), "offset outside the text")
    precondition(!error.detail.isEmpty)
    return 0
  }
  // Not `try?`: what we write must be readable.
  do throws(JSONError) {
    let text = json.serialized()
    let again = try JSON(parsing: text)
    precondition(again == json, "another value after a round trip")
    precondition(again.hashValue == json.hashValue, "equal values with different hashes")
    precondition(again.serialized() == text, "another text after a round trip")
    let canonical = json.canonical()
    let canonicalAgain = try JSON(parsing: canonical)
    precondition(canonicalAgain == json, "the canonical form is another value")
    precondition(canonicalAgain.canonical() == canonical, "the canonical form is no fixed point")
  } catch {
    preconditionFailure("our own text is refused: \(error)")
  }
  return 0
}
