import MCP
import Testing

struct ServerEventsTests {
  private static func read(_ text: String, piece: Int = 1 << 20) -> ([String], ServerEvents) {
    var events = ServerEvents()
    var found: [String] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      let fits = events.take(bytes[start..<min(bytes.count, start + piece)]) {
        found.append($0.name + "|" + String(decoding: $0.data, as: UTF8.self))
      }
      #expect(fits)
    }
    return (found, events)
  }

  @Test(arguments: [1, 2, 3, 5, 1000]) func `events are the same in whatever pieces they come`(piece: Int) {
    let text =
      "\u{FEFF}: hello\r\n\r\nevent: message\r\ndata: {\"a\":1}\r\nid: 7\r\n\r\nretry: 250\ndata:x\ndata: y\n\n"
      + "event: other\rdata\r\rid: 8\ndata:"
    let (found, events) = Self.read(text, piece: piece)
    #expect(found == ["message|{\"a\":1}", "message|x\ny", "other|"])
    // The last id belongs to an event that is not whole.
    #expect(events.lastID == "7" && events.retryMS == 250)
  }

  @Test func `an event without data tells where to go on, and no more`() {
    let (found, events) = Self.read("id: 1\nretry: x\n\nid: a\u{0}b\n\n")
    #expect(found.isEmpty && events.lastID == "1" && events.retryMS == nil)
    let next = ServerEvents(resuming: events)
    #expect(next.lastID == "1")
  }

  @Test func `an event beyond the limit ends the stream`() {
    var limits = MCPLimits()
    limits.messageBytes = 16
    var events = ServerEvents(limits)
    #expect(events.take("data: 1234567890\n".utf8) { _ in })
    #expect(!events.take("data: 1234567890\n".utf8) { _ in })
  }
}
