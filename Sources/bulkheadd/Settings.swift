internal import Configuration
internal import Coordinator
internal import Glibc
internal import JSON
internal import Jail
internal import Logging
internal import Posix
internal import Supervision
internal import Wire

/// What the service is started with: configuration, command line and environment put together.
struct Settings {
  let configuration: Configuration
  /// That it was read from; nil: everything is a default.
  let configurationFile: String?
  let locations: Locations
  let environment: [String: String]
  let socket: String
  let state: String
  let workerPath: [String]
  let log: Logger
  let policy: LoadedPolicy
  private let options: Options
  /// The workers that MCP servers are.
  let mcp = MCPKinds()
  /// Members of this group may connect to a system service.
  let group: UInt32?
  /// Of every jail.
  let grade: JailGrade
  /// Part of the control groups that is ours; nil: none.
  var controlGroups: ControlGroupTree?
  /// Whom workers become when the coordinator is root.
  let workerIdentity: (uid: UInt32, gid: UInt32)?

  var socketMode: UInt32 { configuration.mode == .system ? 0o660 : 0o600 }

  init(_ options: Options, _ environment: [String: String]) throws {
    // Who names the state folder needs no home to derive it from.
    let environment = environment.merging(options.state.map { ["XDG_STATE_HOME": $0] } ?? [:]) { $1 }
    let loaded = try Configuration.load(explicit: options.configuration, environment: environment)
    configuration = loaded.configuration
    policy = try loaded.loadPolicy(option: options.environment, environment: environment)
    self.options = options
    configurationFile = loaded.file
    self.environment = environment
    locations = Locations(mode: configuration.mode, environment: environment)
    socket = try locations.socketPath(option: options.socket, configured: configuration.socket)
    state = options.state ?? configuration.state
    workerPath = options.workers + configuration.workerPath.filter { Self.isFolder($0) }
    log = Logger(
      level: try options.logLevel.map(Self.level) ?? Logger.Level(configuration.log.level.rawValue) ?? .info,
      format: try options.logFormat.map(Self.format) ?? Logger.Format(rawValue: configuration.log.format.rawValue)
        ?? .auto
    )
    group = try configuration.mode == .system ? configuration.group.map(Self.groupID) : nil
    workerIdentity = try geteuid() == 0 ? Self.user(configuration.runAs) : nil
    grade = try Self.grade(configuration.jail, workerIdentity)
    // Which variables are secrets is to be known before the first process is started; mistakes are told with the workers'.
    _ = readServers()
  }

