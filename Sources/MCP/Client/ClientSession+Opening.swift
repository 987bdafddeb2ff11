internal import JSON

extension ClientSession {
  /// How far the opening is.
  struct Opening {
    /// When it has failed.
    var ends: Int64?
    /// When a server that is silent is taken for a legacy one.
    var probeEnds: Int64?
    /// Modern versions that were tried.
    var probes = 0
    /// Legacy openings that were tried.
    var handshakes = 0
    /// A modern server has shown itself: there is no way back.
    var isModern = false
  }

  /// Openings of either era at most, so that no server can send us round in circles.
  private static let mostTries = 3

  /// Opens it. Once.
  package mutating func start(now: Int64) -> [ClientEffect] {
    precondition(stage == .unopened, "a session is started once")
    return open(now: now)
  }

  mutating func open(now: Int64) -> [ClientEffect] {
    opening = Opening(ends: now + settings.openMS)
    let version = settings.demanded ?? settings.remembered ?? server?.version ?? .latest
    return version.era == .modern ? probe(version, now: now) : initialize(now: now)
  }

  private var legacyAllowed: Bool { !opening.isModern && settings.demanded?.era != .modern }
  private var modernAllowed: Bool { settings.demanded?.era != .legacy }

  // MARK: Modern

  private mutating func probe(_ version: MCPVersion, now: Int64) -> [ClientEffect] {
    guard opening.probes < Self.mostTries else { return noVersion("the server refuses each version that it offers") }
    opening.probes += 1
    stage = .probing
    let mayBeLegacy = settings.channel == .lines && legacyAllowed
    opening.probeEnds = mayBeLegacy ? now + settings.probeMS : nil
    let id = newMessageID()
    waiting[id] = .probe
    let params: JSONObject = ["_meta": .object(requestMeta(version, [:]))]
    return [.send(outgoing(.request(id, method: "server/discover", params: params), version))]
  }

  /// A result of `server/discover`, which may come late: after we took the server for a legacy one.
  mutating func discovered(_ result: JSONObject, now: Int64) -> [ClientEffect] {
    guard stage == .probing || stage == .initializing else { return [] }
    guard let versions = result["supportedVersions"]?.arrayValue else {
      counters.malformed += 1
      return legacyAllowed && stage == .probing
        ? initialize(now: now) : end(ClientFailure(.badAnswer, "the server's discovery names no versions"))
    }
    let known = versions.prefix(64).compactMap { $0.stringValue.flatMap { MCPVersion(rawValue: $0) } }
    opening.isModern = true
    guard let version = choose(known.filter { $0.era == .modern }) else {
      // A server of both eras that has none of our modern versions may be opened the old way.
      opening.isModern = false
      if legacyAllowed, choose(known) != nil { return stage == .probing ? initialize(now: now) : [] }
      return noVersion("the server speaks \(Self.names(versions))")
    }
    return opened(
      ServerIntroduction(
        version: version,
        info: Implementation(result["_meta"]?[MetaKey.server]),
        capabilities: ServerCapabilities(result["capabilities"]?.objectValue ?? [:]),
        instructions: result["instructions"]?.stringValue?.cut(toBytes: 64 << 10)
      ),
      now: now
    )
  }

  /// An error as the answer to `server/discover`.
  mutating func probeRefused(_ error: RPCError, now: Int64) -> [ClientEffect] {
    guard stage == .probing else { return [] }
    if let versions = error.supportedVersions, error.code == .unsupportedVersion {
      if let version = choose(versions.filter { $0.era == .modern }) {
        opening.isModern = true
        return probe(version, now: now)
      }
      // It knows of eras, and has only the old one in common with us.
      if legacyAllowed, choose(versions) != nil { return initialize(now: now) }
      return noVersion("the server says: \(error.message)")
    }
    if error.code.isModern { return end(ClientFailure(.server(error.code), error.message, data: error.data)) }
    guard legacyAllowed else { return end(ClientFailure(.server(error.code), error.message, data: error.data)) }
    return initialize(now: now)
  }

  // MARK: Legacy

  /// Opens a legacy session; a probe that is still out there may answer late.
  mutating func initialize(_ version: MCPVersion? = nil, now: Int64) -> [ClientEffect] {
    guard opening.handshakes < Self.mostTries else {
      return noVersion("the server refuses each version that it offers")
    }
    opening.handshakes += 1
    opening.probeEnds = nil
    stage = .initializing
    let demanded = settings.demanded.flatMap { $0.era == .legacy ? $0 : nil }
    let version = version ?? demanded ?? .latestLegacy
    let id = newMessageID()
    waiting[id] = .initialize(version)
    let params: JSONObject = [
      "protocolVersion": .string(version.rawValue),
      "capabilities": .object(settings.capabilities.object),
      "clientInfo": settings.client.json,
    ]
    return [.send(OutgoingMessage(.request(id, method: "initialize", params: params), opensSession: true))]
  }

