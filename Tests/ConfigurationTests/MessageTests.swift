import Configuration
import Testing

/// Inputs and the exact messages they get: what an operator reads.
struct MessageCase: Sendable, CustomTestStringConvertible {
  let id: String
  let input: String
  let messages: [String]
  var testDescription: String { id }

  init(_ id: String, _ input: String, _ messages: [String]) {
    self.id = id
    self.input = input
    self.messages = messages
  }
}

@Suite struct MessageTests {
  @Test(arguments: MessageCase.yaml + MessageCase.keys + MessageCase.substitution + MessageCase.secrets)
  func `a mistake is reported with its place and what to do`(_ it: MessageCase) {
    #expect(mistakes(it.input) == it.messages)
  }

  @Test func `all mistakes of a file are reported at once in its order`() {
    let text = """
      limits:
        clients: 0
        queue: &a 7
      log: {level: inof}
      drain_timeout: 30
      sokcet: /tmp/x
      state: ${NOWHERE}
      """
    #expect(
      mistakes(text) == [
        "c.yaml:2:12: 'limits.clients' is 0 where at least 1 is due",
        "c.yaml:3:10: anchor 'a' is refused; hint: aliases are not known here",
        "c.yaml:4:14: 'log.level' is 'inof' where error, warn, info or debug is due; hint: did you mean 'info'?",
        "c.yaml:5:16: 'drain_timeout' is '30' where a duration is due; "
          + "hint: write a whole number with ms, s, m, h or d, such as 30s",
        "c.yaml:6:1: unknown key 'sokcet'; hint: did you mean 'socket'?",
        "c.yaml:7:8: variable 'NOWHERE' is not set; hint: set it, or give a default: ${NOWHERE:-default}",
      ]
    )
  }

  @Test func `after a hundred mistakes the rest is counted`() {
    let text = (0..<150).map { "key\($0): 1" }.joined(separator: "\n")
    let messages = mistakes(text)
    #expect(messages.count == 101)
    #expect(messages.last == "and 50 more")
  }
}
