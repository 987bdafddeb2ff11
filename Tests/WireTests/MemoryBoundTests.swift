import CMalloc
import Foundation
import JSON
import Testing

@testable import Wire

/// A number of kilobytes from /proc/self/status, in bytes.
private func statusBytes(_ name: String) -> Int {
  let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""  // Safety: 0 fails the test.
  let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
  return (line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
}

/// Bytes that decoding one frame takes: what its envelope holds of the allocator, and the most of resident memory on the
/// way.
private func cost(of text: [UInt8]) throws -> (held: Int, peak: Int) {
  var decoder = FrameDecoder()
  let frame = frame(text)
  frame.withUnsafeBytes { decoder.append($0) }
  // What earlier rounds freed would be used again unseen.
  malloc_trim(0)
  // Forgets the highest so far.
  try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
  let before = statusBytes("VmRSS")
  let allocated = allocatedBytes()
  let envelope = try decoder.next { (bytes) throws(WireError) in try Envelope(payload: bytes) }
  let result = (held: allocatedBytes() - allocated, peak: statusBytes("VmHWM") - before)
  withExtendedLifetime(envelope) {}
  return result
}

private func allocatedBytes() -> Int {
  let info = mallinfo2()
  return Int(info.uordblks + info.hblkhd)
}

/// What unfolds most: many containers, many members or many short values in little text.
private func worst(_ shape: String, values: Int, bytes: Int) -> [UInt8] {
  let (element, count): (String, Int) =
    switch shape {
    case "numbers": ("0", 1)
    case "decimals": ("1e9", 1)
    case "empty lists": ("[]", 1)
    case "lists of one": ("[0]", 2)
    case "nested lists": (String(repeating: "[", count: 120) + String(repeating: "]", count: 120), 120)
    case "nested lists of two":
      (String(repeating: "[0,", count: 120) + "0" + String(repeating: "]", count: 120), 241)
    case "nested objects": (String(repeating: #"{"":"#, count: 120) + "0" + String(repeating: "}", count: 120), 121)
    case "objects of one": (#"{"":0}"#, 2)
    case "texts of 16 bytes": (#""0123456789abcdef""#, 1)
    case "escaped texts": (#""\u0041\n\u00e90123456789""#, 1)
    case "objects of 13":
      ("{" + (0..<13).map { #""\#(String($0, radix: 16))":0"# }.joined(separator: ",") + "}", 14)
    default: ("null", 1)
    }
  if shape == "one object of long keys" {
    let members = (0..<min(values - 10, (bytes - 60) / 21)).map { "\"\(1_000_000_000_000_000 + $0)\":0" }
    return Array((#"{"jsonrpc":"2.0","method":"m","params":{"a":{"# + members.joined(separator: ",") + "}}}").utf8)
  }
  let fits = min((values - 10) / count, (bytes - 60) / (element.utf8.count + 1))
  if shape == "one object" {
    let members = (0..<min(values - 10, bytes / 10)).map { #""\#(String($0, radix: 36))":0"# }
    return Array((#"{"jsonrpc":"2.0","method":"m","params":{"a":{"# + members.joined(separator: ",") + "}}}").utf8)
  }
  let list = Array(repeating: element, count: fits).joined(separator: ",")
  return Array((#"{"jsonrpc":"2.0","method":"m","params":{"a":["# + list + "]}}").utf8)
}

/// In a process of its own, since other tests take memory at the same time.
@Suite struct MemoryBoundTests {
  @Test(.disabled(if: isSanitized, "a sanitizer keeps freed memory"))
  func `a parsed payload takes no more memory than the specification says`() async {
    await #expect(processExitsWith: .success) {
      let shapes = [
        "numbers", "decimals", "empty lists", "lists of one", "nested lists", "nested lists of two", "nested objects",
        "objects of one", "texts of 16 bytes", "objects of 13", "one object",
        "one object of long keys", "escaped texts",
      ]
      // Large blocks go back to the system at once, so that what is measured is in use and not merely kept.
      mallopt(M_MMAP_THRESHOLD, 1 << 17)
      var failures: [String] = []
      for shape in shapes {
        for bytes in [200_000, 1 << 20, 4 << 20, Limit.frameBytes] {
          let text = worst(shape, values: Limit.values, bytes: bytes)
          let (held, peak) = try cost(of: text)
          // Pages and what the allocator keeps do not scale with the text.
          let whilst = min(MemoryBound.whilst * text.count, MemoryBound.whole) + (1 << 20)
          let after = MemoryBound.after * text.count + (1 << 16)
          let report =
            "\(shape), \(text.count) bytes: held \(held) (\(held / text.count) per byte), peak \(peak) (\(peak / text.count) per byte)"
          if peak > whilst || held > after { failures.append(report) }
        }
      }
      try #require(failures.isEmpty, "\(failures)")
    }
  }
}

/// The numbers at the end of the specification's limits, in bytes; the first two for each byte of text.
private enum MemoryBound {
  static let whilst = 48
  static let after = 32
  static let whole = 192 << 20
}
