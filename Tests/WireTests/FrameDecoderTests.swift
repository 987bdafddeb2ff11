import JSON
import Testing

@testable import Wire

@Suite struct FrameDecoderTests {
  @Test func `frames come out alike whole, byte by byte, glued and in random pieces`() {
    var random = SplitMix(state: 1)
    for _ in 0..<200 {
      let payloads = (0..<Int.random(in: 0...6, using: &random)).map { _ in
        (0..<Int.random(in: 1...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      }
      #expect(decodeEveryWay(payloads.flatMap { frame($0) }) == Decoded(payloads: payloads))
    }
  }

  @Test func `the bytes of the specification's example are one frame`() throws {
    let text = #"{"jsonrpc":"2.0","id":1,"result":{}}"#
    #expect(text.utf8.count == 36)
    #expect(decodeEveryWay([0, 0, 0, 0x24] + Array(text.utf8)) == Decoded(payloads: [Array(text.utf8)]))
    #expect(try Frame.result(.number(1), Empty()).bytes == [0, 0, 0, 0x24] + Array(text.utf8))
  }

  @Test func `a length of zero is an empty frame, after the frames before it`() {
    let decoded = decodeEveryWay(frame([1, 2]) + length(0) + frame([3]))
    #expect(decoded.payloads == [[1, 2]])
    #expect(decoded.error?.name == .emptyFrame)
    #expect(decoded.error?.message == "frame of 0 bytes")
  }

  @Test func `a frame at the limit is accepted and one byte more is refused from its length alone`() {
    for limit in [1, 5, 1000, 65_536] {
      let exact = [UInt8](repeating: 7, count: limit)
      #expect(decodeEveryWay(frame(exact), limit: limit) == Decoded(payloads: [exact]))
      let over = decodeEveryWay(length(limit + 1), limit: limit)
      #expect(over.error?.name == .frameTooLarge)
      #expect(over.error?.message == "frame of \(limit + 1) bytes exceeds the limit of \(limit)")
      #expect(over.error?.data == ["limit": .integer(Int64(limit)), "value": .integer(Int64(limit) + 1)])
    }
    #expect(decodeEveryWay([255, 255, 255, 255], limit: Limit.frameBytes).error?.data["value"] == 4_294_967_295)
  }

  @Test func `a payload of exactly the protocol's limit passes`() throws {
    var decoder = FrameDecoder()
    let payload = [UInt8](repeating: 32, count: Limit.frameBytes)
    frame(payload).withUnsafeBytes { decoder.append($0) }
    #expect(try decoder.next { (bytes) throws(WireError) in bytes.count } == Limit.frameBytes)
    #expect(decoder.pendingBytes == 0)
    #expect(decoder.reservedBytes <= 1 << 17, "an idle connection keeps no large buffer")
  }

  @Test func `an announced length costs no memory until its bytes come`() throws {
    var decoder = FrameDecoder()
    length(Limit.frameBytes).withUnsafeBytes { decoder.append($0) }
    #expect(try decoder.next { (bytes) throws(WireError) in bytes.count } == nil)
    #expect(decoder.reservedBytes < 1024)
    #expect(decoder.bytesMissing == Limit.frameBytes)
    [UInt8](repeating: 0, count: 10_000).withUnsafeBytes { decoder.append($0) }
    #expect(try decoder.next { (bytes) throws(WireError) in bytes.count } == nil)
    #expect(decoder.reservedBytes < 40_000)
    #expect(decoder.bytesMissing == Limit.frameBytes - 10_000)
  }

  @Test func `input that ends at any byte of a frame is named, between frames it is orderly`() {
    let first = frame(Array("{}".utf8))
    let stream = first + frame(Array(#"{"a":1}"#.utf8))
    for end in 0...stream.count {
      let decoded = decodeEveryWay(Array(stream[..<end]))
      if end == 0 || end == first.count || end == stream.count {
        #expect(decoded.error == nil, "end at \(end)")
      } else {
        #expect(decoded.error?.name == .truncatedFrame, "end at \(end)")
        let within = end > first.count ? end - first.count : end
        #expect(decoded.error?.message.contains("input ends after \(within) of") == true)
      }
    }
  }

  @Test func `after an error the decoder yields the same error and holds nothing`() {
    var decoder = FrameDecoder(limit: 10)
    length(11).withUnsafeBytes { decoder.append($0) }
    var errors: [WireError] = []
    for _ in 0..<3 {
      do throws(WireError) { _ = try decoder.next { (_) throws(WireError) in () } } catch { errors.append(error) }
      frame([1]).withUnsafeBytes { decoder.append($0) }
    }
    do throws(WireError) { try decoder.finish() } catch { errors.append(error) }
    #expect(errors.map(\.name) == Array(repeating: .frameTooLarge, count: 4))
  }

  @Test func `an error of a payload ends the stream too`() {
    var decoder = FrameDecoder()
    (frame([1]) + frame([2])).withUnsafeBytes { decoder.append($0) }
    let error = WireError(.parseError, "bad")
    for _ in 0..<2 {
      #expect(throws: error) {
        _ = try decoder.next { (bytes) throws(WireError) in
          #expect(bytes[0] == 1)
          throw error
        }
      }
    }
  }

  @Test func `memory follows what is pending, not what has passed`() throws {
    var decoder = FrameDecoder()
    let stream = (0..<50).flatMap { _ in frame([UInt8](repeating: 1, count: 1000)) } + length(5000)
    for _ in 0..<200 {
      var decoder2 = decoder
      stream.withUnsafeBytes { decoder2.append($0) }
      while try decoder2.next({ (_) throws(WireError) in true }) != nil {}
      #expect(decoder2.pendingBytes == 4)
      // The announced frame, so that the next round starts between frames.
      [UInt8](repeating: 2, count: 5000).withUnsafeBytes { decoder2.append($0) }
      #expect(try decoder2.next { (bytes) throws(WireError) in bytes.count } == 5000)
      decoder = decoder2
    }
    #expect(decoder.reservedBytes <= 1 << 17)
  }
}
