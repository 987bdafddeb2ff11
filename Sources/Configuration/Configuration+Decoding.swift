internal import JSON
internal import Wire

extension Configuration {
  /// The configuration that `text` describes. Throws every mistake of the text at once.
  package static func decode(
    _ text: [UInt8],
    file: String,
    environment: [String: String]
  ) throws(ConfigurationError) -> LoadedConfiguration {
    let document = YAMLDocument(parsing: text, file: file)
    let reader = ConfigurationReader(file: file, environment: environment, mistakes: document.mistakes)
    let configuration = decode(document.root, environment, reader)
    try reader.mistakes.throwAny()
    return LoadedConfiguration(
      configuration: configuration,
      file: file,
      origins: reader.origins,
      policyNode: reader.policyNode,
      mcpNode: reader.mcpNode
    )
  }

  private static func decode(
    _ root: YAMLNode,
    _ environment: [String: String],
    _ reader: ConfigurationReader
  ) -> Configuration {
    var fields = ConfigurationFields(root, at: "", reader)
    let locations = Locations(mode: fields.choice("mode") ?? .user, environment: environment)
    var it = Configuration(state: "", workerPath: locations.defaultWorkerPath)
    it.mode = locations.mode
    it.socket = fields.path(at: "socket")
    it.decodeState(&fields, locations)
    it.group = fields.name("group", "the name of a group", isAccountName)
    it.runAs = fields.name("run_as", "the name of a user", isAccountName) ?? it.runAs
    it.fourEyes = fields.bool("four_eyes") ?? it.fourEyes
    it.policy = fields.policy()
    it.mcp = fields.mcp()
    it.environment = fields.name("environment", "the name of an environment", isEnvironmentName)
    it.drainTimeoutMS = fields.duration("drain_timeout", in: 0...3_600_000) ?? it.drainTimeoutMS
    it.callTimeoutMS = fields.duration("call_timeout", in: 1...Limit.timeoutMS) ?? it.callTimeoutMS
    it.log = Log(fields.section("log"))
    it.limits = Limits(fields.section("limits"))
    it.jobs = Jobs(fields.section("jobs"))
    it.jail = Jail(fields.section("jail"))
    it.decodeWorkers(fields.section("workers"))
    fields.finish()
    it.checkMode(reader)
    return it
  }

  private mutating func decodeState(_ fields: inout ConfigurationFields, _ locations: Locations) {
    if let path = fields.path(at: "state") {
      state = path
    } else if let path = locations.defaultState {
      state = path
    } else if fields.reader.origins["state"] == nil {
      let hint = "set HOME, or 'state' in the configuration"
      fields.reader.report(.location, at: nil, "there is no folder for the state: HOME is not set", hint: hint)
    }
  }

  private func checkMode(_ reader: ConfigurationReader) {
    guard mode == .user else { return }
    func refuse(_ key: String) {
      let hint = "set mode: system; a user's own service has nobody else to tell apart"
      reader.report(.invalidValue, at: reader.origins[key], "'\(key)' needs the system mode", hint: hint)
    }
    if fourEyes { refuse("four_eyes") }
    if group != nil { refuse("group") }
  }

  private mutating func decodeWorkers(_ section: ConfigurationFields) {
    var section = section
    workerPath = section.paths("path") ?? workerPath
    for entry in section.others() {
      let path = section.path(entry.key)
      guard isKind(entry.key) else {
        let hint = "a kind is a lower-case letter, then at most 63 of a-z, 0-9, '-' and '_'"
        section.reader.report(.invalidValue, at: entry.position, "\(quoted(path)) names no kind of worker", hint: hint)
        continue
      }
      workers[entry.key] = Worker(ConfigurationFields(entry.value, at: path, section.reader))
    }
  }
}

extension Configuration.Log {
  fileprivate init(_ fields: ConfigurationFields) {
    var fields = fields
    level = fields.choice("level") ?? level
    format = fields.choice("format") ?? format
    fields.finish()
  }
}

extension Configuration.Limits {
  fileprivate init(_ fields: ConfigurationFields) {
    var fields = fields
    clients = fields.integer("clients", in: 1...65_536) ?? clients
    queue = fields.integer("queue", in: 1...1_000_000) ?? queue
    artifact = fields.size("artifact", in: 1...Int64(Limit.artifactBytes)) ?? artifact
    artifacts = fields.size("artifacts", in: 1...(1 << 50)) ?? artifacts
    uploads = fields.integer("uploads", in: 1...4_096) ?? uploads
    uploadsPerConnection = fields.integer("uploads_per_connection", in: 1...4_096) ?? uploadsPerConnection
    fields.finish()
  }
}

