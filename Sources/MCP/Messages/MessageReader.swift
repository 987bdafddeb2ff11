internal import JSON

extension MCPMessage {
  /// What one line, body or event holds: one message, or several where it is a batch.
  ///
  /// Each element of a batch is judged alone.
  package static func read(
    _ bytes: some RandomAccessCollection<UInt8>,
    _ limits: MCPLimits = MCPLimits(),
    allowsBatch: Bool = true
  ) throws(Fault) -> [Result<MCPMessage, Fault>] {
    if bytes.count > limits.messageBytes {
      throw Fault(.invalidRequest, "a message of \(bytes.count) bytes exceeds the limit of \(limits.messageBytes)")
    }
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: Array(bytes), limits: limits.json)
    } catch {
      throw Fault(.parseError, "no JSON: \(error)")
    }
    guard case .array(let batch) = json, allowsBatch else { return [.success(try MCPMessage(json))] }
    guard !batch.isEmpty, batch.count <= limits.batch else {
      throw Fault(.invalidRequest, "a batch of \(batch.count) messages; 1 to \(limits.batch) are taken")
    }
    return batch.map { element in
      do throws(Fault) { return .success(try MCPMessage(element)) } catch { return .failure(error) }
    }
  }
}

/// Cuts a byte stream into lines, each of which holds a message; bounded, takes bytes however they come.
///
/// A line that exceeds the limit is left out whole and counted, so that what follows is read all the same.
package struct LineFraming: Sendable {
  /// What is kept ready for the next line.
  private static let keptBytes = 64 << 10

  private let limit: Int
  private var line: [UInt8] = []
  private var isSkipping = false
  /// Lines that were too long.
  package private(set) var oversized = 0

  package init(_ limits: MCPLimits = MCPLimits()) { limit = limits.messageBytes }

  /// Bytes of an unfinished line that are held.
  package var held: Int { line.count }

  /// Calls `take` with each line that `bytes` ends, without its end; empty lines are left out.
  package mutating func take(_ bytes: UnsafeRawBufferPointer, _ take: ([UInt8]) -> Void) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      append(rest[..<end])
      endLine(take)
      rest = rest[(end + 1)...]
    }
    append(rest)
  }

  package mutating func take(_ bytes: some Sequence<UInt8>, _ take: ([UInt8]) -> Void) {
    Array(bytes).withUnsafeBytes { self.take($0, take) }
  }

  private mutating func append(_ piece: Slice<UnsafeRawBufferPointer>) {
    if isSkipping { return }
    if line.count + piece.count > limit {
      isSkipping = true
      oversized += 1
      line = []
    } else {
      line += piece
    }
  }

  private mutating func endLine(_ take: ([UInt8]) -> Void) {
    defer { line.removeAll(keepingCapacity: line.count <= Self.keptBytes) }
    if isSkipping {
      isSkipping = false
      return
    }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    if line.contains(where: { $0 > 0x20 }) { take(line) }
  }
}
