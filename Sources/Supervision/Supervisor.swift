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
  /// Tools that are offered and that nobody is given, by worker and name.
  package private(set) var withheld: [WithheldTool] = [] {
    didSet { if withheld != oldValue { onWithheld?() } }
  }
  package var onWithheld: (() -> Void)?
  /// nil: not known yet; no tool of a pinned kind is in the catalog.
  package var pins: ToolPins? { didSet { rebuildCatalog() } }
  /// Writes first pins down, and says by `pinned` that they are.
  package var onFirstOffer: ((_ kind: String, [ToolPin]) -> Void)?
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

  func toolsChanged(_ kind: WorkerKind) {
    guard kinds[kind.manifest.name] === kind else { return }
    rebuildCatalog()
    kind.refuseWithdrawn()
  }

  /// Why nobody can call a tool that some worker offers; nil: nobody offers it.
  package func refusal(ofWithheld tool: String) -> WireError? {
    let known = withheld.filter { $0.name == tool }
    guard let found = known.first(where: { $0.reason == .changed }) ?? known.first else { return nil }
    var data: JSONObject = ["tool": .string(tool), "worker": .string(found.worker)]
    guard found.reason == .changed else {
      return WireError(
        .unknownTool,
        "tool '\(tool)' of worker '\(found.worker)' is withheld: \(found.message)",
        data: data
      )
    }
    data["digest"] = .string(found.digest)
    return WireError(
      .toolChanged,
      "tool '\(tool)' of worker '\(found.worker)' is withheld: \(found.message); "
        + "a person has to accept it ('bulkhead mcp accept \(found.worker)')",
      data: data
    )
  }

  private func rebuildCatalog() {
    let built = Catalog(of: Array(kinds.values), previous: catalog, pins: pins, log: log)
    catalog = built.entries
    withheld = built.withheld
    for kind in kinds.values { kind.isBeingPinned = kind.manifest.isPinned && pins == nil }
    for (kind, _) in built.unpinned { kind.isBeingPinned = true }
    onCatalog?()
    for (kind, offers) in built.unpinned { firstOffer(offers, kind.manifest.name) }
  }

  /// Asked for once, however often the catalog is built meanwhile.
  private func firstOffer(_ offers: [ToolPin], _ kind: String) {
    let new = offers.filter { beingPinned[kind]?.contains($0.tool.name) != true }
    guard !new.isEmpty else { return }
    beingPinned[kind, default: []].formUnion(new.map(\.tool.name))
    onFirstOffer?(kind, new)
  }

  /// What was offered first is on disk, or could not be written; then it is asked for again with the next catalog.
  package func pinned(_ kind: String, _ offers: [ToolPin], isWritten: Bool) {
    beingPinned[kind]?.subtract(offers.map(\.tool.name))
    guard isWritten, var known = pins else { return }
    for offer in offers { known[kind, offer.tool.name] = offer }
    pins = known
  }

  /// Offers that are on their way to the journal, by kind.
  private var beingPinned: [String: Set<String>] = [:]

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
