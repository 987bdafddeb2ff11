package import JSON

/// What a call used; absent members were not measured.
public struct Receipt: Sendable, Hashable {
  public var cpuMS: Int64?
  public var wallMS: Int64?
  /// Highest at any time.
  public var memoryBytes: Int64?
  public var readBytes: Int64?
  public var writtenBytes: Int64?
  /// What was used of language models by the call itself; calls made in it have receipts of their own.
  public var models: [ModelUsage] = []

  public static let modelLimit = 8

  public init() {}
}

extension Receipt: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    cpuMS = try fields.integer("cpu_ms")
    wallMS = try fields.integer("wall_ms")
    memoryBytes = try fields.integer("memory_bytes")
    readBytes = try fields.integer("read_bytes")
    writtenBytes = try fields.integer("written_bytes")
    let model = try fields.body("model", ModelUsage.self)
    let models = try fields.bodies("models", ModelUsage.self, limit: Self.modelLimit)
    if model != nil, models != nil {
      throw .invalidParams(
        fields.path("models"),
        "'\(fields.path("models"))' stands beside 'model', which says the same"
      )
    }
    self.models = models ?? model.map { [$0] } ?? []
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("cpu_ms", cpuMS)
    writer.member("wall_ms", wallMS)
    writer.member("memory_bytes", memoryBytes)
    writer.member("read_bytes", readBytes)
    writer.member("written_bytes", writtenBytes)
    // One alone is an object, as it was before there could be several.
    if models.count == 1 { writer.member("model", models[0]) }
    if models.count > 1 { writer.member("models", models) }
  }
}
