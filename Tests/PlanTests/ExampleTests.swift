import Foundation
import JSON
import Plan
import Testing

/// The plans of `protocol/examples/plans`, the schema and the tables of `protocol/plan.md` say the same as the code.
@Suite struct `The published plans` {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "protocol")

  static func json(_ path: String) throws -> JSON {
    try JSON(parsing: [UInt8](Data(contentsOf: folder.appending(path: path))))
  }

  static func files(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path)
      .filter { $0.hasSuffix(".json") && $0 != "index.json" }.sorted()
  }

  static func schema() throws -> JSONSchema { try JSONSchema(json("schema/plan.json")) }

  @Test(arguments: try files("examples/plans"))
  func `a good one loads and fits the schema`(_ file: String) throws {
    let source = try Self.json("examples/plans/\(file)")
    #expect(errors(source) == [])
    #expect(try Self.schema().violations(in: source) == [])
  }

  @Test func `the seed's plan is among them, unchanged`() throws {
    #expect(try Self.json("examples/plans/receipt-tax.json") == JSON(parsing: `Reading plans`.seed))
  }

  @Test func `a bad one is refused with exactly the mistakes that are listed`() throws {
    let index = try Self.json("examples/plans/bad/index.json").arrayValue ?? []
    #expect(try index.compactMap { $0["file"]?.stringValue }.sorted() == Self.files("examples/plans/bad"))
    for entry in index {
      let file = try #require(entry["file"]?.stringValue)
      let source = try Self.json("examples/plans/bad/\(file)")
      let found = errors(source).map { JSON.object(["path": .string($0.path), "name": .string($0.name.rawValue)]) }
      #expect(JSON.array(found) == entry["errors"], "\(file)")
      #expect(try Self.schema().isValid(source) == entry["schema"]?.boolValue, "\(file)")
    }
  }

  /// What the schema refuses of a step, the code refuses too; what the code accepts, the schema accepts.
  @Test(arguments: [
    #""id":"a""#, #""id":"a b","tool":"t""#, #""id":"a","tool":"t","x":1"#, #""id":"a","tool":"t","input":[]"#,
    #""id":"a","tool":"t","input":"text""#, #""id":"a","tool":"t","input":{"limits":{}}"#,
    #""id":"a","tool":"t","for_each":{"in":5}"#, #""id":"a","tool":"t","for_each":{"max":5}"#,
    #""id":"a","tool":"t","for_each":{"in":[],"max":1001}"#, #""id":"a","tool":"t","retry":{"max_attempts":101}"#,
    #""id":"a","tool":"t","retry":{"jitter":-0.1}"#, #""id":"a","tool":"t","retry":{"on":["A"]}"#,
    #""id":"a","tool":"t","when":{}"#, #""id":"a","tool":"t","when":{"value":1}"#,
    #""id":"a","tool":"t","when":{"value":1,"gt":"x"}"#, #""id":"a","tool":"t","when":{"value":1,"equals":1,"not":{}}"#,
    #""id":"a","tool":"t","when":{"all":[]}"#, #""id":"a","tool":"t","on_failure":"stop""#,
    #""id":"a","tool":"t","needs":{"reed":[]}"#, #""id":"a","tool":"t","limits":{"cpu_ms":0}"#,
    #""id":"a","tool":"t","timeout_ms":0"#, #""id":"a","tool":"t","depends_on":["step:b"]"#,
    #""id":"a","tool":"t","idempotent":"yes""#, #""id":"a","tool":"t","when":{"value":1,"in":"x"}"#,
  ])
  func `the schema and the code refuse the same`(_ members: String) throws {
    let source = try JSON(parsing: #"{"steps":[{\#(members)},{"id":"b","tool":"t"}]}"#)
    #expect(try !Self.schema().isValid(source))
    #expect(!errors(source).isEmpty)
  }

  @Test(arguments: [
    #""input":"step:b""#, ##""input":"step:b#/a~1b/0/""##, #""input":{"needed":1}"#, #""for_each":"step:b""#,
    #""for_each":{"in":["step:b"]}"#,
    #""when":{"value":"step:b","gt":1,"lt":"step:b","matches":"x"}"#,
    #""when":{"not":{"any":[{"value":null,"exists":false}]}}"#,
    #""retry":{}"#, #""retry":{"max_attempts":100,"backoff_ms":0,"max_backoff_ms":0,"jitter":1,"on":[]}"#,
    #""needs":{"hosts":["example.org:443"],"environment":{"A":"b"}},"limits":{"file_bytes":0}"#,
  ])
  func `the schema and the code accept the same`(_ members: String) throws {
    let source = try JSON(parsing: #"{"steps":[{"id":"a","tool":"t",\#(members)},{"id":"b","tool":"t"}]}"#)
    #expect(try Self.schema().violations(in: source) == [])
    #expect(errors(source) == [])
  }

  @Test func `every name of a mistake is in the table, and no other`() throws {
    let page = String(decoding: try Data(contentsOf: Self.folder.appending(path: "plan.md")), as: UTF8.self)
    let rows = page.split(separator: "\n").drop { $0 != "## Mistakes" }.filter { $0.hasPrefix("| `") }
    let names = rows.compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) }
    let known: [PlanError.Name] = [
      .missingMember, .unknownMember, .invalidValue, .duplicateID, .danglingReference, .selfReference,
      .invalidReference, .misplacedReference, .cycle, .privilegesInInput, .tooManySteps, .limitExceeded, .unknownTool,
      .invalidInput, .moreErrors,
    ]
    #expect(names.sorted() == known.map(\.rawValue).sorted())
  }
}
