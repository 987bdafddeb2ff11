package import JSON

/// Schema output of models whose answers cannot be bound to one: it is asked for in words, and found in the answer.
package enum SchemaPrompt {
  package static func text(_ schema: JSON) -> String {
    """
    Answer with one JSON value and nothing else: no explanation, no code fence. It must be valid against this JSON \
    Schema:
    \(schema.description)
    """
  }

  /// The request with its schema told in the system's message, in place of being demanded.
  package static func applied(to request: ModelRequest) -> ModelRequest {
    guard let schema = request.schema else { return request }
    var plain = request
    plain.schema = nil
    let mayCall = !request.tools.isEmpty && request.toolChoice != .none
    plain.tell((mayCall ? "When you answer rather than call a tool: " : "") + text(schema))
    return plain
  }
}

/// What a model is told whose answer did not fit, so that it can try once more.
package enum SchemaRepair {
  /// Bytes of an answer that is worth sending back.
  private static let limit = 16_384

  /// The two messages that go behind the conversation; nil: the answer is too long.
  package static func messages(_ answer: String, _ error: ModelError) -> [ModelMessage]? {
    guard !answer.isEmpty, answer.utf8.count <= limit else { return nil }
    let told =
      "That is not what was asked for: \(error.message). Answer once more, with the corrected JSON value alone."
    return [ModelMessage(.assistant, answer), ModelMessage(.user, told)]
  }
}

/// JSON that an answer holds, and how it fits its schema.
package struct StructuredText: Sendable, Equatable {
  package let json: JSON
  /// Empty: it fits.
  package let violations: [JSONSchema.Violation]

  /// Violations that are told, and candidates that are held against the schema.
  private static let violationLimit = 20
  private static let candidateLimit = 16

  /// The JSON in `text`: the whole of it, or what stands in fenced blocks, or objects and arrays in prose, without what a
  /// model says in `<think>` marks before it. Of several the first that fits `schema`, else the one that comes closest;
  /// nil: there is none.
  package static func extract(_ text: String, _ schema: JSONSchema?) -> StructuredText? {
    let bytes = Array(text.utf8)
    var best: StructuredText?
    for json in candidates(bytes).prefix(candidateLimit) {
      let found = StructuredText(json, schema)
      if found.violations.isEmpty { return found }
      if found.violations.count < best?.violations.count ?? Int.max { best = found }
    }
    return best
  }

  /// `json`, held against `schema`.
  package init(_ json: JSON, _ schema: JSONSchema?) {
    self.json = json
    violations = schema?.violations(in: json, limit: Self.violationLimit) ?? []
  }

  private static func candidates(_ bytes: [UInt8]) -> [JSON] {
    if let whole = JSONSpan.parse(JSONSpan.trimmed(bytes[...])) { return [whole] }
    if bytes.count > JSONSpan.textLimit { return [] }
    let text = behindThoughts(bytes)
    if text.startIndex > 0, let whole = JSONSpan.parse(JSONSpan.trimmed(text)) { return [whole] }
    let fenced = JSONSpan.fences(text).compactMap { JSONSpan.parse(JSONSpan.trimmed(text[$0.inside])) }
    return fenced + JSONSpan.all(text).map(\.json)
  }

  private static func behindThoughts(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    let mark = Array("</think>".utf8)
    var i = bytes.count - mark.count
    while i >= 0 {
      if bytes[i] == mark[0], bytes[i...].starts(with: mark) { return bytes[(i + mark.count)...] }
      i -= 1
    }
    return bytes[...]
  }
}

extension ModelError {
  /// `schema_mismatch`: what an answer holds does not fit what was asked for. nil: it fits.
  /// - Parameter found: nil: the answer holds no JSON.
  package static func mismatch(_ found: StructuredText?) -> ModelError? {
    guard let found else { return ModelError(.schemaMismatch, "the answer holds no JSON") }
    if found.violations.isEmpty { return nil }
    let told = found.violations.prefix(3).map { $0.path.isEmpty ? $0.message : "\($0.message) at '\($0.path)'" }
    return ModelError(.schemaMismatch, "the answer does not fit its schema: \(told.joined(separator: "; "))")
  }
}
