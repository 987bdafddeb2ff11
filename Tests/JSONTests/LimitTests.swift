import JSON
import Testing

@Suite struct LimitTests {
  private func nested(_ depth: Int, _ open: String = "[", _ close: String = "]") -> String {
    String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
  }

  @Test(arguments: [1, 2, 64, 128, 256])
  func `nesting is accepted at the limit and refused beyond it`(depth: Int) {
    let limits = JSONLimits(depth: depth)
    #expect(parseError(nested(depth), limits: limits) == nil)
    #expect(parseError(nested(depth, "{\"\":", "}"), limits: limits) == nil)
    let error = parseError(nested(depth + 1), limits: limits)
    #expect(error?.code == .depthExceeded)
    #expect(error?.offset == depth)
    #expect(error?.detail == "nesting deeper than the limit of \(depth)")
  }

  @Test func `containers side by side do not add up`() {
    let source = "[" + Array(repeating: "[{\"a\":[]}]", count: 1000).joined(separator: ",") + "]"
    #expect(parseError(source, limits: JSONLimits(depth: 4)) == nil)
    #expect(parseError(source, limits: JSONLimits(depth: 3))?.code == .depthExceeded)
  }

  @Test func `no limit of the caller's lets the stack overflow`() {
    let error = parseError(String(repeating: "[", count: 1_000_000), limits: JSONLimits(depth: .max))
    #expect(error?.code == .depthExceeded)
    #expect(error?.offset == JSONLimits.deepestNesting)
  }

  @Test func `everything that recurses fits into a small thread at the deepest nesting`() throws {
    for (open, close) in [("[", "]"), ("{\"k\":", "}")] {
      let source = nested(JSONLimits.deepestNesting, open, close)
      let agreed = onThread(stackBytes: 1024 * 1024) {
        // Safety: nil makes the expectation fail.
        guard let json = try? parsed(source, limits: JSONLimits(depth: .max)),
          let again = try? parsed(source, limits: JSONLimits(depth: .max))  // Safety: as above
        else { return false }
        return json == again && json.hashValue == again.hashValue && json.serialized() == again.canonical()
      }
      #expect(agreed == true)
    }
  }

  @Test func `values are counted, containers included`() {
    let limits = JSONLimits(values: 5)
    #expect(parseError("[1,[2],{\"a\":3}]", limits: JSONLimits(values: 6)) == nil)
    let error = parseError("[1,[2],{\"a\":3}]", limits: limits)
    #expect(error?.code == .valuesExceeded)
    #expect(error?.offset == 12)
    #expect(error?.detail == "more values than the limit of 5")
    #expect(parseError("1", limits: JSONLimits(values: 0))?.code == .valuesExceeded)
    #expect(parseError("1", limits: JSONLimits(depth: -1, values: .min))?.code == .valuesExceeded)
    #expect(parseError("[]", limits: JSONLimits(depth: .min))?.code == .depthExceeded)
  }
}
