import JSON
import Testing

@Suite struct DuplicateKeyTests {
  @Test func `a key that appears twice is refused where it appears again`() {
    let error = parseError(#"[{"a":1,"b":2,"a":3}]"#)
    #expect(error?.code == .duplicateKey)
    #expect(error?.offset == 14)
    #expect(error?.detail == "key 'a' appears twice in the object")
  }

  @Test func `spellings of the same key are the same key`() {
    #expect(parseError(#"{"a":1,"\u0061":2}"#)?.code == .duplicateKey)
    #expect(parseError(#"{"a long key of many bytes":1,"a long key \u006ff many bytes":2}"#)?.code == .duplicateKey)
    #expect(parseError(#"{"\ud83d\ude00":1,"😀":2}"#)?.code == .duplicateKey)
  }

  @Test(arguments: [3, 11, 12, 13, 14, 25, 100, 1000])
  func `the last of many keys is compared with all before it`(count: Int) {
    let members = (0..<count - 1).map { #""key-\#($0)":\#($0)"# }
    for repeated in [0, count / 2 - 1, count - 2] {
      let prefix = "{" + members.joined(separator: ",") + ","
      let error = parseError(prefix + #""key-\#(repeated)":0}"#)
      #expect(error?.code == .duplicateKey)
      #expect(error?.offset == prefix.utf8.count)
    }
    #expect(parseError("{" + members.joined(separator: ",") + "}") == nil)
  }

  @Test(arguments: [0, 20])
  func `when duplicates are allowed the last value wins in the place of the first`(more: Int) throws {
    let others = (0..<more).map { ",\"o\($0)\":0" }.joined()
    let json = try parsed(#"{"a":1,"b":2,"a":3\#(others)}"#, limits: JSONLimits(allowsDuplicateKeys: true))
    #expect(json.description == #"{"a":3,"b":2\#(others)}"#)
  }

  @Test func `keys that Unicode calls equivalent stay distinct`() throws {
    let json = try parsed("{\"\u{E9}\":1,\"e\u{301}\":2}")
    #expect(json.objectValue?.count == 2)
    #expect(json["\u{E9}"] == 1)
    #expect(json["e\u{301}"] == 2)
    #expect(JSON.string("\u{E9}") != JSON.string("e\u{301}"))
    let swapped = try parsed("{\"\u{E9}\":2,\"e\u{301}\":1}")
    #expect(json != swapped)
    #expect(Array(try parsed(json.description).serialized()) == Array(json.serialized()))
  }

  /// A peer can write 2^n different keys that all normalise alike; a hash of the normalised form would put all of them into
  /// one bucket and make this quadratic: 16,384 keys took minutes then.
  @Test(.timeLimit(.minutes(1))) func `very many equivalent keys cost no more than others`() throws {
    func key(_ bits: Int) -> String { (0..<14).map { bits >> $0 & 1 == 0 ? "\u{E9}" : "e\u{301}" }.joined() }
    let source = "{" + (0..<16_384).map { "\"\(key($0))\":\($0)" }.joined(separator: ",") + "}"
    let json = try parsed(source)
    #expect(json.objectValue?.count == 16_384)
    #expect(json[key(12_345)] == 12_345)
    #expect(Set((0..<16_384).map { JSON.string(key($0)) }).count == 16_384)
  }
}