  mutating func initialized(_ result: JSONObject, now: Int64) -> [ClientEffect] {
    guard stage == .initializing else { return [] }
    let name = result["protocolVersion"]?.stringValue
    guard let version = name.flatMap({ MCPVersion(rawValue: $0) }), version.era == .legacy,
      settings.demanded == nil || settings.demanded == version
    else { return noVersion("the server speaks \(name.map { quoted($0) } ?? "a version that it does not name")") }
    let introduction = ServerIntroduction(
      version: version,
      info: Implementation(result["serverInfo"]),
      capabilities: ServerCapabilities(result["capabilities"]?.objectValue ?? [:]),
      instructions: result["instructions"]?.stringValue?.cut(toBytes: 64 << 10)
    )
    return opened(introduction, now: now)
  }

  mutating func initializeRefused(_ error: RPCError, _ version: MCPVersion, now: Int64) -> [ClientEffect] {
    guard stage == .initializing else { return [] }
    let supported = error.supportedVersions ?? []
    if modernAllowed, let modern = choose(supported.filter { $0.era == .modern }) {
      opening.isModern = true
      return probe(modern, now: now)
    }
    if let older = choose(supported.filter { $0.era == .legacy }), older != version {
      return initialize(older, now: now)
    }
    // What was remembered does not hold any more.
    if opening.probes == 0, settings.demanded == nil { return probe(.latest, now: now) }
    return end(ClientFailure(.server(error.code), error.message, data: error.data))
  }

  // MARK: Open

  private mutating func opened(_ introduction: ServerIntroduction, now: Int64) -> [ClientEffect] {
    stage = .open
    generation += 1
    server = introduction
    // An answer of the other era is late from here on.
    waiting = waiting.filter { $0.value != .probe && !$0.value.isInitialize }
    listening = Listening()
    var effects: [ClientEffect] = []
    if introduction.version.era == .legacy {
      let ready = MCPMessage.notification(method: "notifications/initialized", params: [:])
      effects.append(.send(outgoing(ready, introduction.version)))
    }
    effects.append(.ready(introduction))
    if introduction.version.era == .legacy, introduction.capabilities.logging, let logLevel {
      effects += sendLogLevel(logLevel)
    }
    if settings.listens { effects += listen() }
    let queued = queue
    queue = []
    for id in queued { effects += transmit(id, now: now) }
    return effects
  }

  mutating func sendLogLevel(_ level: LogLevel) -> [ClientEffect] {
    let id = newMessageID()
    waiting[id] = .logLevel
    let params: JSONObject = ["level": .string(level.rawValue)]
    return [.send(outgoing(.request(id, method: "logging/setLevel", params: params)))]
  }

  /// The newest version of `versions` that we may speak.
  private func choose(_ versions: [MCPVersion]) -> MCPVersion? {
    versions.filter { settings.demanded == nil || settings.demanded == $0 }.max()
  }

  private mutating func noVersion(_ detail: String) -> [ClientEffect] {
    let ours = settings.demanded.map { $0.rawValue } ?? MCPVersion.allCases.map { $0.rawValue }.joined(separator: ", ")
    return end(ClientFailure(.noCommonVersion, "no common version: we have \(ours); \(detail)"))
  }

  private static func names(_ versions: [JSON]) -> String {
    versions.prefix(8).map { quoted($0.stringValue ?? "?") }.joined(separator: ", ")
  }

  /// The opening's own request got no answer.
  mutating func openingFailed(_ purpose: Purpose, _ failure: TransportFailure, now: Int64) -> [ClientEffect] {
    switch (purpose, stage, failure.kind) {
    case (.probe, .probing, .refused) where legacyAllowed && settings.channel == .http: return initialize(now: now)
    case (.initialize, .initializing, .refused) where opening.probes == 0 && settings.demanded == nil:
      return probe(.latest, now: now)
    case (.initialize, .initializing, .refused):
      // What a server of the oldest kind says to both eras' requests.
      let hint = "hint: it may speak HTTP with SSE, which is deprecated and not supported"
      return end(ClientFailure(.transport(failure.kind), "\(failure.detail); \(hint)"))
    case (.probe, .probing, _), (.initialize, .initializing, _):
      return end(ClientFailure(.transport(failure.kind), failure.detail))
    default: return []
    }
  }
}

extension ClientSession.Purpose {
  var isInitialize: Bool {
    if case .initialize = self { true } else { false }
  }
}
