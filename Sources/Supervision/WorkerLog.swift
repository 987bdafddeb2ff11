internal import Posix
package import Wire

/// The last lines that the instances of one kind wrote to standard error.
package final class WorkerLog {
  private var lines: [LogLine] = []
  private var start = 0
  private let capacity: Int
  /// Told of every new line.
  package var onLine: ((LogLine) -> Void)?

  package init(capacity: Int = 1000) { self.capacity = capacity }

  func append(_ line: LogLine) {
    if lines.count < capacity {
      lines.append(line)
    } else {
      lines[start] = line
      start = (start + 1) % capacity
    }
    onLine?(line)
  }

  /// The newest `count` lines, oldest first.
  package func last(_ count: Int) -> [LogLine] {
    let ordered = lines[start...] + lines[..<start]
    return Array(ordered.suffix(count))
  }
}

/// Splits standard error into lines; a line without an end is cut at `lineBytes`.
struct LineSplitter {
  static let lineBytes = 8192
  private var partial: [UInt8] = []

  mutating func append(_ bytes: UnsafeRawBufferPointer, _ emit: (String) -> Void) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        flush(emit)
      } else {
        partial.append(byte)
        if partial.count == Self.lineBytes { flush(emit) }
      }
    }
  }

  /// What is left without a line end.
  mutating func finish(_ emit: (String) -> Void) { if !partial.isEmpty { flush(emit) } }

  private mutating func flush(_ emit: (String) -> Void) {
    emit(String(decoding: partial, as: UTF8.self))
    partial.removeAll(keepingCapacity: partial.capacity <= 1024)
  }
}
