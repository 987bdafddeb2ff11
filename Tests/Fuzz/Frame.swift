// fuzz: modules=Wire seeds=protocol/examples max_len=4096

import JSON
import Wire

/// What a stream comes to: lengths and sums of its payloads, then the name of the error that ended it.
private struct Outcome: Equatable {
  var payloads: [[UInt8]] = []
  var error: WireError?
}

private func decode(_ bytes: UnsafeRawBufferPointer, limit: Int, piece: (Int) -> Int) -> Outcome {
  var decoder = FrameDecoder(limit: limit)
  var outcome = Outcome()
  var offset = 0
  var round = 0
  do throws(WireError) {
    while offset < bytes.count {
      let end = min(bytes.count, offset + max(1, piece(round)))
      round += 1
      decoder.append(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
      offset = end
      while let payload = try decoder.next({ (bytes) throws(WireError) in Array(bytes) }) {
        precondition(!payload.isEmpty && payload.count <= limit, "a payload outside the bounds")
        outcome.payloads.append(payload)
      }
      precondition(decoder.pendingBytes < 4 + limit, "a whole frame is held back")
      precondition(decoder.bytesMissing > 0, "nothing is missing, and yet no frame")
    }
    try decoder.finish()
    precondition(decoder.pendingBytes == 0)
  } catch {
    outcome.error = error
    if error.name != .truncatedFrame { precondition(decoder.pendingBytes == 0, "an error holds bytes") }
    for _ in 0..<2 {
      do throws(WireError) {
        _ = try decoder.next { (_) throws(WireError) in () }
        preconditionFailure("a frame after an error")
      } catch {
        precondition(error == outcome.error, "another error")
      }
    }
  }
  return outcome
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  guard let seed = input.first else { return 0 }
  // The first byte picks the limit and the splits, the rest is the stream.
  let stream = UnsafeRawBufferPointer(rebasing: input[1...])
  let limit = seed & 1 == 0 ? 16_777_216 : 1 + Int(seed)
  let whole = decode(stream, limit: limit) { _ in stream.count }
  precondition(decode(stream, limit: limit) { _ in 1 } == whole, "other frames byte by byte")
  var state = UInt32(seed) &+ 1
  let random = decode(stream, limit: limit) { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return Int(state >> 24) & 31
  }
  precondition(random == whole, "other frames in random pieces")
  // Every byte is accounted for: in a payload, in its length, or in what an error is about.
  let framed = whole.payloads.reduce(0) { $0 + 4 + $1.count }
  precondition(framed <= stream.count && (whole.error != nil || framed == stream.count))
  return 0
}
