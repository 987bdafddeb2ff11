import Testing

@testable import Policy

@Suite struct DecisionTests {
  @Test func `the strongest match decides`() {
    let warn = Decision.Match(rule: "a", effect: .warn, message: "")
    let block = Decision.Match(rule: "b", effect: .block, message: "")
    #expect(Decision([warn, block]).effect == .block)
    #expect(Decision([warn, block]).deciding == [block])
    #expect(Decision([]) == .allow)
  }
}