  /// Folders of the default path need not exist; those that were asked for are reported when they do not.
  private static func isFolder(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private static func level(_ name: String) throws -> Logger.Level {
    guard let level = Logger.Level(name) else {
      throw Options.UsageError(message: "'--log-level' is '\(name)' where error, warn, info or debug is due")
    }
    return level
  }

  private static func format(_ name: String) throws -> Logger.Format {
    guard let format = Logger.Format(rawValue: name) else {
      throw Options.UsageError(message: "'--log-format' is '\(name)' where auto, text or json is due")
    }
    return format
  }

  private static func groupID(_ name: String) throws -> UInt32 {
    guard let entry = getgrnam(name) else { throw StartError(message: "there is no group '\(name)'") }
    return entry.pointee.gr_gid
  }

  /// Root's coordinator never runs a worker as root, and there is no silent fallback to another user.
  private static func user(_ name: String) throws -> (uid: UInt32, gid: UInt32) {
    guard let entry = getpwnam(name) else {
      throw StartError(
        message:
          "as root, workers run as '\(name)' ('run_as'), and there is no such user; hint: Scripts/setup creates 'bulkhead'"
      )
    }
    guard entry.pointee.pw_uid != 0 else { throw StartError(message: "'run_as' is '\(name)', which is root") }
    return (entry.pointee.pw_uid, entry.pointee.pw_gid)
  }

  /// The manifests of the search path with what the configuration says about each kind.
  func readWorkers(keeping running: [String: WorkerManifest]) -> (manifests: [String: WorkerManifest], errors: [String])
  {
    let registry = WorkerRegistry(searching: workerPath)
    var manifests = registry.manifests(keeping: running)
    var errors = registry.errors
    for (name, settings) in configuration.workers.sorted(by: { $0.key < $1.key }) {
      guard var manifest = manifests[name] else {
        errors.append("configuration: there is no worker '\(name)' in \(workerPath.joined(separator: ", "))")
        continue
      }
      if manifest.permissions.outboundNetwork, !settings.write.isEmpty {
        errors.append("configuration: worker '\(name)' has a network, so nothing may be granted for it to 'write'")
        manifests[name] = nil
        continue
      }
      if !manifest.permissions.credentialHelper, !settings.credentialHelper.isEmpty {
        errors.append(
          "configuration: worker '\(name)' does not ask to be a 'credential_helper', and cannot be granted it"
        )
        manifests[name] = nil
        continue
      }
      manifests[name] = settings.isEnabled ? Self.apply(settings, to: &manifest) : nil
    }
    errors += readServers() + mcp.add(to: &manifests)
    return (manifests, errors)
  }

  /// The MCP servers as their file is now.
  func readServers() -> [String] {
    mcp.read { () throws(ConfigurationError) in
      try Configuration.load(explicit: options.configuration, environment: environment)
        .loadMCP(environment: environment)
    }
  }

  /// Files that say which MCP servers there are, or would if they were there.
  var serverFiles: [String] {
    if case .object = configuration.mcp { return configurationFile.map { [$0] } ?? [] }
    let beside = (configurationFile.map { [$0] } ?? locations.configurationFiles).map {
      "\(Self.folder(of: $0))/mcp.json"
    }
    if case .file(let path) = configuration.mcp { return [path] }
    return beside
  }

  /// The policy as its file is now, or why it cannot be taken.
  func readPolicy() -> Coordinator.PolicyReading {
    do throws(ConfigurationError) {
      let loaded = try Configuration.load(explicit: options.configuration, environment: environment)
      let read = try loaded.loadPolicy(option: options.environment, environment: environment)
      return (read.policy, read.file, [])
    } catch {
      return (nil, nil, error.mistakes.map { "\($0)" })
    }
  }

  /// Files that say what the policy is, or would if they were there.
  var policyFiles: [String] {
    let files = configurationFile.map { [$0] } ?? locations.configurationFiles
    let beside = files.map { "\(Self.folder(of: $0))/policy.yaml" }
    return Array(Set(files + beside + (policy.file.map { [$0] } ?? [])))
  }

  var jobs: JobSettings {
    var jobs = JobSettings()
    jobs.activeJobs = Int(configuration.jobs.active)
    jobs.callTimeout = Milliseconds(configuration.callTimeoutMS)
    jobs.cacheLifetime = Milliseconds(configuration.jobs.cacheMS)
    jobs.toolConcurrency = configuration.jobs.concurrency.mapValues { Int($0) }
    jobs.retention = Milliseconds(configuration.jobs.keepMS)
    return jobs
  }

  private static func apply(_ settings: Configuration.Worker, to manifest: inout WorkerManifest) -> WorkerManifest {
    if let instances = settings.instances { manifest.instances = Int(instances) }
    manifest.concurrency = settings.concurrency ?? manifest.concurrency
    for member in settings.settings.members { manifest.settings[member.key] = member.value }
    manifest.permissions.read += settings.read.filter { !manifest.permissions.read.contains($0) }
    manifest.permissions.write += settings.write.filter { !manifest.permissions.write.contains($0) }
    manifest.permissions.helperPrograms = settings.credentialHelper
    manifest.limits.memoryBytes = settings.limits.memoryBytes ?? manifest.limits.memoryBytes
    manifest.limits.processes = settings.limits.processes ?? manifest.limits.processes
    manifest.limits.fileBytes = settings.limits.fileBytes ?? manifest.limits.fileBytes
    manifest.limits.openFiles = settings.limits.openFiles ?? manifest.limits.openFiles
    manifest.heartbeatMS = settings.heartbeat.intervalMS ?? manifest.heartbeatMS
    manifest.heartbeatTimeoutMS = settings.heartbeat.timeoutMS ?? manifest.heartbeatTimeoutMS
    manifest.graceMS = settings.graceMS ?? manifest.graceMS
    manifest.restart.backoffMS = settings.restart.firstDelayMS ?? manifest.restart.backoffMS
    manifest.restart.maxBackoffMS = settings.restart.longestDelayMS ?? manifest.restart.maxBackoffMS
    manifest.restart.throttleMS = settings.restart.throttleDelayMS ?? manifest.restart.throttleMS
    manifest.restart.resetMS = settings.restart.stableAfterMS ?? manifest.restart.resetMS
    return manifest
  }

  /// Variables of our environment that hold secrets: handed to nobody but in `initialize`.
  var secretVariables: Set<String> {
    var names = Self.modelKeys
    for worker in configuration.workers.values {
      for case .environment(let name) in worker.secrets.values { names.insert(name) }
    }
    for server in mcp.servers.servers.values { names.formUnion(server.variables) }
    return names.subtracting(Self.ordinaryVariables)
  }

  /// What no worker may see of the file system: state, socket, configuration and files with secrets.
  var hiddenFolders: [String] {
    let files = configuration.workers.values.flatMap(\.secrets.values).compactMap { source -> String? in
      if case .file(let path) = source { path } else { nil }
    }
    let servers = mcp.servers.servers.values.flatMap(\.secretFiles) + serverFiles
    return [state, locations.runtimeDirectory] + locations.configurationFiles.map(Self.folder) + files + servers
  }

  /// What a reference of an MCP server may name and everybody may know.
  private static let ordinaryVariables: Set<String> = [
    "HOME", "USER", "LOGNAME", "PATH", "LANG", "SHELL", "TERM", "TZ", "TMPDIR", "PWD",
  ]

  /// `recipes` beside the configuration file, or where one would be.
  var recipeFolders: [String] {
    let files = configurationFile.map { [$0] } ?? locations.configurationFiles
    return files.map { "\(Self.folder(of: $0))/recipes" }
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  /// What a worker gets of the secrets it names: those that the operator granted, read now.
  func secrets(for manifest: WorkerManifest) throws -> [String: String] {
    if manifest.command == [MCPKinds.program],
      let secrets = try mcp.secrets(of: manifest.name, environment: environment)
    {
      return secrets
    }
    var secrets: [String: String] = [:]
    let granted = configuration.workers[manifest.name]?.secrets ?? [:]
    let names = manifest.secrets.contains("*") ? Array(granted.keys) : manifest.secrets
    for name in names {
      guard let source = granted[name] else { continue }
      secrets[name] = try source.read(environment: environment).text
    }
    if manifest.name == "models" {
      for name in Self.modelKeys where secrets[name] == nil {
        guard let value = environment[name], !value.isEmpty else { continue }
        secrets[name] = try SecretSource.environment(name).read(environment: environment).text
      }
    }
    return secrets
  }

  /// Variables in which people keep the keys of model providers. The worker `models` gets those that are set without
  /// another word in the configuration, and no other worker gets them at all.
  private static let modelKeys: Set<String> = [
    "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "TOGETHER_API_KEY",
    "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN", "AZURE_CLIENT_SECRET", "AZURE_SMALL_MODEL_KEY",
    "AZURE_VISION_KEY", "ANY_AGENT_API_KEY",
  ]
}

struct StartError: Error, CustomStringConvertible {
  let message: String
  var description: String { message }
}
