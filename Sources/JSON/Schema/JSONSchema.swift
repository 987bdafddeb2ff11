/// A compiled JSON Schema (draft 2020-12).
///
/// Compile once, validate often and from any thread. Nothing is ever fetched: references lead into the schema, into the
/// `documents` given at compile time, or to the draft's own metaschema. `format` and the `content…` keywords annotate and
/// are not checked; `$vocabulary` is ignored, so that no schema can switch its own checks off.
public struct JSONSchema: Sendable {
  /// Bounds of compiling and validating; beyond them a schema is refused, or a value gets a violation that says so.
  public struct Limits: Sendable {
    /// Nested schemas while compiling, and nested evaluations while validating. The default takes up to 0.4 MB of stack
    /// in a release build and 1.5 MB in a debug build (measured on x86-64).
    public var depth: Int
    /// Subschemas, those of all reached documents included.
    public var subschemas: Int
    /// UTF-8 bytes of all distinct patterns together; a kilobyte takes up to a millisecond to compile.
    public var patternBytes: Int
    /// Evaluations for one value.
    public var steps: Int
    /// Wall-clock time for one value whose schema has patterns; other keywords are bounded by `steps`.
    public var patternMilliseconds: Int

    public init(
      depth: Int = 400,
      subschemas: Int = 20_000,
      patternBytes: Int = 262_144,
      steps: Int = 1_000_000,
      patternMilliseconds: Int = 2_000
    ) {
      self.depth = depth
      self.subschemas = subschemas
      self.patternBytes = patternBytes
      self.steps = steps
      self.patternMilliseconds = patternMilliseconds
    }
  }

  /// One way in which a value does not fit the schema.
  public struct Violation: Sendable, Hashable {
    /// The offending value as a JSON Pointer; empty for the whole value.
    public let path: String
    /// The keyword that is violated; empty where the whole schema is `false` or too expensive.
    public let keyword: String
    /// That keyword's place in the schema, as a JSON Pointer; behind its URI and '#' in another document.
    public let schemaPath: String
    /// One sentence for people, in which foreign values are shortened to 64 characters.
    public let message: String
  }

  let program: SchemaProgram

  /// Compiles `schema`; `documents` are further schemas by their absolute URI.
  public init(_ schema: JSON, documents: [String: JSON] = [:], limits: Limits = Limits()) throws(JSONSchemaError) {
    var compiler = SchemaCompiler(documents: documents, limits: limits)
    program = try compiler.compile(schema)
  }

  /// Whether `value` fits. Stops at the first violation. Takes no memory from the heap while the answer stays yes, save for
  /// numbers beyond 18 digits, `uniqueItems` over more than eight items, `unevaluated…` over more than 64, `$dynamicRef`,
  /// and a pattern's first use.
  public func isValid(_ value: JSON) -> Bool { program.isValid(value) }

  /// Every violation in the order of evaluation, at most `limit` (at least one is reported for a value that does not fit).
  public func violations(in value: JSON, limit: Int = 100) -> [Violation] {
    program.isValid(value) ? [] : program.violations(in: value, limit: max(1, limit))
  }

  /// As `violations`, without the short way for values that fit: lets tests compare the two ways.
  package func evaluatedViolations(in value: JSON, limit: Int = 100) -> [Violation] {
    program.violations(in: value, limit: max(1, limit))
  }
}

extension JSONSchema.Violation: CustomStringConvertible {
  public var description: String { message }
}
