import JSON
import Testing

@testable import Wire

/// What a decoder makes of a whole stream: the payloads before the first error, and the error if there was one.
struct Decoded: Equatable {
  var payloads: [[UInt8]] = []
  var error: WireError?
}

/// Feeds `pieces` one after the other, takes every payload after each, and ends the input.
func decode(_ pieces: [ArraySlice<UInt8>], limit: Int) -> Decoded {
  var decoder = FrameDecoder(limit: limit)
  var decoded = Decoded()
  do throws(WireError) {
    for piece in pieces {
      piece.withUnsafeBytes { decoder.append($0) }
      while let payload = try decoder.next({ (bytes) throws(WireError) in Array(bytes) }) {
        decoded.payloads.append(payload)
      }
    }
    try decoder.finish()
  } catch {
    decoded.error = error
  }
  return decoded
}

/// The ways a stream can arrive: whole, byte by byte, and in random pieces.
func deliveries(of stream: [UInt8], seed: UInt64) -> [[ArraySlice<UInt8>]] {
  var random = SplitMix(state: seed)
  var ways: [[ArraySlice<UInt8>]] = [[stream[...]], stream.indices.map { stream[$0...$0] }]
  for largest in [2, 7, 64, 5000] {
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    while start < stream.count {
      let end = min(stream.count, start + Int.random(in: 1...largest, using: &random))
      pieces.append(stream[start..<end])
      start = end
    }
    ways.append(pieces)
  }
  return ways
}

/// Decodes `stream` in every delivery, requires the same outcome of each, and returns it.
func decodeEveryWay(
  _ stream: [UInt8],
  limit: Int = 1 << 20,
  sourceLocation: SourceLocation = #_sourceLocation
) -> Decoded {
  let whole = decode([stream[...]], limit: limit)
  for pieces in deliveries(of: stream, seed: UInt64(stream.count)) {
    let decoded = decode(pieces, limit: limit)
    // Where the input ends inside a frame only the byte counts of the message may differ, and they do not.
    #expect(decoded == whole, "in \(pieces.count) pieces", sourceLocation: sourceLocation)
  }
  return whole
}

func frame(_ payload: some Collection<UInt8>) -> [UInt8] { length(payload.count) + payload }

func length(_ count: Int) -> [UInt8] {
  let count = UInt32(count)
  return [UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)]
}

/// A small generator with a seed, so that a failure repeats.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
