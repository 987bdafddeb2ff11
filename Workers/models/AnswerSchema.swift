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

  /// Throws `schema_mismatch` with the first violations.
  func value(of response: ModelResponse) throws(ModelError) -> JSON {
    let value: JSON
    do {
      value = try JSON(parsing: response.text)
    } catch {
      let why =
        response.stop == .length ? "the answer was cut at the limit of tokens" : "the answer is no JSON: \(error)"
      throw ModelError(.schemaMismatch, why, hint: response.stop == .length ? "raise 'max_tokens'" : nil)
    }
    let violations = schema.violations(in: value, limit: 5)
    guard violations.isEmpty else {
      let list = violations.map { "\($0)" }.joined(separator: "; ")
      throw ModelError(.schemaMismatch, "the answer does not fit the schema: \(list.prefix(1000))")
    }
    return value
  }
}
