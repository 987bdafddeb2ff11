internal import Glibc
internal import JSON

/// Where the coordinator's socket is looked for.
public struct SocketLocation: Sendable, Equatable {
  /// What named the path.
  public enum Origin: Sendable, Equatable {
    case argument
    /// `BULKHEAD_SOCKET`.
    case environment
    /// `$XDG_RUNTIME_DIR/bulkhead/bulkhead.sock`.
    case runtimeFolder
    /// `/tmp/bulkhead-UID/bulkhead.sock`, where there is no runtime folder.
    case temporaryFolder
    /// `/run/bulkhead/bulkhead.sock`.
    case system
  }

  public let path: String
  public let origin: Origin

  public init(path: String, origin: Origin) {
    self.path = path
    self.origin = origin
  }

  /// The socket that a client talks to: the one it was told, else the user's own, else the system's.
  /// When none of them exists it is the one that `bulkhead up` would make.
  public static func find(explicit: String? = nil) -> SocketLocation {
    if let explicit { return SocketLocation(path: explicit, origin: .argument) }
    if let path = variable("BULKHEAD_SOCKET") { return SocketLocation(path: path, origin: .environment) }
    let candidates = standard
    return candidates.first { access($0.path, F_OK) == 0 } ?? candidates[0]
  }

  /// The standard places, best first.
  package static var standard: [SocketLocation] {
    var places: [SocketLocation] = []
    if let folder = variable("XDG_RUNTIME_DIR"), folder.hasPrefix("/") {
      places.append(SocketLocation(path: "\(folder)/bulkhead/bulkhead.sock", origin: .runtimeFolder))
    }
    places.append(SocketLocation(path: "/tmp/bulkhead-\(geteuid())/bulkhead.sock", origin: .temporaryFolder))
    places.append(SocketLocation(path: "/run/bulkhead/bulkhead.sock", origin: .system))
    return places
  }

  /// Anybody may make a folder in `/tmp`; only one that is ours alone is believed.
  package func checkTrust() throws(ClientError) {
    guard origin == .temporaryFolder else { return }
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    var status = stat()
    guard lstat(folder, &status) == 0 else { return }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    guard isFolder, status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
      throw ClientError(
        .untrustedSocket,
        "folder \(quoted(folder)) is not this user's alone: owner \(status.st_uid), mode \(octal(status.st_mode))",
        hint: "remove it, or name the socket with --socket or BULKHEAD_SOCKET",
        socket: path
      )
    }
  }
}

/// An environment variable that is set and not empty.
package func variable(_ name: String) -> String? {
  guard let value = getenv(name), value.pointee != 0 else { return nil }
  return String(cString: value)
}

/// The permission bits as `chmod` takes them.
package func octal(_ mode: UInt32) -> String { "0" + String(mode & 0o7777, radix: 8) }
