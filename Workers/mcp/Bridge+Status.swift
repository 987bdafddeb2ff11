internal import JSON
internal import MCP
internal import Posix
internal import WorkerKit

/// What `SERVER.server_status` tells: who the server says it is, what was agreed on, and how soon it answers.
extension Bridge {
  func status(_ call: Call) async throws -> JSON {
    // The first wakes it; how long that takes says nothing of how soon it answers.
    if session?.server == nil { _ = try await perform(.ping, call) }
    let begun = BootTime.now
    _ = try await perform(.ping, call)
    let took = Double(BootTime.now.nanoseconds - begun.nanoseconds) / 1e6
    var status: JSONObject = ["transport": .string(transportName)]
    status["ping_ms"] = JSON((took * 1e3).rounded() / 1e3)
    status["tools"] = .integer(Int64(catalog?.entries.count { $0.act.isItsOwn } ?? 0))
    guard let server = session?.server else { return .object(status) }
    status["protocol"] = .string(server.version.rawValue)
    status["era"] = .string(server.version.era == .modern ? "modern" : "legacy")
    if let info = server.info {
      var shown: JSONObject = [
        "name": .string(shortened(info.name, 256)), "version": .string(shortened(info.version, 256)),
      ]
      shown["title"] = info.title.map { .string(shortened($0, 256)) }
      status["server"] = settings.redact(.object(shown))
    }
    status["capabilities"] = .array(server.capabilities.object.members.map { .string(shortened($0.key, 64)) })
    return .object(status)
  }

  private var transportName: String { if case .http = settings.transport { "http" } else { "stdio" } }
}

extension ToolCatalog.Act {
  /// Whether it is a tool of the server, and none that stands for something else.
  fileprivate var isItsOwn: Bool { if case .tool = self { true } else { false } }
}
