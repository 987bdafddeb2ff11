internal import JSON
internal import Supervision
internal import Wire

extension Coordinator {
  /// One entry per kind of worker for `workers/list`; new members may be added.
  var workerReports: [JSON] {
    supervisor.kinds.sorted { $0.key < $1.key }.map { name, kind in
      var report: JSONObject = [
        "name": .string(name),
        "command": .array(kind.manifest.command.map { .string($0) }),
        "folder": .string(kind.manifest.folder),
        "tools": .array((kind.tools ?? []).map { .string($0.name) }),
        "queued": .integer(Int64(kind.queuedCount)),
        "running": .integer(Int64(kind.runningCount)),
        "answered": .integer(Int64(kind.answered)),
        "failed": .integer(Int64(kind.failed)),
        "instances": .array(kind.instances.map(Self.report)),
      ]
      if let peer = kind.peer { report["worker"] = ["name": .string(peer.name), "version": .string(peer.version)] }
      return .object(report)
    }
  }

  private static func report(_ instance: WorkerInstance) -> JSON {
    var report: JSONObject = [
      "instance": .integer(Int64(instance.number)),
      "state": .string(instance.stateName),
      "generation": .integer(instance.generation),
      "restarts": .integer(Int64(instance.restarts)),
      "running": .integer(Int64(instance.runningCount)),
    ]
    if let pid = instance.pid { report["pid"] = .integer(Int64(pid)) }
    if let uptime = instance.uptimeMS { report["uptime_ms"] = .integer(uptime) }
    if let error = instance.lastError { report["error"] = .string(error) }
    return .object(report)
  }
}
