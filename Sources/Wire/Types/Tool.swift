public import JSON

/// A tool as its worker offers it.
public struct Tool: Sendable, Equatable {
  /// 1 … 128 of `A–Z a–z 0–9 _ . -`, unique in the catalog.
  public var name: String
  /// For people and models.
  public var description: String
  /// JSON Schema 2020-12 of the input, which is an object.
  public var inputSchema: JSON
  public var outputSchema: JSON?
  /// May be invoked again after an interrupted attempt, with the same idempotency key.
  public var isIdempotent: Bool
  /// Has no effect outside its output.
  public var isPure: Bool
  /// For how long an output of a pure tool may be given again for the same input; nil: not at all.
  public var cacheTTLMS: Int64?
  /// Its output is for its caller alone: nobody keeps, shows or logs it. Such a tool is idempotent and not pure.
  public var hasSecretOutput: Bool
  /// Every call waits for a person, whatever the policy says. Such a tool is not pure.
  public var needsApproval: Bool
  /// What every call needs and may use at most.
  public var needs: Needs?
  public var limits: ResourceLimits?
  public var meta: JSON?

  public init(
    name: String,
    description: String,
    inputSchema: JSON,
    outputSchema: JSON? = nil,
    isIdempotent: Bool = false,
    isPure: Bool = false,
    cacheTTLMS: Int64? = nil,
    hasSecretOutput: Bool = false,
    needsApproval: Bool = false,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil,
    meta: JSON? = nil
  ) {
    self.name = name
    self.description = description
    self.inputSchema = inputSchema
    self.outputSchema = outputSchema
    self.isIdempotent = isIdempotent
    self.isPure = isPure
    self.cacheTTLMS = cacheTTLMS
    self.hasSecretOutput = hasSecretOutput
    self.needsApproval = needsApproval
    self.needs = needs
    self.limits = limits
    self.meta = meta
  }

  /// Whether `name` may name a tool.
  public static func isValidName(_ name: String) -> Bool {
    (1...Limit.toolNameBytes).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

extension Tool: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    let name = try fields.require("name", String.self)
    guard Self.isValidName(name) else {
      throw .invalidParams(
        fields.path("name"),
        "\(quoted(name)) is no tool name: 1 to \(Limit.toolNameBytes) of A-Z a-z 0-9 _ . - are due"
      )
    }
    let description = try fields.require("description", String.self)
    if description.utf8.count > Limit.descriptionBytes {
      throw .limitExceeded(
        "description_bytes",
        "description of tool '\(name)'",
        value: description.utf8.count,
        limit: Limit.descriptionBytes
      )
    }
    guard let inputSchema = try Self.schema("input_schema", of: name, &fields) else {
      throw .invalidParams(fields.path("input_schema"), "missing member 'input_schema' of tool '\(name)'")
    }
    guard case .object = inputSchema else {
      throw .invalidParams(
        fields.path("input_schema"),
        "input_schema of tool '\(name)' is \(inputSchema.typeName) where object is due"
      )
    }
    self.init(
      name: name,
      description: description,
      inputSchema: inputSchema,
      outputSchema: try Self.schema("output_schema", of: name, &fields),
      isIdempotent: try fields.optional("idempotent") ?? false,
      isPure: try fields.optional("pure") ?? false,
      cacheTTLMS: try fields.integer("cache_ttl_ms", in: 1...Limit.timeoutMS),
      hasSecretOutput: try fields.optional("secret_output") ?? false,
      needsApproval: try fields.optional("needs_approval") ?? false,
      needs: try fields.body("needs"),
      limits: try fields.body("limits"),
      meta: try fields.optional("meta")
    )
    if cacheTTLMS != nil, !isPure {
      throw .invalidParams(
        fields.path("cache_ttl_ms"),
        "tool '\(name)' has 'cache_ttl_ms' and is not 'pure': what has an effect cannot be answered from a cache"
      )
    }
    if hasSecretOutput, !isIdempotent || isPure {
      throw .invalidParams(
        fields.path("secret_output"),
        "tool '\(name)' has 'secret_output' and is \(isPure ? "'pure'" : "not 'idempotent'"): "
          + "what nobody keeps is got again by another call"
      )
    }
    if needsApproval, isPure {
      throw .invalidParams(
        fields.path("needs_approval"),
        "tool '\(name)' has 'needs_approval' and is 'pure': what a person decides is decided for each call"
      )
    }
  }

  /// The tools that a worker offers: a bounded list without a name twice.
  package static func offer(_ fields: inout Fields) throws(WireError) -> [Tool] {
    let tools: [Tool] = try fields.requireBodies("tools", limit: Limit.tools)
    var seen: Set<String> = []
    for (i, tool) in tools.enumerated() where !seen.insert(tool.name).inserted {
      throw .invalidParams("/tools/\(i)/name", "tool '\(tool.name)' is offered twice")
    }
    return tools
  }

  private static func schema(_ member: StaticString, of tool: String, _ fields: inout Fields) throws(WireError) -> JSON?
  {
    guard let schema = try fields.optional(member, JSON.self) else { return nil }
    let size = schema.serialized().count
    if size > Limit.schemaBytes {
      throw .limitExceeded("schema_bytes", "\(member) of tool '\(tool)'", value: size, limit: Limit.schemaBytes)
    }
    return schema
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("name", name)
    writer.member("description", description)
    writer.member("input_schema", inputSchema)
    writer.member("output_schema", outputSchema)
    if isIdempotent { writer.member("idempotent", true) }
    if isPure { writer.member("pure", true) }
    writer.member("cache_ttl_ms", cacheTTLMS)
    if hasSecretOutput { writer.member("secret_output", true) }
    if needsApproval { writer.member("needs_approval", true) }
    writer.member("needs", needs)
    writer.member("limits", limits)
    writer.member("meta", meta)
  }
}
