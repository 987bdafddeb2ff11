import JSON
import Models
import Testing

@Suite struct `A catalog that is read` {
  static func read(_ models: String) throws -> ModelCatalog {
    try ModelCatalog(parsing: Array(#"{"as_of":"2026-11-21","models":{\#(models)}}"#.utf8))
  }

  @Test func `holds every fact that an entry can state`() throws {
    let catalog = try Self.read(
      #""m":{"context":1000,"max_output":10,"prices":{"input":1.5,"cached_input":0.15,"cache_write":2,"output":6,"#
        + #""long":{"over":500,"input":3,"output":9}},"tokenizer":"o200k_base","quirks":{"drops":["top_p"],"#
        + #""temperature":[0,1],"schema":"object","tools":"emulated","max_tokens_member":"max_completion_tokens","#
        + #""default_max_tokens":7,"asks_for_stream_usage":false,"nearest_model":true,"extra":{"a":1}}}"#
    )
    let facts = catalog.facts(of: "m")
    #expect(facts.context == 1000 && facts.maxOutput == 10 && facts.tokenizer == .o200k)
    #expect(
      facts.price
        == ModelPrice(
          rates: .init(input: 1_500_000, output: 6_000_000, cachedInput: 150_000, cacheWrite: 2_000_000),
          long: (500, .init(input: 3_000_000, output: 9_000_000))
        )
    )
    var quirks = Quirks()
    quirks.drops = ["seed"]
    quirks.extra = ["b": 2]
    quirks = facts.quirks.applied(to: quirks)
    #expect(quirks.drops == ["seed", "top_p"] && quirks.extra == ["b": 2, "a": 1] && quirks.temperature == 0...1)
    #expect(quirks.schema == .object && quirks.tools == .emulated && quirks.maxTokensMember == "max_completion_tokens")
    #expect(quirks.defaultMaxTokens == 7 && !quirks.asksForStreamUsage && quirks.nearestModel)
    #expect(QuirkChanges().applied(to: Quirks()) == Quirks())
  }

  @Test(arguments: [
    ("0.0375", 37_500), ("0", 0), ("150", 150_000_000), ("1e-6", 1), ("2.50", 2_500_000),
    ("999999.999999", 999_999_999_999),
  ]) func `holds prices exactly`(_ text: String, _ picodollars: Int) throws {
    let catalog = try Self.read(#""m":{"prices":{"input":\#(text),"output":1}}"#)
    #expect(catalog.facts(of: "m").price?.rates.input == picodollars)
  }

  @Test(arguments: [
    ("[]", "catalog: array where an object is due"),
    ("{", "catalog: text ends where a key is due at byte 1"),
    (#"{"models":{}}"#, "catalog: 'as_of' is missing"),
    (#"{"as_of":"2026-11-21"}"#, "catalog: 'models' is missing"),
    (#"{"as_of":"2026-13-01","models":{}}"#, "catalog: not a day as YYYY-MM-DD at '/as_of'"),
    (#"{"as_of":"2026-1-01","models":{}}"#, "catalog: not a day as YYYY-MM-DD at '/as_of'"),
    (#"{"as_of":1,"models":{}}"#, "catalog: integer where a string is due at '/as_of'"),
    (#"{"as_of":"2026-11-21","models":{},"x":1}"#, "catalog: unknown member; known are as_of, models at '/x'"),
  ]) func `says where it is no catalog`(_ text: String, _ message: String) {
    let error = #expect(throws: CatalogError.self) { try ModelCatalog(parsing: Array(text.utf8)) }
    #expect(error?.description == message)
  }

  @Test(arguments: [
    (#""m":1"#, "integer where an object is due at '/models/m'"),
    (#""a/b~c":1"#, "integer where an object is due at '/models/a~1b~0c'"),
    (#""":{}"#, "a name is 1 to 256 bytes at '/models/'"),
    (#""M":{},"m":{}"#, "the name is there already in other letters at '/models/m'"),
    (
      #""m":{"prise":1}"#,
      "unknown member; known are context, max_output, prices, tokenizer, quirks at '/models/m/prise'"
    ),
    (#""m":{"context":0}"#, "0 is not within 1 to 1000000000 at '/models/m/context'"),
    (#""m":{"context":1.5}"#, "number where an integer is due at '/models/m/context'"),
    (#""m":{"tokenizer":"p50k"}"#, "not one of cl100k_base, o200k_base at '/models/m/tokenizer'"),
    (#""m":{"prices":{"input":1}}"#, "'output' is missing at '/models/m/prices'"),
    (#""m":{"prices":{"input":"1","output":1}}"#, "string where a number is due at '/models/m/prices/input'"),
    (
      #""m":{"prices":{"input":-1,"output":1}}"#,
      "a price is 0 or more, below 1000000, with at most 6 digits behind the point at '/models/m/prices/input'"
    ),
    (
      #""m":{"prices":{"input":0.0000001,"output":1}}"#,
      "a price is 0 or more, below 1000000, with at most 6 digits behind the point at '/models/m/prices/input'"
    ),
    (
      #""m":{"prices":{"input":1e900,"output":1}}"#,
      "a price is 0 or more, below 1000000, with at most 6 digits behind the point at '/models/m/prices/input'"
    ),
    (
      #""m":{"prices":{"input":1,"output":1,"long":{"input":1,"output":1}}}"#,
      "'over' is missing at '/models/m/prices/long'"
    ),
    (#""m":{"quirks":{"tools":"none"}}"#, "'none' is not known here at '/models/m/quirks/tools'"),
    (#""m":{"quirks":{"drops":[1]}}"#, "integer where a string is due at '/models/m/quirks/drops/0'"),
    (#""m":{"quirks":{"temperature":[1,0]}}"#, "not two numbers in order at '/models/m/quirks/temperature'"),
    (#""m":{"quirks":{"max_tokens_member":"n"}}"#, "'n' is not known here at '/models/m/quirks/max_tokens_member'"),
  ]) func `says what is wrong with an entry`(_ models: String, _ message: String) {
    let error = #expect(throws: CatalogError.self) { try Self.read(models) }
    #expect(error?.description == "catalog: " + message)
  }

  @Test func `is bounded`() {
    let many = (0...ModelCatalog.modelLimit).map { #""m\#($0)":{}"# }.joined(separator: ",")
    let error = #expect(throws: CatalogError.self) { try Self.read(many) }
    #expect(error?.description == "catalog: 4097 models exceed the limit of 4096 at '/models'")
    let large = [UInt8](repeating: 0x20, count: ModelCatalog.byteLimit + 1)
    #expect(throws: CatalogError.self) { try ModelCatalog(parsing: large) }
  }
}
