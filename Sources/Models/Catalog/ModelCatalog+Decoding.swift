package import JSON

/// Why data is no catalog, and where: a JSON Pointer.
package struct CatalogError: Error, Sendable, Equatable, CustomStringConvertible {
  package let path: String
  package let detail: String

  package var description: String { path.isEmpty ? "catalog: \(detail)" : "catalog: \(detail) at '\(path)'" }
}

extension ModelCatalog {
  package static let byteLimit = 4 << 20
  package static let modelLimit = 4096

  package init(parsing bytes: [UInt8]) throws(CatalogError) {
    if bytes.count > Self.byteLimit {
      throw CatalogError(path: "", detail: "\(bytes.count) bytes exceed the limit of \(Self.byteLimit)")
    }
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: bytes)
    } catch {
      throw CatalogError(path: "", detail: "\(error)")
    }
    try self.init(decoding: json)
  }

  /// `{"as_of": "2026-11-21", "models": {"gpt-4o": {…}, "gpt-4o*": {…}}}`; unknown members are refused.
  package init(decoding json: JSON) throws(CatalogError) {
    let root = try Reader(json, "").known("as_of", "models")
    guard let asOf = try root.string("as_of") else { throw root.error("'as_of' is missing") }
    guard Self.isDay(asOf) else { throw root.error("not a day as YYYY-MM-DD", "as_of") }
    guard let models = try root.object("models") else { throw root.error("'models' is missing") }
    if models.json.count > Self.modelLimit {
      throw models.error("\(models.json.count) models exceed the limit of \(Self.modelLimit)")
    }
    var facts: [String: ModelFacts] = [:]
    for member in models.json.members {
      let entry = try Reader(member.value, models.path(member.key))
      let name = member.key.lowercased()
      guard !name.isEmpty, name.utf8.count <= ModelName.lengthLimit else {
        throw entry.error("a name is 1 to \(ModelName.lengthLimit) bytes")
      }
      if facts.updateValue(try ModelFacts(entry), forKey: name) != nil {
        throw entry.error("the name is there already in other letters")
      }
    }
    self.init(asOf: asOf, models: facts)
  }

  private static func isDay(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2],
      parts.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }),
      let month = Int(parts[1]), let day = Int(parts[2])
    else { return false }
    return (1...12).contains(month) && (1...31).contains(day)
  }
}

extension ModelFacts {
  fileprivate init(_ entry: ModelCatalog.Reader) throws(CatalogError) {
    self.init()
    _ = try entry.known("context", "max_output", "prices", "tokenizer", "quirks")
    context = try entry.integer("context", 1...1_000_000_000)
    maxOutput = try entry.integer("max_output", 1...1_000_000_000)
    if let name = try entry.string("tokenizer") {
      guard let pattern = TokenPattern(rawValue: name) else {
        throw entry.error("not one of \(TokenPattern.allCases.map(\.rawValue).joined(separator: ", "))", "tokenizer")
      }
      tokenizer = pattern
    }
    if entry.json["prices"]?.isNull == true {
      isUnpriced = true
    } else if let prices = try entry.object("prices") {
      price = try ModelPrice(prices.known("input", "output", "cached_input", "cache_write", "long"))
    }
    if let quirks = try entry.object("quirks") { self.quirks = try QuirkChanges(quirks) }
  }
}

extension ModelPrice {
  fileprivate init(_ prices: ModelCatalog.Reader) throws(CatalogError) {
    self.init(rates: try Rates(prices))
    guard let reader = try prices.object("long") else { return }
    let over = try reader.known("over", "input", "output", "cached_input", "cache_write")
      .integer("over", 1...1_000_000_000)
    guard let over else { throw reader.error("'over' is missing") }
    long = (over, try Rates(reader))
  }
}

extension ModelPrice.Rates {
  fileprivate init(_ prices: ModelCatalog.Reader) throws(CatalogError) {
    guard let input = try prices.picodollars("input") else { throw prices.error("'input' is missing") }
    guard let output = try prices.picodollars("output") else { throw prices.error("'output' is missing") }
    self.init(
      input: input,
      output: output,
      cachedInput: try prices.picodollars("cached_input"),
      cacheWrite: try prices.picodollars("cache_write")
    )
  }
}

extension QuirkChanges {
  fileprivate init(_ quirks: ModelCatalog.Reader) throws(CatalogError) {
    self.init()
    _ = try quirks.known(
      "drops",
      "temperature",
      "schema",
      "tools",
      "max_tokens_member",
      "default_max_tokens",
      "asks_for_stream_usage",
      "nearest_model",
      "extra"
    )
    drops = try quirks.strings("drops").map { Set($0) }
    temperature = try quirks.range("temperature")
    schema = try quirks.choice("schema", Quirks.SchemaMode.init)
    tools = try quirks.choice("tools", Quirks.ToolMode.init)
    maxTokensMember = try quirks.choice("max_tokens_member") {
      ["max_tokens", "max_completion_tokens"].contains($0) ? $0 : nil
    }
    defaultMaxTokens = try quirks.integer("default_max_tokens", 1...1_000_000_000)
    asksForStreamUsage = try quirks.bool("asks_for_stream_usage")
    nearestModel = try quirks.bool("nearest_model")
    extra = try quirks.object("extra")?.json
  }
}
