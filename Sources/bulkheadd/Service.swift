internal import CLinux
internal import Coordinator
internal import Glibc
internal import JSON
internal import Logging
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
  private let lock: SocketLock?
  private let ownSocket: String?
  private var isEnding = false

  static let identity = Peer(name: "bulkheadd", version: "0.1.0")

  init(_ settings: Settings, _ environment: [String: String]) throws {
    ignoreBrokenPipes()
    loop = try EventLoop()
    log = settings.log
    notifier = ServiceNotifier(environment)
    // Before the first thread, so that all inherit the mask.
    let pending = SignalBox()
    signals = try SignalSource([SIGTERM, SIGINT, SIGHUP], on: loop) { pending.handler?($0) }

    let activated = try Sockets.activated(environment)
    lock = activated == nil ? try Self.takeLock(settings.socket) : nil
    ownSocket = activated == nil ? settings.socket : nil
    let raw = try activated ?? Sockets.listen(at: settings.socket, mode: settings.socketMode, group: settings.group)

    let workerPath = settings.workerPath
    let supervisor = Supervisor(
      loop: loop,
      spawner: try Spawner(),
      launcher: DirectLauncher(environment: environment, credentials: settings.workerCredentials),
      log: log,
      identity: Self.identity
    )
    coordinator = Coordinator(loop: loop, supervisor: supervisor, blobs: Blobs(), log: log, identity: Self.identity) {
      let registry = WorkerRegistry(searching: workerPath)
      return (registry.manifests, registry.errors)
    }
    coordinator.socketPath = settings.socket
    listener = try ClientListener(
      Descriptor(owning: raw),
      coordinator,
      allowedUIDs: [geteuid()],
      allowedGID: settings.group
    )
    pending.handler = { [weak self] in self?.received($0) }
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
    if let ownSocket { unlink(ownSocket) }
    loop.stop()
  }
}

struct StartError: Error, CustomStringConvertible {
  let message: String
  var description: String { message }
}
