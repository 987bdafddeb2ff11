package import JSON

/// Coordinator → worker, the first message: who speaks, under which limits, with which secrets.
package struct InitializeWorker: WireRequest, IgnoresUnknownMembers {
  package static let method = "initialize"

  package var version = ProtocolVersion.current
  package var coordinator: Peer
  /// The worker's kind in the configuration.
  package var kind: String
  /// 1 … instances.
  package var instance: Int64
  /// Rises with every start of this instance.
  package var generation: Int64
  package var limits = ConnectionLimits()
  /// Exactly what the manifest names and the operator granted.
  package var secrets: [String: String] = [:]
  package var settings = JSONObject()
  /// Whether it may execute programs; false: it is to give that up before it answers.
  package var mayExec = true
  package var grants = Grants()

  package init(coordinator: Peer, kind: String, instance: Int64, generation: Int64) {
    self.coordinator = coordinator
    self.kind = kind
    self.instance = instance
    self.generation = generation
  }

  package init(from fields: inout Fields) throws(WireError) {
    version = try ProtocolVersion(from: &fields)
    coordinator = try fields.requireBody("coordinator")
    var worker = Fields(try fields.require("worker", JSONObject.self), at: fields.path("worker"))
    kind = try worker.require("kind")
    instance = try worker.require("instance")
    generation = try worker.require("generation")
    limits = try fields.body("limits") ?? ConnectionLimits()
    for member in try fields.optional("secrets", JSONObject.self)?.members ?? [] {
      guard case .string(let value) = member.value else {
        throw .invalidParams("\(fields.path("secrets"))/\(member.key)", "secret \(quoted(member.key)) is no text")
      }
      secrets[member.key] = value
    }
    settings = try fields.optional("settings") ?? JSONObject()
    mayExec = try fields.optional("may_exec") ?? true
    grants = try fields.body("grants") ?? Grants()
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("protocol", version.description)
    writer.member("coordinator", coordinator)
    writer.key("worker")
    writer.beginObject()
    writer.member("kind", kind)
    writer.member("instance", instance)
    writer.member("generation", generation)
    writer.endObject()
    writer.member("limits", limits)
    writer.member(
      "secrets",
      .object(JSONObject(secrets.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }))
    )
    writer.member("settings", .object(settings))
    if !mayExec { writer.member("may_exec", false) }
    if grants != Grants() { writer.member("grants", grants) }
  }

  /// What the worker answers.
  package struct Response: WireBody, IgnoresUnknownMembers {
    package var version = ProtocolVersion.current
    package var worker: Peer
    package var tools: [Tool]
    /// Invocations that the worker takes at a time.
    package var concurrency: Int64
    /// Whether `ping` is answered while invocations run.
    package var alwaysAnswersPing: Bool
    /// Whether it has made itself unable to execute programs; its own word.
    package var hasGivenUpExec = false

    package init(worker: Peer, tools: [Tool], concurrency: Int64 = 1, alwaysAnswersPing: Bool = false) {
      self.worker = worker
      self.tools = tools
      self.concurrency = concurrency
      self.alwaysAnswersPing = alwaysAnswersPing
    }

    package init(from fields: inout Fields) throws(WireError) {
      version = try ProtocolVersion(from: &fields)
      worker = try fields.requireBody("worker")
      tools = try Tool.offer(&fields)
      concurrency = try fields.integer("concurrency", in: 1...Int64(Limit.concurrency)) ?? 1
      switch try fields.optional("answers_ping", String.self) {
      case nil, "idle"?: alwaysAnswersPing = false
      case "always"?: alwaysAnswersPing = true
      case let other?:
        throw .invalidParams("/answers_ping", "'/answers_ping' is \(quoted(other)) where \"idle\" or \"always\" is due")
      }
      hasGivenUpExec = try fields.optional("exec_given_up") ?? false
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("protocol", version.description)
      writer.member("worker", worker)
      writer.member("tools", tools)
      writer.member("concurrency", concurrency)
      writer.member("answers_ping", alwaysAnswersPing ? "always" : "idle")
      if hasGivenUpExec { writer.member("exec_given_up", true) }
    }
  }
}

/// The limits that one side will accept on a connection.
package struct ConnectionLimits: WireBody, IgnoresUnknownMembers, Equatable {
  package var frameBytes = Int64(Limit.frameBytes)
  package var depth = Int64(Limit.depth)
  package var values = Int64(Limit.values)
  package var outputBytes = Int64(Limit.outputBytes)
  package var progressBytes = Int64(Limit.progressBytes)

  package init() {}

  package init(from fields: inout Fields) throws(WireError) {
    frameBytes = try fields.integer("frame_bytes", in: 1...(1 << 31)) ?? frameBytes
    depth = try fields.integer("depth", in: 1...1024) ?? depth
    values = try fields.integer("values", in: 1...(1 << 31)) ?? values
    outputBytes = try fields.integer("output_bytes", in: 1...(1 << 31)) ?? outputBytes
    progressBytes = try fields.integer("progress_bytes", in: 1...(1 << 31)) ?? progressBytes
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("frame_bytes", frameBytes)
    writer.member("depth", depth)
    writer.member("values", values)
    writer.member("output_bytes", outputBytes)
    writer.member("progress_bytes", progressBytes)
  }
}
