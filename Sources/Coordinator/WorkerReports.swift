internal import JSON
internal import Supervision
internal import Wire

extension Coordinator {
  /// One entry per kind of worker for `workers/list`; the form is `protocol/schema/workers-list.json`.
  var workerReports: [JSON] {
    supervisor.kinds.sorted { $0.key < $1.key }.map { name, kind in
      var report: JSONObject = [
        "kind": .string(name),
        "manifest": .string(kind.manifest.source ?? "\(kind.manifest.folder)/worker.json"),
        "command": .array(kind.manifest.command.map { .string($0) }),
        "state": .string(Self.state(of: kind)),
        "tools": .array((kind.tools ?? []).map { .string($0.name) }),
        "restarts": .integer(Int64(kind.instances.reduce(0) { $0 + $1.restarts })),
        "queued": .integer(Int64(kind.queuedCount)),
        "running": .integer(Int64(kind.runningCount)),
        "answered": .integer(Int64(kind.answered)),
        "failed": .integer(Int64(kind.failed)),
        "instances": .array(kind.instances.compactMap(Self.report)),
      ]
      if kind.manifest.isPinned {
        report["pinned"] = true
        report["withheld"] = .array(
          supervisor.withheld.filter { $0.worker == name }.map {
            ["tool": .string($0.name), "reason": .string($0.reason.rawValue), "message": .string($0.message)]
          }
        )
      }
      if let walls = kind.walls { report["jail"] = Self.report(walls) }
      if let peer = kind.peer { report["version"] = .string(peer.version) }
      if let wait = kind.instances.compactMap(\.restartsInMS).min() { report["retry_after_ms"] = .integer(wait) }
      if let error = kind.instances.compactMap(\.lastError).first { report["last_error"] = .string(error) }
      return .object(report)
    }
  }

  private static func report(_ walls: WorkerWalls) -> JSON {
    [
      "grade": .string(walls.grade),
      "profile": .string(walls.profile),
      "network": walls.reachesNetwork ? "outbound" : "none",
      "limits_by": .string(walls.limitsBy),
      "exec_wall": .string(walls.execWall.rawValue),
      "read_paths": .integer(Int64(walls.readable)),
      "write_paths": .integer(Int64(walls.writable)),
    ]
  }

  private static func state(of kind: WorkerKind) -> String {
    if kind.instances.allSatisfy({ $0.isDown }) { return "down" }
    return kind.instances.contains { !$0.isDown && !$0.isThrottled } ? "up" : "throttled"
  }

  private static func report(_ instance: WorkerInstance) -> JSON? {
    guard let state = instance.stateName, let pid = instance.pid else { return nil }
    return [
      "instance": .integer(Int64(instance.number)),
      "generation": .integer(instance.generation),
      "pid": .integer(Int64(pid)),
      "state": .string(state),
      "running": .integer(Int64(instance.runningCount)),
      "answered": .integer(Int64(instance.answered)),
      "started": .string(instance.started),
    ]
  }
}
