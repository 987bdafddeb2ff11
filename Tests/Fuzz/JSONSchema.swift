// fuzz: modules=JSON seeds=Tests/Fuzz/Seeds/JSONSchema max_len=2048

import JSON

/// Fuzz target: a schema, a zero byte, a value. Compiling and validating must neither trap nor hang, the quick and the
/// thorough answer must agree, and equal calls must give equal answers.
func fuzzSchema(_ bytes: UnsafeRawBufferPointer) {
  guard let split = bytes.firstIndex(of: 0) else { return }
  var limits = JSONSchema.Limits(steps: 20_000)
  limits.patternMilliseconds = 500
  do {
    let schemaText = UnsafeRawBufferPointer(rebasing: bytes[..<split])
    let valueText = UnsafeRawBufferPointer(rebasing: bytes[(split + 1)...])
    let schema = try JSONSchema(JSON(parsing: schemaText), limits: limits)
    let value = try JSON(parsing: valueText)
    let fits = schema.isValid(value)
    let violations = schema.evaluatedViolations(in: value)
    precondition(fits == violations.isEmpty, "isValid is \(fits) beside \(violations.count) violations")
    precondition(violations.count <= 100, "\(violations.count) violations")
    precondition(schema.violations(in: value, limit: 1).count == (fits ? 0 : 1), "one violation at most was asked for")
    for violation in violations {
      precondition(violation.path.isEmpty || violation.path.hasPrefix("/"), "path \(violation.path)")
    }
  } catch {
    // A text that is no JSON or a schema that does not compile: the error is the answer.
    _ = String(describing: error)
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  fuzzSchema(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
