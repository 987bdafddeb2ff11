internal import JSON

extension ClientSession {
  /// How the session hears of lists that change.
  struct Listening {
    /// The subscription's request; nil: there is none.
    var id: MessageID?
    /// When it is asked for again, after it has ended.
    var againAt: Int64?
    var pauseMS = Self.shortestPauseMS

    static let shortestPauseMS: Int64 = 1_000
    static let longestPauseMS: Int64 = 60_000
  }

  /// Subscribes, or opens what a legacy server has for it.
  mutating func listen() -> [ClientEffect] {
    listening.againAt = nil
    guard let server, listening.id == nil else { return [] }
    if server.version.era == .legacy { return settings.channel == .http ? [.openStream] : [] }
    var filter = JSONObject()
    if server.capabilities.toolsListChanged { filter["toolsListChanged"] = true }
    if server.capabilities.promptsListChanged { filter["promptsListChanged"] = true }
    if server.capabilities.resourcesListChanged { filter["resourcesListChanged"] = true }
    if filter.isEmpty { return [] }
    let id = newMessageID()
    listening.id = id
    waiting[id] = .listen
    let params: JSONObject = [
      "notifications": .object(filter), "_meta": .object(requestMeta(server.version, [:])),
    ]
    return [.send(outgoing(.request(id, method: "subscriptions/listen", params: params)))]
  }

  /// The subscription has ended; it is asked for again after a pause that grows.
  mutating func listeningEnded(now: Int64) -> [ClientEffect] {
    guard let id = listening.id else { return [] }
    waiting[id] = nil
    listening.id = nil
    listening.againAt = now + listening.pauseMS
    listening.pauseMS = min(listening.pauseMS * 2, Listening.longestPauseMS)
    return []
  }

  /// The server will not have it, now or later.
  mutating func listeningRefused() -> [ClientEffect] {
    if let id = listening.id { waiting[id] = nil }
    listening.id = nil
    return []
  }

  // MARK: Notifications

  mutating func noticed(_ method: String, _ params: JSONObject, on request: MessageID?, now: Int64) -> [ClientEffect] {
    switch method {
    case "notifications/progress": return progressed(params)
    case "notifications/message": return logged(params, on: request)
    case "notifications/tools/list_changed": return changed(.tools, params, on: request)
    case "notifications/resources/list_changed": return changed(.resources, params, on: request)
    case "notifications/prompts/list_changed": return changed(.prompts, params, on: request)
    case "notifications/cancelled":
      guard let id = MessageID(params["requestId"]) else { break }
      if server?.version.era == .modern { return id == listening.id ? listeningEnded(now: now) : [] }
      return withdrawn(id, now: now)
    case "notifications/subscriptions/acknowledged":
      listening.pauseMS = Listening.shortestPauseMS
      return []
    case "notifications/resources/updated", "notifications/elicitation/complete": return []
    default: break
    }
    counters.strays += 1
    return []
  }

  private mutating func progressed(_ params: JSONObject) -> [ClientEffect] {
    guard let token = MessageID(params["progressToken"]), case .call(let id)? = waiting[token],
      let progress = params["progress"]?.doubleValue, calls[id]?.options.wantsProgress == true,
      progress > calls[id]?.progress ?? -.infinity
    else {
      counters.strays += 1
      return []
    }
    calls[id]?.progress = progress
    let message = params["message"]?.stringValue?.cut(toBytes: RPCError.longestMessage)
    return [.progress(id, ServerProgress(progress: progress, total: params["total"]?.doubleValue, message: message))]
  }

  private mutating func logged(_ params: JSONObject, on request: MessageID?) -> [ClientEffect] {
    guard let level = params["level"]?.stringValue.flatMap({ LogLevel(rawValue: $0) }), let data = params["data"] else {
      counters.malformed += 1
      return []
    }
    // What was not asked for is not passed on.
    guard let logLevel, level >= logLevel else { return [] }
    let logger = params["logger"]?.stringValue?.cut(toBytes: 256)
    return [.log(ServerLog(level: level, logger: logger, data: data, call: owner(of: request)))]
  }

  private mutating func changed(_ list: ListKind, _ params: JSONObject, on request: MessageID?) -> [ClientEffect] {
    guard stage == .open, let server else { return [] }
    if server.version.era == .modern {
      // Only on the subscription that was asked for.
      guard let id = listening.id, request == id || MessageID(params["_meta"]?[MetaKey.subscription]) == id else {
        counters.strays += 1
        return []
      }
    }
    return [.changed(list)]
  }
}
