package import JSON

/// The most that one call may use. nil: the tool's default.
public struct ResourceLimits: Sendable, Hashable {
  public var wallMS: Int64?
  public var cpuMS: Int64?
  /// Of the whole process tree, its workspace and `/tmp` included.
  public var memoryBytes: Int64?
  public var processes: Int64?
  /// Of one file.
  public var fileBytes: Int64?
  public var openFiles: Int64?
  /// Of standard output and standard error, each.
  public var outputBytes: Int64?
  public var workspaceBytes: Int64?

  public init() {}
}

extension ResourceLimits: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    wallMS = try fields.integer("wall_ms", in: 1...Limit.timeoutMS)
    cpuMS = try fields.integer("cpu_ms", in: 1...Limit.timeoutMS)
    memoryBytes = try fields.integer("memory_bytes", in: 1...(1 << 50))
    processes = try fields.integer("processes", in: 1...(1 << 22))
    fileBytes = try fields.integer("file_bytes", in: 0...(1 << 50))
    openFiles = try fields.integer("open_files", in: 3...(1 << 20))
    outputBytes = try fields.integer("output_bytes", in: 0...(1 << 40))
    workspaceBytes = try fields.integer("workspace_bytes", in: 0...(1 << 50))
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("wall_ms", wallMS)
    writer.member("cpu_ms", cpuMS)
    writer.member("memory_bytes", memoryBytes)
    writer.member("processes", processes)
    writer.member("file_bytes", fileBytes)
    writer.member("open_files", openFiles)
    writer.member("output_bytes", outputBytes)
    writer.member("workspace_bytes", workspaceBytes)
  }
}
