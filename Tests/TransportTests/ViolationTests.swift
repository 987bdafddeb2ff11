import JSON
import Testing

@testable import Posix
@testable import Transport
@testable import Wire

/// What a peer sends, the error that it hears, and how many requests our side has outstanding.
struct Violation: CustomTestStringConvertible, Sendable {
  var what: String
  var bytes: [UInt8]
  var error: WireError.Name
  /// Part of the message, with the offending value.
  var message: String
  var phase = Phase.ready
  var testDescription: String { what }

  static let all: [Violation] = [
    .init(what: "zero length", bytes: [0, 0, 0, 0], error: .emptyFrame, message: "frame of 0 bytes"),
    .init(
      what: "over the limit by one",
      bytes: [1, 0, 0, 1],
      error: .frameTooLarge,
      message: "frame of 16777217 bytes exceeds the limit of 16777216"
    ),
    .init(
      what: "a print on the frame stream",
      bytes: Array("Traceback (most recent call last):\n".utf8),
      error: .frameTooLarge,
      message: "frame of 1416782179 bytes"
    ),
    .init(what: "random bytes in a frame", bytes: frame("\u{1}\u{2}garbage"), error: .parseError, message: "at byte 0"),
    .init(
      what: "100,000 deep",
      bytes: frame(String(repeating: "[", count: 20_000)),
      error: .parseError,
      message: "nesting deeper than the limit of 128"
    ),
    .init(
      what: "huge numbers",
      bytes: message("method", #""ping""#, "id", "1e999999999"),
      error: .invalidRequest,
      message: "1e999999999"
    ),
    .init(
      what: "a number of 10,000 digits",
      bytes: message("method", #""ping""#, "id", String(repeating: "9", count: 10_000)),
      error: .invalidRequest,
      message: "9999999999"
    ),
    .init(
      what: "reply to nothing",
      bytes: message("id", "3", "result", "{}"),
      error: .unexpectedReply,
      message: "id 3"
    ),
    .init(
      what: "error to nothing",
      bytes: message("id", "\"x\"", "error", #"{"code":1,"message":"m"}"#),
      error: .unexpectedReply,
      message: "id 'x'"
    ),
    .init(
      what: "second reply",
      bytes: message("id", "1", "result", #"{"output":1}"#) + message("id", "1", "result", #"{"output":1}"#),
      error: .unexpectedReply,
      message: "id 1"
    ),
    .init(
      what: "id used again",
      bytes: message("id", "5", "method", #""ping""#) + message("id", "5", "method", #""ping""#),
      error: .invalidRequest,
      message: "id 5 is used again"
    ),
    .init(
      what: "unknown notification",
      bytes: message("method", #""progres""#),
      error: .unknownNotification,
      message: "unknown notification 'progres' (did you mean 'progress'?)"
    ),
    .init(
      what: "out of phase",
      bytes: message("id", "1", "method", #""ping""#),
      error: .outOfPhase,
      message: "'ping' while starting",
      phase: .starting
    ),
    .init(
      what: "wrong direction",
      bytes: message("id", "1", "method", #""tool/invoke""#),
      error: .outOfPhase,
      message: "'tool/invoke' in the wrong direction"
    ),
    .init(what: "a batch", bytes: frame("[]"), error: .invalidRequest, message: "payload is array"),
  ]

  /// A message of the given members, values as JSON text.
  static func message(_ members: String...) -> [UInt8] {
    var text = #"{"jsonrpc":"2.0""#
    for i in stride(from: 0, to: members.count, by: 2) { text += #","\#(members[i])":\#(members[i + 1])"# }
    return frame(text + "}")
  }
}

@Suite struct ViolationTests {
  @Test(arguments: Violation.all, Medium.allCases)
  func `a violation closes the connection and the peer hears why`(violation: Violation, medium: Medium) throws {
    let alone = try Alone(medium)
    alone.connection.gate.phase = violation.phase
    alone.owner.onRequest = { _, _, _, _ in }
    var answers: [Result<ToolResult, WireError>] = []
    alone.connection.request(invocation()) { answers.append($0) }
    alone.settle()
    _ = alone.peer.available()
    try alone.peer.write(violation.bytes)
    alone.run("the close") { alone.connection.isClosed }
    alone.settle()
    #expect(alone.owner.closes.map { $0?.name } == [violation.error])
    #expect(alone.owner.closes.first??.message.contains(violation.message) == true)
    #expect(answers.count == 1, "the outstanding request is answered once")
    let heard = try alone.peer.messages()
    #expect(heard.count == 1)
    #expect(heard.first?["id"] == .some(nil))
    #expect(heard.first?["error"]?["code"] == .integer(WireError.codes[violation.error] ?? 0))
    #expect(heard.first?["error"]?["data"]?["name"] == .string(violation.error.rawValue))
    #expect(heard.first?["error"]?["message"]?.stringValue == alone.owner.closes.first??.message)
  }

  @Test(arguments: Medium.allCases)
  func `an error with id null closes this side with the peer's words`(medium: Medium) throws {
    let alone = try Alone(medium)
    try alone.peer.write(
      frame(#"{"jsonrpc":"2.0","id":null,"error":{"code":4013,"message":"you","data":{"name":"out_of_phase"}}}"#)
    )
    alone.run("the close") { alone.connection.isClosed }
    #expect(alone.owner.closes == [WireError(.outOfPhase, "you")])
    #expect(alone.peer.available().isEmpty, "an error about an error is not sent")
  }

  @Test(arguments: Medium.allCases)
  func `random garbage never traps and always ends`(medium: Medium) throws {
    var random = SystemRandomNumberGenerator()
    for round in 0..<200 {
      let alone = try Alone(medium)
      var bytes = (0..<Int.random(in: 1...400)).map { _ in UInt8.random(in: 0...255, using: &random) }
      // Half of the rounds get past the length.
      if round % 2 == 0 { bytes = frame(String(decoding: bytes, as: UTF8.self)) }
      try alone.peer.write(bytes)
      alone.peer.closeOutput()
      if medium == .socket { alone.peer.close() }
      alone.run("the close") { alone.connection.isClosed }
      #expect(alone.owner.closes.count == 1)
      if bytes.count > 0 { #expect(alone.owner.closes.first != .some(nil), "round \(round)") }
    }
  }

  @Test(arguments: Medium.allCases)
  func `a peer may close at every byte of a frame`(medium: Medium) throws {
    let first = Violation.message("id", "1", "method", #""ping""#)
    let second = Violation.message("id", "2", "method", #""ping""#)
    for end in 0...(first.count + second.count) {
      let alone = try Alone(medium)
      alone.owner.onRequest = { _, _, _, _ in }
      var answers: [WireError] = []
      alone.connection.request(invocation()) { if case .failure(let error) = $0 { answers.append(error) } }
      alone.settle(rounds: 3)
      _ = alone.peer.available()
      try alone.peer.write(Array((first + second).prefix(end)))
      alone.peer.close()
      alone.run("the close after \(end) bytes") { alone.connection.isClosed }
      let whole = end == 0 || end == first.count || end == first.count + second.count
      #expect(alone.owner.closes.map { $0?.name } == [whole ? nil : .truncatedFrame], "after \(end) bytes")
      #expect(alone.owner.requests.count == (end >= first.count + second.count ? 2 : end >= first.count ? 1 : 0))
      #expect(answers.map(\.name) == [.connectionClosed])
    }
  }
}
