import JSON
import Testing
import Wire

@Suite struct `The examples at the limits` {
  @Test func `the index lists exactly the files that are there`() throws {
    #expect(try EdgeExample.all().map(\.file).sorted() == Contract.files("examples/edge", ".frames"))
  }

  @Test(arguments: try EdgeExample.all())
  func `each is accepted`(_ example: EdgeExample) throws {
    var decoder = FrameDecoder()
    try example.bytes().withUnsafeBytes { decoder.append($0) }
    let envelope = try decoder.next { payload throws(WireError) in try Envelope(payload: payload) }
    try decoder.finish()
    switch (example.kind, envelope) {
    case ("request", .request(_, let method, let params)?), ("notification", .notification(let method, let params)?):
      if let expected = example.method {
        #expect(try Bodies.params(expected, example.link, params) != nil && method == expected)
      }
    case ("success", .result(_, let result)?):
      #expect(try Bodies.result(try example.method.orBroken("method"), example.link, result) != nil)
    default: Issue.record("\(example) is no \(example.kind)")
    }
  }

  @Test func `a frame at the limit in the decoder is one byte short of being refused`() throws {
    for (limit, isAccepted) in [(36, true), (35, false)] {
      var decoder = FrameDecoder(limit: limit)
      let frame = try FrameNotation.bytes(#"json {"jsonrpc":"2.0","id":1,"result":{}}"#)
      frame.withUnsafeBytes { decoder.append($0) }
      let payload = try? decoder.next { payload throws(WireError) in payload.count }
      #expect((payload == .some(.some(36))) == isAccepted)
    }
  }
}
