package import JSON
internal import Posix
package import Wire

/// `worker.json`: how to start a worker and what it may do. Everything that is not asked for is denied.
/// The exact form is `protocol/schema/manifest.json`.
package struct WorkerManifest: Sendable, Equatable {
  package struct Permissions: Sendable, Equatable {
    /// May open connections to other machines.
    package var outboundNetwork = false
    /// May execute other programs.
    package var exec = false
    package var read: [String] = []
    package var write: [String] = []
    /// May build jails of its own: the sandbox worker.
    package var jails = false

    /// Its place at the tunnel, over which connections of jailed runs reach the network.
    package var tunnel: Tunnel?

    package enum Tunnel: String, Sendable {
      /// Its jailed runs may be granted hosts.
      case use
      /// It lets them out.
      case offer
    }

    /// Building jails is executing, too.
    var mayExec: Bool { exec || buildsJails }

    /// May run the programs of `helperPrograms`, each time in a new jail that has a network: for programs that fetch
    /// credentials. Its tools have secret outputs, all of them.
    package var credentialHelper = false
    /// Programs, and folders that belong to them, that the operator granted for that; without any there is no network.
    package var helperPrograms: [String] = []

    var buildsJails: Bool { jails || credentialHelper }

    /// May read the catalog of tools and recipes, and have plans checked.
    package var planning = false

    /// No file of its own choice, no other machine, no program.
    package var reachesNothing: Bool { !outboundNetwork && !mayExec && read.isEmpty && write.isEmpty }
  }

  package struct Restart: Sendable, Equatable {
    package enum Policy: String, Sendable {
      case always
      case onFailure = "on_failure"
      case never
    }

    package var policy = Policy.always
    /// Wait before the first restart; doubles with each further one.
    package var backoffMS: Int64 = 100
    package var maxBackoffMS: Int64 = 30_000
    /// A process that lived so long sets the wait back to the first.
    package var resetMS: Int64 = 60_000
    /// First wait for the whole kind after a process that ended before its first job was done.
    package var throttleMS: Int64 = 5_000

    package init() {}
  }

  /// The worker's kind; unique.
  package var name: String
  package var description = ""
  /// The program, relative to `folder` when it has a slash, and its arguments.
  package var command: [String]
  /// The manifest's own folder, which is the working folder too.
  package var folder: String
  /// Names that it may offer; nil: any.
  package var tools: [String]?
  /// Kinds of workers that may call its tools, each inside an invocation; nil: everybody, clients and plans included.
  package var callers: [String]?
  /// The first offer of each tool is kept in the journal; one that differs later is withheld until a person accepts it.
  package var isPinned = false
  package var instances = 1
  package var concurrency: Int64?
  package var permissions = Permissions()
  package var secrets: [String] = []
  package var environment: [String] = []
  package var limits = ResourceLimits()
  package var restart = Restart()
  package var startMS: Int64 = 10_000
  /// 0: no heartbeat.
  package var heartbeatMS: Int64 = 10_000
  /// For the answer to a heartbeat; nil: as long as between two of them.
  package var heartbeatTimeoutMS: Int64?
  package var graceMS: Int64 = 2_000
  package var drainMS: Int64 = 30_000
  package var settings = JSONObject()
  /// The file that it comes from; nil: `worker.json` in its folder.
  package var source: String?
  /// Changes with what it stands for beyond its members, such as where its secrets come from.
  package var revision = ""

  package init(name: String, command: [String], folder: String) {
    self.name = name
    self.command = command
    self.folder = folder
  }
}

extension WorkerManifest {
  /// Reads one manifest. The first mistake ends it, named with its path in the document.
  package init(_ json: JSON, folder: String) throws(WireError) {
    var fields = try Fields(json, at: "")
    _ = try fields.optional("$schema", String.self)
    let name = try fields.require("name", String.self)
    guard Self.isValidName(name) else {
      throw .invalidParams("/name", "'/name' is \(quoted(name)) where a-z followed by a-z 0-9 _ - is due, 64 at most")
    }
    guard let command = try fields.strings("command", limit: 256), let program = command.first, !program.isEmpty,
      !command.contains(where: { $0.utf8.contains(0) })
    else { throw .invalidParams("/command", "'/command' is not a program with its arguments") }
    self.init(name: name, command: command, folder: folder)
    description = try fields.optional("description") ?? ""
    tools = try fields.strings("tools", limit: Limit.tools)
    callers = try Self.callers(&fields)
    isPinned = try fields.optional("pinned") ?? false
    instances = Int(try fields.integer("instances", in: 1...1024) ?? 1)
    concurrency = try fields.integer("concurrency", in: 1...Int64(Limit.concurrency))
    if let json = try fields.optional("permissions", JSON.self) { permissions = try Self.permissions(json) }
    secrets = try fields.strings("secrets", limit: 64) ?? []
    environment = try fields.strings("environment", limit: 64) ?? []
    limits = try fields.body("limits") ?? ResourceLimits()
    if let json = try fields.optional("restart", JSON.self) { restart = try Self.restart(json) }
    startMS = try fields.integer("start_ms", in: 1...3_600_000) ?? startMS
    heartbeatMS = try fields.integer("heartbeat_ms", in: 0...3_600_000) ?? heartbeatMS
    graceMS = try fields.integer("grace_ms", in: 1...3_600_000) ?? graceMS
    drainMS = try fields.integer("drain_ms", in: 1...Limit.timeoutMS) ?? drainMS
    settings = try fields.optional("settings") ?? settings
    try fields.finish()
    guard permissions.credentialHelper else { return }
    if callers?.isEmpty != false {
      throw .invalidParams(
        "/callers",
        "a worker with '/permissions/credential_helper' names the 'callers' of its tools"
      )
    }
    if !secrets.isEmpty {
      throw .invalidParams("/secrets", "'/permissions/credential_helper' does not go with 'secrets'")
    }
  }

