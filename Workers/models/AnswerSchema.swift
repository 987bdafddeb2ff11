internal import JSON
internal import Models
internal import WorkerKit

/// The schema of an answer, and the answer by it.
struct AnswerSchema: Sendable {
  let source: JSON
  private let schema: JSONSchema

  init(_ source: JSON) throws(WireError) {
    self.source = source
    do throws(JSONSchemaError) {
      schema = try JSONSchema(source)
    } catch {
      throw WireError(.invalidInput, "'schema' is no JSON Schema: \(error)", data: ["path": "/schema"])
    }
  }

  /// The same with a word on how sure the model is; nil: it cannot be had by this schema.
  var asked: SureSchema? { SureSchema(source, schema) }

  /// Throws `schema_mismatch` with the first violations. JSON in prose or fences counts: what a model wraps around it is
  /// none of the caller's business.
  func value(of response: ModelResponse) throws(ModelError) -> JSON {
    let found = StructuredText.extract(response.text, schema)
    if var error = ModelError.mismatch(found) {
      if response.stop == .length { error.hint = "the answer was cut at the limit of tokens: raise 'max_tokens'" }
      throw error
    }
    return found?.json ?? .null
  }
}