extension Configuration.Jobs {
  fileprivate init(_ fields: ConfigurationFields) {
    var fields = fields
    active = fields.integer("active", in: 1...100_000) ?? active
    keepMS = fields.duration("keep", in: 0...315_360_000_000) ?? keepMS
    cacheMS = fields.duration("cache", in: 0...86_400_000) ?? cacheMS
    var tools = fields.section("concurrency")
    for entry in tools.others() {
      let path = tools.path(entry.key)
      guard Tool.isValidName(entry.key) else {
        let hint = "1 to 128 of A-Z a-z 0-9 _ . -"
        tools.reader.report(.invalidValue, at: entry.position, "\(quoted(path)) names no tool", hint: hint)
        continue
      }
      concurrency[entry.key] = tools.integer(entry.key, in: 1...1_024_000)
    }
    tools.finish()
    fields.finish()
  }
}

extension Configuration.Jail {
  fileprivate init(_ fields: ConfigurationFields) {
    var fields = fields
    grade = fields.name("grade", "the name of a grade", isWord) ?? grade
    loosen = fields.names("loosen", "the name of a part of the wall", isWord) ?? loosen
    fields.finish()
  }
}

extension Configuration.Worker {
  fileprivate init(_ fields: ConfigurationFields) {
    var fields = fields
    isEnabled = fields.bool("enabled") ?? isEnabled
    instances = fields.integer("instances", in: 0...1_024)
    concurrency = fields.integer("concurrency", in: 1...Int64(Limit.concurrency))
    decodeSettings(&fields)
    secrets = SecretSource.decode(fields.section("secrets"))
    read = fields.plainPaths("read")
    write = fields.plainPaths("write")
    credentialHelper = fields.plainPaths("credential_helper")
    limits = ResourceLimits(fields.section("limits"))
    heartbeat = Heartbeat(fields.section("heartbeat"))
    graceMS = fields.duration("grace", in: 0...600_000)
    restart = Restart(fields.section("restart"))
    fields.finish()
  }

  private mutating func decodeSettings(_ fields: inout ConfigurationFields) {
    guard let node = fields.take("settings"), node.content != .mistaken else { return }
    guard case .object(let source) = node.source, case .object(let object) = fields.reader.json(node) else {
      let message = "\(quoted(fields.path("settings"))) is \(node.typeName) where mapping is due"
      fields.reader.report(.wrongType, at: node.position, message)
      return
    }
    settings = object
    settingsSource = source
  }
}

extension Configuration.Worker.Heartbeat {
  fileprivate init(_ fields: ConfigurationFields) {
    var fields = fields
    intervalMS = fields.duration("interval", in: 10...86_400_000)
    timeoutMS = fields.duration("timeout", in: 10...86_400_000)
    fields.finish()
  }
}

extension Configuration.Worker.Restart {
  fileprivate init(_ fields: ConfigurationFields) {
    var fields = fields
    firstDelayMS = fields.duration("first_delay", in: 1...86_400_000)
    longestDelayMS = fields.duration("longest_delay", in: 1...86_400_000)
    throttleDelayMS = fields.duration("throttle_delay", in: 1...86_400_000)
    stableAfterMS = fields.duration("stable_after", in: 1...86_400_000)
    fields.finish()
    if let first = firstDelayMS, let longest = longestDelayMS, first > longest {
      let message = "\(quoted(fields.path("first_delay"))) is longer than 'longest_delay'"
      fields.reader.report(.invalidValue, at: fields.position, message)
    }
  }
}

/// The keys are those of the protocol's `limits` without their units, which the values carry here.
extension ResourceLimits {
  fileprivate init(_ fields: ConfigurationFields) {
    self.init()
    var fields = fields
    wallMS = fields.duration("wall", in: 1...Limit.timeoutMS)
    cpuMS = fields.duration("cpu", in: 1...Limit.timeoutMS)
    memoryBytes = fields.size("memory", in: 1...(1 << 50))
    processes = fields.integer("processes", in: 1...(1 << 22))
    fileBytes = fields.size("file", in: 0...(1 << 50))
    openFiles = fields.integer("open_files", in: 3...(1 << 20))
    outputBytes = fields.size("output", in: 0...(1 << 40))
    workspaceBytes = fields.size("workspace", in: 0...(1 << 50))
    fields.finish()
  }
}

/// The name of a user or group as useradd(8) makes them, or a number.
private func isAccountName(_ name: String) -> Bool {
  (1...32).contains(name.utf8.count) && !name.hasPrefix("-")
    && name.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == "_" || $0 == "-" || $0 == "." }
}

private func isEnvironmentName(_ name: String) -> Bool {
  (1...128).contains(name.utf8.count)
    && name.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == "_" || $0 == "-" || $0 == "." || $0 == "/" }
}

private func isLower(_ byte: UInt8) -> Bool { isLetter(byte) && byte & 0x20 != 0 }

private func isKind(_ name: String) -> Bool {
  guard let first = name.utf8.first, isLower(first), name.utf8.count <= 64 else { return false }
  return name.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == "-" || $0 == "_" }
}

private func isWord(_ name: String) -> Bool { isKind(name) }
