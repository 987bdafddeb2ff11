package import JSON

/// What workers wrote to standard error, newest last; with `follow` further lines come as `log` until cancelled.
package struct LogsRead: WireRequest {
  package static let method = "logs/read"

  /// nil: all workers.
  package var worker: String?
  package var lines: Int64
  package var follow: Bool

  package init(worker: String? = nil, lines: Int64 = 100, follow: Bool = false) {
    self.worker = worker
    self.lines = lines
    self.follow = follow
  }

  package init(from fields: inout Fields) throws(WireError) {
    worker = try fields.optional("worker")
    lines = try fields.integer("lines", in: 0...100_000) ?? 100
    follow = try fields.optional("follow") ?? false
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("worker", worker)
    writer.member("lines", lines)
    if follow { writer.member("follow", true) }
  }

  package struct Response: WireBody {
    package var lines: [LogLine]

    package init(lines: [LogLine]) { self.lines = lines }
    package init(from fields: inout Fields) throws(WireError) { lines = try fields.requireBodies("lines") }
    package func encode(into writer: inout JSONWriter) { writer.member("lines", lines) }
  }
}

/// One line of a worker's standard error.
public struct LogLine: Sendable, Hashable {
  /// RFC 3339, UTC.
  public var time: String
  /// The worker's kind.
  public var worker: String
  public var instance: Int64
  public var pid: Int64
  public var text: String

  public init(time: String, worker: String, instance: Int64, pid: Int64, text: String) {
    self.time = time
    self.worker = worker
    self.instance = instance
    self.pid = pid
    self.text = text
  }
}

extension LogLine: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(
      time: try fields.require("time"),
      worker: try fields.require("worker"),
      instance: try fields.require("instance"),
      pid: try fields.require("pid"),
      text: try fields.require("text")
    )
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("time", time)
    writer.member("worker", worker)
    writer.member("instance", instance)
    writer.member("pid", pid)
    writer.member("text", text)
  }
}

/// Coordinator → client: a further line for a `logs/read` that follows.
package struct Log: WireMessage {
  package static let method = "log"

  package var id: RequestID
  package var line: LogLine

  package init(id: RequestID, line: LogLine) {
    self.id = id
    self.line = line
  }

  package init(from fields: inout Fields) throws(WireError) {
    guard let id = try fields.requestID("id") else { throw .invalidParams("/id", "missing member 'id'") }
    self.id = id
    line = try fields.requireBody("line")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("id", id.json)
    writer.member("line", line)
  }
}
