internal import Glibc
internal import Logging
internal import Posix

/// What the service is started with: configuration, command line and environment put together.
struct Settings {
  var socket: String
  var socketMode: UInt32 = 0o600
  var group: UInt32?
  var workerPath: [String]
  var workerCredentials: (uid: UInt32, gid: UInt32)?
  var log: Logger

  init(_ options: Options, _ environment: [String: String]) throws {
    let runtime = environment["XDG_RUNTIME_DIR"].map { "\($0)/bulkhead" } ?? "/tmp/bulkhead-\(getuid())"
    mkdir(runtime, 0o700)
    socket = options.socket ?? environment["BULKHEAD_SOCKET"] ?? "\(runtime)/bulkhead.sock"
    workerPath = options.workers
    log = Logger(
      level: options.logLevel.flatMap { Logger.Level($0) } ?? .info,
      format: options.logFormat.flatMap { Logger.Format(rawValue: $0) } ?? .auto
    )
  }
}
