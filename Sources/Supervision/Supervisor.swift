package import JSON
package import Logging
package import Posix
package import Transport
internal import Tunnel
package import Wire

/// What workers ask of the coordinator.
package protocol WorkerRequestHandler: AnyObject {
  func worker(
    _ worker: WorkerInstance,
    request id: RequestID,
    _ method: String,
    _ params: JSONObject,
    on connection: Connection
  )
  func worker(_ worker: WorkerInstance, cancels id: RequestID)
  func workerClosed(_ worker: WorkerInstance, _ connection: Connection)
}

/// Keeps every kind of worker running and the catalog of what they offer. Lives on one loop.
package final class Supervisor {
  package let loop: EventLoop
  let spawner: Spawner
  let launcher: any WorkerLauncher
  package let log: Logger
  let identity: Peer
  let queueLimit: Int
  /// Secrets that the operator granted, by worker; read at each start.
  let secrets: (WorkerManifest) throws -> [String: String]
  package weak var handler: (any WorkerRequestHandler)?

  /// Made when a worker that has a place at it is first started; nil: it could not be.
  private lazy var tunnelEnds = makeTunnel()

  package private(set) var kinds: [String: WorkerKind] = [:]
  /// Successors of a kind whose manifest changed; they take its place when they are ready.
  private var successors: [String: WorkerKind] = [:]
  /// Kinds that finish what they have.
  private var leaving: [WorkerKind] = []
  package private(set) var catalog: [String: CatalogEntry] = [:]
  package var onLine: ((LogLine) -> Void)?
  /// Called when tools came, went or changed.
  package var onCatalog: (() -> Void)?
  private var onStopped: (() -> Void)?

  package init(
    loop: EventLoop,
    spawner: Spawner,
    launcher: any WorkerLauncher,
    log: Logger,
    identity: Peer,
    queueLimit: Int = 1024,
    secrets: @escaping (WorkerManifest) throws -> [String: String] = { _ in [:] }
  ) {
    self.loop = loop
    self.spawner = spawner
    self.launcher = launcher
    self.log = log
    self.identity = identity
    self.queueLimit = queueLimit
    self.secrets = secrets
  }

  /// Brings the running kinds in line with `manifests`. Nothing that runs is dropped: a removed kind finishes what it
  /// has, and a changed one serves until its successor is ready.
  package func apply(_ manifests: [String: WorkerManifest]) -> WorkersReload.Response {
    var report = WorkersReload.Response()
    for (name, kind) in kinds.sorted(by: { $0.key < $1.key }) where manifests[name] == nil {
      report.removed.append(name)
      kinds[name] = nil
      if let successor = successors.removeValue(forKey: name) { retire(successor) }
      retire(kind)
    }
    for (name, manifest) in manifests.sorted(by: { $0.key < $1.key }) {
      guard let current = kinds[name] else {
        report.added.append(name)
        kinds[name] = makeKind(manifest)
        kinds[name]?.start()
        continue
      }
      if current.manifest == manifest, successors[name] == nil {
        // What waits after a failure, or is down for good, is tried again at once.
        current.start()
        continue
      }
      report.changed.append(name)
      if let waiting = successors.removeValue(forKey: name) { retire(waiting) }
      if current.manifest == manifest { continue }
      let successor = makeKind(manifest, lines: current.lines)
      successors[name] = successor
      successor.start()
    }
    rebuildCatalog()
    return report
  }

  private func makeKind(_ manifest: WorkerManifest, lines: WorkerLog? = nil) -> WorkerKind {
    let kind = WorkerKind(manifest, self, lines: lines)
    kind.lines.onLine = { [weak self] in self?.onLine?($0) }
    return kind
  }

  func becameReady(_ kind: WorkerKind) {
    let name = kind.manifest.name
    guard successors[name] === kind else { return }
    successors[name] = nil
    let old = kinds[name]
    kinds[name] = kind
    rebuildCatalog()
    if let old { retire(old) }
  }

  private func retire(_ kind: WorkerKind) {
    leaving.append(kind)
    stop(kind)
  }

  private func stop(_ kind: WorkerKind) {
    kind.onStopped = { [weak self, weak kind] in
      guard let self else { return }
      leaving.removeAll { $0 === kind }
      if leaving.isEmpty, kinds.isEmpty { finishStopping() }
    }
    kind.stop()
  }

  func toolsChanged(_ kind: WorkerKind) { if kinds[kind.manifest.name] === kind { rebuildCatalog() } }

  private func rebuildCatalog() {
    var catalog: [String: CatalogEntry] = [:]
    for (_, kind) in kinds.sorted(by: { $0.key < $1.key }) {
      for tool in kind.tools ?? [] {
        if let other = catalog[tool.name] {
          log.error(
            "tool is offered twice",
            [
              "tool": .string(tool.name), "worker": .string(kind.manifest.name),
              "taken": .string(other.kind.manifest.name),
            ]
          )
        } else if let old = self.catalog[tool.name], old.kind === kind, old.tool == tool {
          catalog[tool.name] = old
        } else {
          do {
            catalog[tool.name] = try CatalogEntry(tool, kind)
          } catch {
            log.error(
              "tool has a schema that cannot be used",
              ["tool": .string(tool.name), "reason": .string("\(error)")]
            )
          }
        }
      }
    }
    self.catalog = catalog
    onCatalog?()
  }

  private func makeTunnel() -> TunnelEnds? {
    do { return try TunnelEnds() } catch {
      log.error("no tunnel for jailed runs", ["reason": .string(error.description)])
      return nil
    }
  }

  func tunnel(of manifest: WorkerManifest) -> WorkerTunnel? {
    guard let place = manifest.permissions.tunnel, let ends = tunnelEnds else { return nil }
    return WorkerTunnel(ends: ends, place: place)
  }

  /// Whether runs in jails of `kind` can be granted hosts: it has its place at the tunnel, and somebody lets them out.
  package func canGrantHosts(to kind: WorkerKind) -> Bool {
    kind.manifest.permissions.tunnel == .use && manifests.values.contains { $0.permissions.tunnel == .offer }
  }

  /// The kind that should offer `tool` but has not yet, by its manifest.
  package func kindPromising(_ tool: String) -> WorkerKind? {
    kinds.values.first { $0.tools == nil && $0.manifest.tools?.contains(tool) == true }
  }

  /// Ends every kind after what runs, and calls `then` when the last process is gone.
  package func stop(then: @escaping () -> Void) {
    onStopped = then
    let all = Array(kinds.values) + Array(successors.values)
    kinds = [:]
    successors = [:]
    // All are known to leave before the first one, which may be down already, says that it has.
    leaving += all
    for kind in all { stop(kind) }
    if leaving.isEmpty { finishStopping() }
  }

  /// Ends every process now.
  package func stopNow() { for kind in Array(kinds.values) + Array(successors.values) + leaving { kind.stopNow() } }

  private func finishStopping() {
    let then = onStopped
    onStopped = nil
    then?()
  }

  /// What was applied last.
  package var manifests: [String: WorkerManifest] {
    kinds.mapValues(\.manifest).merging(successors.mapValues(\.manifest)) { _, next in next }
  }

  package var allKinds: [WorkerKind] { Array(kinds.values) + Array(successors.values) + leaving }
}
