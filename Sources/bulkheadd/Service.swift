internal import BlobStore
internal import CLinux
internal import Configuration
internal import Coordinator
internal import Glibc
internal import JSON
internal import Jail
internal import Journal
internal import Logging
internal import Policy
internal import Posix
internal import Supervision
internal import Wire

/// The running service: what is opened at the start, in order, and closed at the end, in reverse.
final class Service {
  private let loop: EventLoop
  private let log: Logger
  private let notifier: ServiceNotifier
  private let coordinator: Coordinator
  private let listener: ClientListener
  private var signals: SignalSource?
  private let policyWatch: FileWatch
  private let serverWatch: FileWatch
  private let lock: SocketLock?
  private let ownSocket: String?
  private var isEnding = false

  static let identity = Peer(name: "bulkheadd", version: "0.1.0")

  init(_ settings: Settings) throws {
    var settings = settings
    let environment = settings.environment
    ignoreBrokenPipes()
    try Secrecy.seal()
    Secrecy.scrub(settings.secretVariables)
    Self.raiseDescriptorLimit()
    loop = try EventLoop()
    log = settings.log
    notifier = ServiceNotifier(environment)
    // Before the first thread, so that all inherit the mask.
    let pending = SignalBox()
    signals = try SignalSource([SIGTERM, SIGINT, SIGHUP], on: loop) { pending.handler?($0) }

    try settings.locations.prepareRuntimeDirectory()
    try settings.locations.prepareStateDirectory(settings.state)
    let activated = try Sockets.activated(environment)
    lock = activated == nil ? try Self.takeLock(settings.socket) : nil
    ownSocket = activated == nil ? settings.socket : nil
    // The journal's lock says whose the state folder is: before it is held, nothing in there is touched.
    let journal = try Journal(
      folder: settings.state,
      version: Self.identity.version,
      on: loop,
      headInterval: settings.policy.policy.audit.signEvery
    )
    let raw = try activated ?? Sockets.listen(at: settings.socket, mode: settings.socketMode, group: settings.group)

    settings.controlGroups = Self.claimControlGroups(settings.log)
    var limits = BlobStore.Limits()
    limits.artifactBytes = settings.configuration.limits.artifact
    limits.storeBytes = settings.configuration.limits.artifacts
    limits.uploads = Int(settings.configuration.limits.uploads)
    limits.uploadsPerOwner = Int(settings.configuration.limits.uploadsPerConnection)
    let blobs = Blobs(try BlobService("\(settings.state)/blobs", limits: limits, on: loop))
    let supervisor = Supervisor(
      loop: loop,
      spawner: try Spawner(),
      launcher: JailedLauncher(
        environment: environment.filter { !settings.secretVariables.contains($0.key) },
        credentials: settings.workerIdentity,
        grade: settings.grade,
        loosened: settings.configuration.jail.loosen,
        controlGroups: settings.controlGroups,
        hidden: settings.hiddenFolders
      ),
      log: log,
      identity: Self.identity,
      queueLimit: Int(settings.configuration.limits.queue)
    ) { try settings.secrets(for: $0) }
    coordinator = Coordinator(
      loop: loop,
      supervisor: supervisor,
      blobs: blobs,
      journal: journal,
      log: log,
      identity: Self.identity,
      jobSettings: settings.jobs,
      drainTimeout: Milliseconds(settings.configuration.drainTimeoutMS),
      clientLimit: Int(settings.configuration.limits.clients),
      recipeFolders: settings.recipeFolders,
      policy: settings.policy.policy,
      policyFile: settings.policy.file,
      readPolicy: { [settings] in settings.readPolicy() },
      reload: { settings.readWorkers(keeping: supervisor.manifests) }
    )
    coordinator.socketPath = settings.socket
    listener = try ClientListener(
      Descriptor(owning: raw),
      coordinator,
      allowedUIDs: [geteuid()],
      allowedGID: settings.group
    )
    policyWatch = try FileWatch(settings.policyFiles, on: loop) { [coordinator] in coordinator.rereadPolicy() }
    serverWatch = try FileWatch(settings.serverFiles, on: loop) { [coordinator] in coordinator.reloadWorkers() }
    pending.handler = { [weak self] in self?.received($0) }
  }

  /// Each client takes one descriptor and each worker four; the customary soft limit of 1,024 is for programs that use
  /// select(2). Workers get limits of their own.
  private static func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, 1 << 16)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// What a service manager has delegated to us, if it has. Without, watchdogs limit memory and processes.
  private static func claimControlGroups(_ log: Logger) -> ControlGroupTree? {
    do {
      let tree = try ControlGroupTree.find()
      try tree.claim()
      let controllers = JSON.array(tree.controllers.map { .string($0) })
      log.info("control groups are delegated", ["path": .string(tree.path), "controllers": controllers])
      return tree
    } catch {
      log.debug("no control groups", ["reason": .string("\(error)")])
      return nil
    }
  }

  private final class SignalBox {
    var handler: ((Int32) -> Void)?
  }

  private static func takeLock(_ socket: String) throws -> SocketLock {
    do throws(PosixError) {
      return try SocketLock(socket + ".lock")
    } catch {
      if error.errno == EAGAIN { throw StartError(message: "another coordinator runs at '\(socket)'") }
      throw error
    }
  }

  /// Serves until it is told to end.
  func run() {
    log.info(
      "bulkheadd is up",
      [
        "version": .string(Self.identity.version), "pid": .integer(Int64(getpid())),
        "socket": .string(coordinator.socketPath),
      ]
    )
    coordinator.reloadWorkers()
    coordinator.recoverJobs()
    notifier.send("READY=1\nSTATUS=running\nMAINPID=\(getpid())")
    coordinator.onShutdown = { [weak self] in self?.finish() }
    loop.run()
    log.info("bulkheadd is down")
  }

  private func received(_ signal: Int32) {
    switch signal {
    case SIGHUP:
      notifier.send("RELOADING=1")
      coordinator.reloadWorkers()
      coordinator.rereadPolicy()
      notifier.send("READY=1")
    default:
      if isEnding {
        log.warn("second signal: ending now")
        coordinator.stopNow()
      } else {
        isEnding = true
        coordinator.drain {}
      }
      notifier.send("STOPPING=1")
    }
  }

  private func finish() {
    listener.stop()
    coordinator.blobs.close()
    coordinator.journal.close()
    if let ownSocket { unlink(ownSocket) }
    loop.stop()
  }
}
