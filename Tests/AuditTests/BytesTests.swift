import Digest
import Testing

@testable import Audit

/// The exact bytes that protocol/audit.md promises; the values were computed by another program.
@Suite struct `Bytes` {
  private static let lines = [
    #"{"n":1,"at":1767225600000,"kind":"service.started","actor":"coordinator","data":{"version":"0.1.0"}}"#,
    #"{"n":2,"at":1767225600001,"kind":"tool.invoked","actor":"user:anna","job":"j-1","step":"s\"1[0]","data":{"tool":"bash","input":{"script":"echo \"hi\""}}}"#,
    #"{"n":3,"at":-5,"kind":"x","actor":"Jörg\u000a\\","data":{}}"#,
  ]
  private static let hashes = [
    "0d61e80761bacd37a34f3b6dd678e81cd6ca49eb94d2873b5f74029294d9765b",
    "4e02cc12994e597b03321be286a33dfbb943075337fea852edceb724c76b2751",
    "aa98ea4db86338fe44cdc839866da838da7d2309cad3d2361450aac123d162d3",
  ]

  private static func line(
    _ number: Int64,
    _ at: Int64,
    _ kind: String,
    _ actor: String,
    _ job: String?,
    _ step: String?,
    _ data: String
  ) -> String {
    var line: [UInt8] = []
    AuditLine.write(number, at: at, kind: kind, actor: actor, job: job, step: step, data: Array(data.utf8), to: &line)
    return String(decoding: line, as: UTF8.self)
  }

  @Test func `records are written as the protocol says, byte for byte`() {
    let written = [
      Self.line(1, 1_767_225_600_000, "service.started", "coordinator", nil, nil, #"{"version":"0.1.0"}"#),
      Self.line(
        2,
        1_767_225_600_001,
        "tool.invoked",
        "user:anna",
        "j-1",
        "s\"1[0]",
        #"{"tool":"bash","input":{"script":"echo \"hi\""}}"#
      ),
      Self.line(3, -5, "x", "Jörg\n\\", nil, nil, "{}"),
    ]
    #expect(written == Self.lines)
  }

  @Test func `each link is the hash of the one before and the record`() {
    var hasher = ChainHasher()
    var link = ChainHash.none
    for (line, hash) in zip(Self.lines, Self.hashes) {
      link = Array(line.utf8).withUnsafeBytes { hasher.link(after: link, $0) }
      #expect(link.hex == hash)
    }
  }

  @Test func `heads and beginnings are signed as the protocol says`() throws {
    let key = try #require(SigningKey(seed: Chain.seed))
    let hash = try #require(ChainHash(hex: Self.hashes[2]))
    #expect(key.verifying.id == "56475aa75463474c")
    #expect(
      AuditKey.text(of: key.verifying)
        == "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n-----END PUBLIC KEY-----\n"
    )
    let head = AuditHead(.head, number: 3, hash: hash, at: 1_767_225_660_000, signedWith: key)
    #expect(
      head.line
        == #"{"head":3,"hash":"aa98ea4db86338fe44cdc839866da838da7d2309cad3d2361450aac123d162d3","at":1767225660000,"key":"56475aa75463474c","signature":"cbbdde9b06eaf0acfbfdf950f6d17c6d0d87f179f9498237192c1a0e1d89d3aaeafa0a9707fbd9354a79209bbe010c958a9508996b1dc4d10585926f389ae104"}"#
    )
    let beginning = AuditHead(.beginning, number: 3, hash: hash, at: 1_767_225_660_000, signedWith: key)
    #expect(
      Hexadecimal.text(beginning.signature)
        == "a36693e3d7c4e9c288b4021d0bbb4c1128aadb5dd7c105a6532679c13672a2b58069cbbfaf4a451e99e97553909329dcdbc026383810103655b5229d13efae02"
    )
    #expect(AuditHead(head.line) == head && AuditHead(beginning.line) == beginning)
  }

  @Test func `what is read is what was written`() throws {
    let first = try #require(AuditLine(Self.lines[0]))
    #expect(first.number == 1 && first.at == 1_767_225_600_000 && first.kind == "service.started")
    #expect(first.actor == "coordinator" && first.job == nil && first.step == nil)
    let second = try #require(AuditLine(Self.lines[1]))
    #expect(second.job == "j-1" && second.step == "s\"1[0]")
    #expect(
      String(decoding: Array(Self.lines[1].utf8)[second.data], as: UTF8.self)
        == #"{"tool":"bash","input":{"script":"echo \"hi\""}}"#
    )
    #expect(AuditLine(Self.lines[2])?.actor == "Jörg\n\\")
    for line in Self.lines { #expect(Array(line.utf8).withUnsafeBytes { AuditLine.isLine($0) }) }
  }

  @Test(arguments: [
    "", "{", "{}", #"{"n":1}"#, #"{"n":0,"at":1,"kind":"k","actor":"a","data":{}}"#,
    #"{"n":01,"at":1,"kind":"k","actor":"a","data":{}}"#, #"{"n":1,"at":-0,"kind":"k","actor":"a","data":{}}"#,
    #"{"n":99999999999999999999,"at":1,"kind":"k","actor":"a","data":{}}"#,
    #"{"n":1, "at":1,"kind":"k","actor":"a","data":{}}"#, #"{"at":1,"n":1,"kind":"k","actor":"a","data":{}}"#,
    #"{"n":1,"at":1,"kind":"k","actor":"a","data":[]}"#, #"{"n":1,"at":1,"kind":"k","actor":"a","data":}"#,
    #"{"n":1,"at":1,"kind":"k","actor":"a","data":{}"#, #"{"n":1,"at":1,"kind":"k","actor":"\q","data":{}}"#,
    #"{"n":1,"at":1,"kind":"k\","actor":"a","data":{}}"#,
  ])
  func `what is not written as records are is no record`(_ line: String) {
    #expect(AuditLine(line) == nil)
    #expect(!Array(line.utf8).withUnsafeBytes { AuditLine.isLine($0) })
  }

  @Test func `data with line breaks is one line, and too much of it is left out`() {
    #expect(
      Self.line(1, 1, "k", "a", nil, nil, "{\n\t\"b\": 1\r\n}")
        == #"{"n":1,"at":1,"kind":"k","actor":"a","data":{  "b": 1  }}"#
    )
    let large = "{\"a\":\"\(String(repeating: "x", count: AuditLine.dataLimit))\"}"
    let line = Self.line(1, 1, "k", "a", nil, nil, large)
    #expect(line == #"{"n":1,"at":1,"kind":"k","actor":"a","data":{"left_out_bytes":\#(large.utf8.count)}}"#)
    let name = String(repeating: "\u{1}", count: 5_000)
    #expect(AuditLine(Self.line(1, 1, name, name, name, name, "{}"))?.kind.utf8.count == 682)
  }

  @Test func `an exported record's own bytes are those from the 85th to the last but one`() throws {
    let hash = try #require(ChainHash(hex: Self.hashes[1]))
    let line = Array(AuditExport.line(hash, Self.lines[1]).utf8)
    #expect(String(decoding: line[84..<line.count - 1], as: UTF8.self) == Self.lines[1])
    let read = line.withUnsafeBytes { AuditExport($0) }
    guard case .record(hash, 84..<(line.count - 1)) = read else {
      Issue.record("\(String(describing: read))")
      return
    }
  }
}
