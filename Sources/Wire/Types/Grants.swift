package import JSON

/// What a worker as a whole may see: the most that any of its calls can have.
public struct Grants: Sendable, Hashable {
  /// Absolute paths that it may read, with what lies below them.
  public var read: [String] = []
  /// Absolute paths that it may write, and read.
  public var write: [String] = []
  /// Programs, and folders that belong to them, that a helper for credentials may run.
  public var programs: [String] = []

  public init() {}
}

extension Grants: WireBody, IgnoresUnknownMembers {
  package init(from fields: inout Fields) throws(WireError) {
    read = try fields.strings("read", limit: 256) ?? []
    write = try fields.strings("write", limit: 256) ?? []
    programs = try fields.strings("programs", limit: 256) ?? []
  }

  package func encode(into writer: inout JSONWriter) {
    if !read.isEmpty { writer.member("read", read) }
    if !write.isEmpty { writer.member("write", write) }
    if !programs.isEmpty { writer.member("programs", programs) }
  }
}
