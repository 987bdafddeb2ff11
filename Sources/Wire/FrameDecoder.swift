internal import JSON

/// Splits a stream of bytes into payloads. Pure: it is fed bytes in pieces of any size and does no I/O.
///
/// Frame = 4-byte big-endian length, then that many bytes. The length is checked before memory is reserved for the
/// payload; after an error the decoder yields nothing more.
package struct FrameDecoder {
  private let limit: Int
  private var buffer: [UInt8] = []
  /// Bytes of `buffer` before this offset have been handed out.
  private var consumed = 0
  private var failure: WireError?

  package init(limit: Int = Limit.frameBytes) { self.limit = limit }

  /// Memory reserved for bytes, used or not.
  var reservedBytes: Int { buffer.capacity }

  /// Bytes held that are not yet part of a handed-out payload.
  package var pendingBytes: Int { buffer.count - consumed }

  /// How many bytes complete the frame at hand, as far as known; a good size for the next read.
  package var bytesMissing: Int {
    guard pendingBytes >= 4 else { return 4 - pendingBytes }
    return max(0, 4 + Int(lengthAtFront) - pendingBytes)
  }

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if consumed > 0 {
      if consumed == buffer.count {
        buffer.removeAll(keepingCapacity: true)
        consumed = 0
      } else if consumed >= 1 << 16 || consumed > buffer.count / 2 {
        buffer.removeSubrange(..<consumed)
        consumed = 0
      }
    }
    buffer.append(contentsOf: bytes)
  }

  /// Hands the next whole payload to `body`, without copying it; nil when more bytes are needed. An error of `body` is
  /// the stream's too.
  package mutating func next<R>(_ body: (UnsafeRawBufferPointer) throws(WireError) -> R) throws(WireError) -> R? {
    if let failure { throw failure }
    guard pendingBytes >= 4 else { return nil }
    let length = Int(lengthAtFront)
    if length == 0 { throw fail(WireError(.emptyFrame, "frame of 0 bytes")) }
    if length > limit {
      throw fail(
        WireError(
          .frameTooLarge,
          "frame of \(length) bytes exceeds the limit of \(limit)",
          data: ["limit": .integer(Int64(limit)), "value": .integer(Int64(length))]
        )
      )
    }
    guard pendingBytes >= 4 + length else {
      // Grows to the frame only as far as the peer has really sent, so an announced length alone costs nothing.
      return nil
    }
    let start = consumed + 4
    consumed = start + length
    let result = buffer.withUnsafeBytes { bytes -> Result<R, WireError> in
      do throws(WireError) {
        return .success(try body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])))
      } catch {
        return .failure(error)
      }
    }
    // A large frame's memory does not stay with a connection that has gone quiet.
    if consumed == buffer.count, buffer.capacity > 1 << 17 {
      buffer = []
      consumed = 0
    }
    do throws(WireError) { return try result.get() } catch { throw fail(error) }
  }

  /// Call at the end of input: an unfinished frame is an error, an end between frames is not.
  package mutating func finish() throws(WireError) {
    if let failure { throw failure }
    if pendingBytes == 0 { return }
    let expected = pendingBytes >= 4 ? "\(4 + Int(lengthAtFront))" : "at least 5"
    throw fail(WireError(.truncatedFrame, "input ends after \(pendingBytes) of \(expected) bytes of a frame"))
  }

  private var lengthAtFront: UInt32 {
    UInt32(buffer[consumed]) << 24 | UInt32(buffer[consumed + 1]) << 16 | UInt32(buffer[consumed + 2]) << 8
      | UInt32(buffer[consumed + 3])
  }

  private mutating func fail(_ error: WireError) -> WireError {
    failure = error
    buffer = []
    consumed = 0
    return error
  }
}
