internal import Glibc
internal import JSON
internal import Posix

/// Where things live, from the mode, the environment and the user. XDG variables that are no absolute paths count as
/// unset (XDG Base Directory Specification 0.8).
package struct Locations: Sendable, Equatable {
  package let mode: Configuration.Mode
  /// The effective user.
  package let uid: UInt32
  private let environment: [String: String]

  package init(mode: Configuration.Mode, environment: [String: String], uid: UInt32 = geteuid()) {
    self.mode = mode
    self.environment = environment
    self.uid = uid
  }

  private func absolute(_ variable: String) -> String? {
    environment[variable].flatMap { $0.hasPrefix("/") ? withoutTrailingSlash($0) : nil }
  }

  private func withoutTrailingSlash(_ path: String) -> String {
    var path = path[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    return String(path)
  }

  private func home(_ variable: String, _ fallback: String) -> String? {
    absolute(variable) ?? absolute("HOME").map { "\($0)/\(fallback)" }
  }

  // MARK: Paths

  /// nil when a user's service has no home.
  package var defaultState: String? {
    mode == .system ? "/var/lib/bulkhead" : home("XDG_STATE_HOME", ".local/state").map { "\($0)/bulkhead" }
  }

  /// `$XDG_DATA_HOME/bulkhead/workers` (user mode), then what the machine's administrator and its packages installed.
  package var defaultWorkerPath: [String] {
    let shared = ["/usr/local/lib/bulkhead/workers", "/usr/lib/bulkhead/workers"]
    guard mode == .user, let data = home("XDG_DATA_HOME", ".local/share") else { return shared }
    return ["\(data)/bulkhead/workers"] + shared
  }

  /// Where the configuration is looked for when none is named: the user's, then the machine's.
  package var configurationFiles: [String] {
    let own = home("XDG_CONFIG_HOME", ".config").map { ["\($0)/bulkhead/bulkhead.yaml"] } ?? []
    return own + ["/etc/bulkhead/bulkhead.yaml"]
  }

  /// Holds the socket. For a user `$XDG_RUNTIME_DIR/bulkhead`, and `/tmp/bulkhead-UID` without that variable.
  package var runtimeDirectory: String {
    if mode == .system { return "/run/bulkhead" }
    return absolute("XDG_RUNTIME_DIR").map { "\($0)/bulkhead" } ?? "/tmp/bulkhead-\(uid)"
  }

  /// What a sockaddr_un holds beside its final NUL (unix(7)).
  package static let socketPathBytes = 107

  /// The first that is given of: the option `--socket`, `BULKHEAD_SOCKET`, the configuration, the runtime directory.
  package func socketPath(option: String?, configured: String?) throws(ConfigurationError) -> String {
    let candidates: [(source: String, path: String?)] = [
      ("--socket", option), ("BULKHEAD_SOCKET", environment["BULKHEAD_SOCKET"]), ("'socket'", configured),
    ]
    let given = candidates.first { !($0.path ?? "").isEmpty }
    let path = given?.path ?? "\(runtimeDirectory)/bulkhead.sock"
    let source = given?.source ?? "the runtime directory"
    guard path.hasPrefix("/"), !path.utf8.contains(0) else {
      throw failure("socket path \(quoted(path)) (from \(source)) is no absolute path")
    }
    let count = path.utf8.count
    guard count <= Self.socketPathBytes else {
      throw failure(
        "socket path of \(count) bytes (from \(source)) exceeds the limit of \(Self.socketPathBytes): \(quoted(path))",
        hint: "name a shorter one with --socket or BULKHEAD_SOCKET"
      )
    }
    return path
  }

  // MARK: Folders

  /// Makes the runtime directory unless it exists, and refuses one that someone else could have put there. A user's is
  /// closed to everyone else; a system service's may be entered, and the socket's own mode decides.
  package func prepareRuntimeDirectory() throws(ConfigurationError) {
    try prepare(runtimeDirectory, mode: mode == .user ? 0o700 : 0o755)
  }

  /// Makes the state directory, with missing parents, closed to everyone else.
  package func prepareStateDirectory(_ path: String) throws(ConfigurationError) {
    try makeParents(of: path)
    try prepare(path, mode: 0o700)
  }

  private func makeParents(of path: String) throws(ConfigurationError) {
    var parent = ""
    for component in path.split(separator: "/").dropLast() {
      parent += "/\(component)"
      guard mkdir(parent, 0o700) == -1, errno != EEXIST else { continue }
      let number = errno
      // Existing parents answer EROFS or EACCES on some file systems before they answer EEXIST.
      var status = stat()
      if stat(parent, &status) == 0 { continue }
      throw failure("folder \(quoted(parent)) cannot be made: \(errnoMessage(number))", errno: number)
    }
  }

  private func prepare(_ path: String, mode: UInt32) throws(ConfigurationError) {
    let isNew = mkdir(path, mode) == 0
    if !isNew, errno != EEXIST {
      let number = errno
      throw failure("folder \(quoted(path)) cannot be made: \(errnoMessage(number))", errno: number)
    }
    do {
      let directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      let raw = directory.raw
      // The mode of a new one went through the umask.
      if isNew { try posix("fchmod") { fchmod(raw, mode) } }
      try verify(try fileStatus(of: directory), path, allowed: mode)
    } catch let error as ConfigurationError {
      throw error
    } catch let error as PosixError {
      let isOther = error.errno == ENOTDIR || error.errno == ELOOP
      let what = isOther ? "is a symbolic link or no folder" : "cannot be opened: \(errnoMessage(error.errno))"
      throw failure("folder \(quoted(path)) \(what)", errno: error.errno)
    } catch {
      throw failure("folder \(quoted(path)) cannot be opened")
    }
  }

  private func verify(_ status: stat, _ path: String, allowed: UInt32) throws(ConfigurationError) {
    guard status.st_uid == uid else {
      throw failure("folder \(quoted(path)) belongs to user \(status.st_uid)", hint: "it must belong to user \(uid)")
    }
    // The system service's folder may be narrower than 0755.
    guard status.st_mode & 0o7777 & ~allowed & 0o077 == 0 else {
      let mode = String(status.st_mode & 0o7777, radix: 8)
      let hint = "chmod \(String(allowed, radix: 8))"
      throw failure("folder \(quoted(path)) has mode \(mode), others can use it", hint: hint)
    }
  }

  private func failure(_ message: String, hint: String? = nil, errno: Int32? = nil) -> ConfigurationError {
    ConfigurationError(ConfigurationError.Mistake(.location, message, hint: hint, errno: errno))
  }
}
