import CMalloc
import JSON
import Testing

/// The bound that `JSONLimits` documents, measured by the allocator itself. The texts are large so that what other tests
/// allocate meanwhile does not matter.
@Suite(.serialized) struct MemoryTests {
  private func allocated() -> Int {
    let info = mallinfo2()
    return Int(info.uordblks + info.hblkhd)
  }

  struct Shape: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let element: String
  }

  static let shapes = [
    Shape(testDescription: "one-digit numbers", element: "1"),
    Shape(testDescription: "empty strings", element: "\"\""),
    Shape(testDescription: "strings just too long to be kept inline", element: "\"0123456789abcdef\""),
    Shape(testDescription: "numbers just too long to be kept inline", element: "1.000000000000000"),
    Shape(testDescription: "empty arrays", element: "[]"),
    Shape(testDescription: "arrays of one", element: "[1]"),
    Shape(
      testDescription: "nested arrays of one",
      element: String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    ),
    Shape(testDescription: "objects of one", element: "{\"\":1}"),
    Shape(
      testDescription: "objects of thirteen",
      element: "{" + (0..<13).map { "\"\(String($0, radix: 16))\":1" }.joined(separator: ",") + "}"
    ),
  ]

  @Test(arguments: shapes)
  func `a parsed text takes at most 48 bytes per byte`(shape: Shape) throws {
    let count = 4_000_000 / (shape.element.utf8.count + 1)
    let source = Array(("[" + Array(repeating: shape.element, count: count).joined(separator: ",") + "]").utf8)
    var taken = Int.max
    for _ in 0..<3 where taken > source.count * 48 + 4096 {
      let before = allocated()
      let json = try JSON(parsing: source, limits: JSONLimits(values: .max))
      taken = allocated() - before
      #expect(json.arrayValue?.count == count)
    }
    #expect(taken <= source.count * 48 + 4096, "\(taken / source.count) bytes per byte")
  }

  @Test func `a refused text leaves nothing behind`() throws {
    let source = Array(
      ("[" + Array(repeating: "{\"a\":[\"0123456789abcdef\"]}", count: 100_000).joined(separator: ",")).utf8
    )
    // Other tests take and give memory meanwhile; what is left behind here would be left behind in every round.
    var growth = Int.max
    for _ in 0..<5 {
      let before = allocated()
      for _ in 0..<5 { #expect(parseError(source)?.code == .truncated) }
      growth = min(growth, allocated() - before)
    }
    #expect(growth < source.count)
  }
}
