public import JSON
internal import Wire

/// Why a request to the coordinator gave no result.
public struct ClientError: Error, Sendable {
  /// An open set of names; a name once given keeps its meaning. What the coordinator answers has its own names
  /// (`invalid_input`, `worker_lost`, …), which are passed on unchanged.
  public struct Code: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Nobody listens on the socket.
    public static let unreachable = Code(rawValue: "unreachable")
    /// The socket's modes do not let this user in.
    public static let notPermitted = Code(rawValue: "not_permitted")
    /// The socket lies where somebody else could have put it.
    public static let untrustedSocket = Code(rawValue: "untrusted_socket")
    /// Whoever listens does not speak the protocol.
    public static let notACoordinator = Code(rawValue: "not_a_coordinator")
    public static let versionMismatch = Code(rawValue: "version_mismatch")
    /// The connection ended while the request ran; what became of it is unknown.
    public static let connectionLost = Code(rawValue: "connection_lost")
    public static let cancelled = Code(rawValue: "cancelled")
    public static let deadlineExceeded = Code(rawValue: "deadline_exceeded")
    /// A file of this side could not be read or written.
    public static let file = Code(rawValue: "file")
    /// An artifact's bytes are not those that its digest names.
    public static let corrupted = Code(rawValue: "corrupted")
  }

  public let code: Code
  public let message: String
  /// What the reader can do, when there is something.
  public let hint: String?
  /// Path of the coordinator's socket, where it matters.
  public let socket: String?
  /// Of the system call that failed.
  public let errno: Int32?
  /// Members of the coordinator's `error.data` beside its name.
  public let data: JSONObject

  package init(
    _ code: Code,
    _ message: String,
    hint: String? = nil,
    socket: String? = nil,
    errno: Int32? = nil,
    data: JSONObject = JSONObject()
  ) {
    self.code = code
    self.message = message
    self.hint = hint
    self.socket = socket
    self.errno = errno
    self.data = data
  }

  /// What a connection said about a request.
  init(_ error: WireError, socket: String) {
    if error.name == .connectionClosed {
      self.init(
        .connectionLost,
        "connection to the coordinator was lost: \(error.message)",
        hint: "see 'bulkhead logs' and the coordinator's own log; whether the request took effect is unknown",
        socket: socket
      )
    } else {
      self.init(Code(rawValue: error.name.rawValue), error.message, socket: socket, data: error.data)
    }
  }

  /// Whether no coordinator could be talked to, as opposed to one that refused or failed.
  public var meansUnreachable: Bool {
    switch code {
    case .unreachable, .notPermitted, .untrustedSocket, .notACoordinator, .versionMismatch, .connectionLost: true
    default: false
    }
  }
}

extension ClientError: CustomStringConvertible {
  public var description: String { message + (hint.map { "; hint: \($0)" } ?? "") }
}
