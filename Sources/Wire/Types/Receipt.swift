package import JSON

/// What a call used; absent members were not measured.
public struct Receipt: Sendable, Hashable {
  public var cpuMS: Int64?
  public var wallMS: Int64?
  /// Highest at any time.
  public var memoryBytes: Int64?
  public var readBytes: Int64?
  public var writtenBytes: Int64?
  /// What was used of a language model by the call itself; calls made in it have receipts of their own.
  public var model: ModelUsage?

  public init() {}
}

extension Receipt: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    cpuMS = try fields.integer("cpu_ms")
    wallMS = try fields.integer("wall_ms")
    memoryBytes = try fields.integer("memory_bytes")
    readBytes = try fields.integer("read_bytes")
    writtenBytes = try fields.integer("written_bytes")
    model = try fields.body("model")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("cpu_ms", cpuMS)
    writer.member("wall_ms", wallMS)
    writer.member("memory_bytes", memoryBytes)
    writer.member("read_bytes", readBytes)
    writer.member("written_bytes", writtenBytes)
    writer.member("model", model)
  }
}
