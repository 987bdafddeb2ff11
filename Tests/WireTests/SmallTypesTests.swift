import Foundation
import JSON
import Testing

@testable import Wire

@Suite struct SmallTypesTests {
  @Test func `base64 agrees with Foundation on every length and gives the bytes back`() {
    var random = SplitMix(state: 3)
    for count in 0..<260 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      let text = Base64.encode(bytes)
      #expect(text == Data(bytes).base64EncodedString())
      #expect(Base64.decode(text) == bytes)
    }
  }

  @Test(arguments: [
    "A", "AA", "AAA", "AAAAA", "====", "A===", "AA=A", "=AAA", "AAAA=", "AA==AA==", "A-__", "AAA\n", " AAA", "AAA é",
    "AB==", "AAB=", "ÿÿÿÿ", "AAAA====", "A=A=",
  ])
  func `base64 is strict`(text: String) { #expect(Base64.decode(text) == nil) }

  @Test func `every byte value has exactly one spelling`() {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var spellings: [[UInt8]: Int] = [:]
    for a in letters {
      for b in letters { if let bytes = Base64.decode("\(a)\(b)==") { spellings[bytes, default: 0] += 1 } }
    }
    #expect(spellings.count == 256)
    #expect(spellings.values.allSatisfy { $0 == 1 })
  }

  @Test func `versions are two numbers and a point`() {
    #expect(ProtocolVersion("1.0") == ProtocolVersion(major: 1, minor: 0))
    #expect(ProtocolVersion("9999.9999")?.description == "9999.9999")
    for text in [
      "", "1", "1.", ".1", "1.0.0", "1.0 ", "+1.0", "-1.0", "1,0", "a.b", "10000.0", "1.00000", "١.٠", "1..0",
    ] {
      #expect(ProtocolVersion(text) == nil, "\(text)")
    }
  }

  @Test func `the lower minor is agreed and another major is a mismatch`() throws {
    let ours = ProtocolVersion(major: 1, minor: 3)
    #expect(try ours.agreed(with: ProtocolVersion(major: 1, minor: 7)) == ours)
    #expect(try ours.agreed(with: ProtocolVersion(major: 1, minor: 0)) == ProtocolVersion(major: 1, minor: 0))
    let error = #expect(throws: WireError.self) { try ours.agreed(with: ProtocolVersion(major: 2, minor: 3)) }
    #expect(error?.name == .versionMismatch)
    #expect(error?.data == ["theirs": "2.3", "ours": "1.3"])
  }

  @Test func `tool names are 1 to 128 of the permitted letters`() {
    for name in ["a", "Z9_.-", String(repeating: "n", count: 128)] { #expect(Tool.isValidName(name), "\(name)") }
    for name in ["", String(repeating: "n", count: 129), "a b", "a/b", "é", "a\u{0}", "ａ", "a\n", "a:b"] {
      #expect(!Tool.isValidName(name), "\(name)")
    }
  }

  @Test func `digests are 64 lower-case hexadecimal digits`() throws {
    func decode(_ digest: String) throws {
      _ = try Artifact.decode(["artifact": .string(digest), "bytes": 1, "media_type": "", "name": ""])
    }
    try decode(String(repeating: "0f", count: 32))
    for digest in [
      "", String(repeating: "a", count: 63), String(repeating: "a", count: 65), String(repeating: "A", count: 64),
      String(repeating: "g", count: 64),
    ] {
      #expect(throws: WireError.self) { try decode(digest) }
    }
  }
}