  private static func callers(_ fields: inout Fields) throws(WireError) -> [String]? {
    guard let names = try fields.strings("callers", limit: 64) else { return nil }
    for (i, name) in names.enumerated() where !isValidName(name) {
      throw .invalidParams("/callers/\(i)", "'/callers/\(i)' is \(quoted(name)), which is no kind of worker")
    }
    return names
  }

  private static func permissions(_ json: JSON) throws(WireError) -> Permissions {
    var fields = try Fields(json, at: "/permissions")
    var permissions = Permissions()
    switch try fields.optional("network", String.self) {
    case nil, "none"?: break
    case "outbound"?: permissions.outboundNetwork = true
    case let other?:
      throw .invalidParams(
        "/permissions/network",
        "'/permissions/network' is \(quoted(other)) where \"none\" or \"outbound\" is due"
      )
    }
    permissions.exec = try fields.optional("exec") ?? false
    permissions.read = try paths("read", &fields)
    permissions.write = try paths("write", &fields)
    permissions.jails = try fields.optional("jails") ?? false
    permissions.credentialHelper = try fields.optional("credential_helper") ?? false
    permissions.planning = try fields.optional("planning") ?? false
    permissions.tunnel = try tunnel(&fields)
    try fields.finish()
    // It has a network and programs, so it gets nothing else to give away.
    if permissions.credentialHelper,
      permissions.outboundNetwork || permissions.exec || permissions.jails || permissions.planning
        || !permissions.read.isEmpty || !permissions.write.isEmpty
    {
      throw .invalidParams(
        "/permissions",
        "'/permissions/credential_helper' goes with no other permission; the operator grants its programs and its folder"
      )
    }
    switch permissions.tunnel {
    case .use? where !permissions.jails:
      throw .invalidParams("/permissions/tunnel", "'/permissions/tunnel' \"use\" goes with 'jails' only")
    case .offer? where !permissions.outboundNetwork:
      throw .invalidParams(
        "/permissions/tunnel",
        "'/permissions/tunnel' \"offer\" goes with 'network' \"outbound\" only"
      )
    default: break
    }
    // Whoever reaches the network gets nothing else, so that what it holds is all it can give away.
    if permissions.outboundNetwork, permissions.exec || permissions.jails || !permissions.write.isEmpty {
      throw .invalidParams(
        "/permissions",
        "'/permissions/network' \"outbound\" goes with neither 'exec', 'jails' nor 'write'"
      )
    }
    return permissions
  }

  private static func tunnel(_ fields: inout Fields) throws(WireError) -> Permissions.Tunnel? {
    guard let name = try fields.optional("tunnel", String.self) else { return nil }
    guard let tunnel = Permissions.Tunnel(rawValue: name) else {
      throw .invalidParams(
        "/permissions/tunnel",
        "'/permissions/tunnel' is \(quoted(name)) where \"use\" or \"offer\" is due"
      )
    }
    return tunnel
  }

  private static func paths(_ name: StaticString, _ fields: inout Fields) throws(WireError) -> [String] {
    let paths = try fields.strings(name, limit: 256) ?? []
    for (i, path) in paths.enumerated() {
      let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
      let isPlain = path == "/" || parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
      guard path.hasPrefix("/"), isPlain, !path.utf8.contains(0) else {
        throw .invalidParams("\(fields.path(name))/\(i)", "\(quoted(path)) is no plain absolute path")
      }
    }
    return paths
  }

  private static func restart(_ json: JSON) throws(WireError) -> Restart {
    var fields = try Fields(json, at: "/restart")
    var restart = Restart()
    if let name = try fields.optional("policy", String.self) {
      guard let policy = Restart.Policy(rawValue: name) else {
        throw .invalidParams(
          "/restart/policy",
          "'/restart/policy' is \(quoted(name)) where \"always\", \"on_failure\" or \"never\" is due"
        )
      }
      restart.policy = policy
    }
    restart.backoffMS = try fields.integer("backoff_ms", in: 1...3_600_000) ?? restart.backoffMS
    restart.maxBackoffMS = try fields.integer("max_backoff_ms", in: 1...3_600_000) ?? restart.maxBackoffMS
    restart.resetMS = try fields.integer("reset_ms", in: 1...86_400_000) ?? restart.resetMS
    restart.throttleMS = try fields.integer("throttle_ms", in: 1...3_600_000) ?? restart.throttleMS
    try fields.finish()
    return restart
  }

  private static func isValidName(_ name: String) -> Bool {
    guard let first = name.utf8.first, (97...122).contains(first), name.utf8.count <= 64 else { return false }
    return name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 || $0 == 45 }
  }
}
