internal import JSON
internal import Wire
internal import WorkerKit

/// What the entry of one server says, as the coordinator hands it over; secrets are named and looked up here.
///
///     {"transport": "stdio", "command": ["mcp-server-time"], "cwd": "/…", "environment": {"TOKEN": "SECRET_NAME"},
///      "needs": {…}, "limits": {…},
///      "tools": ["a"], "timeout_ms": 60000, "idle_ms": 600000, "elicitation": true,
///      "sampling": {"model": "small", "max_tokens": 1000}, "roots": true, "protocol": "2025-06-18",
///      "output_limit": 1048576}
struct BridgeSettings: Sendable {
  enum Transport: Sendable {
    case stdio(Program)
    case http(Address)
  }

  struct Program: Sendable {
    var command: [String]
    /// nil: the jail's own workspace.
    var directory: String?
    var environment: [String: String]
    var needs: Needs
    var limits: ResourceLimits
  }

  struct Address: Sendable {
    var url: String
    var headers: [String: String]
  }

  struct Sampling: Sendable {
    /// A model or role, for the tool `model`; nil: its default.
    var model: String?
    var maxTokens: Int64
  }

  var transport: Transport
  /// The server's own names of those that are offered; nil: all.
  var tools: Set<String>?
  var timeoutMS: Int64
  /// After so long without a call the server is ended until the next; nil: never.
  var idleMS: Int64?
  var mayElicit = false
  var sampling: Sampling?
  var showsRoots = false
  /// nil: what both sides know.
  var version: String?
  /// Bytes of an output, as JSON.
  var outputLimit: Int
  /// Replaces each secret that is long enough to be one.
  var redact: Redactor

  static let ordinaryTimeoutMS: Int64 = 60_000

  init(_ settings: JSONObject, secrets: [String: String]) throws(WireError) {
    var fields = Fields(settings, at: "/settings")
    redact = Redactor(secrets)
    let kind = try fields.require("transport", String.self)
    switch kind {
    case "stdio": transport = .stdio(try Self.program(&fields, secrets))
    case "http": transport = .http(try Self.address(&fields, secrets))
    default:
      throw .invalidParams("/settings/transport", "'/settings/transport' is neither \"stdio\" nor \"http\"")
    }
    tools = try fields.strings("tools", limit: 4096).map { Set($0) }
    timeoutMS = try fields.integer("timeout_ms", in: 1...Limit.timeoutMS) ?? Self.ordinaryTimeoutMS
    idleMS = try fields.integer("idle_ms", in: 1...Limit.timeoutMS)
    mayElicit = try fields.optional("elicitation") ?? false
    if let object = try fields.optional("sampling", JSONObject.self) { sampling = try Self.sampling(object) }
    showsRoots = try fields.optional("roots") ?? false
    version = try fields.optional("protocol")
    outputLimit = Int(try fields.integer("output_limit", in: 1024...Int64(Limit.outputBytes)) ?? 1 << 20)
    try fields.finish()
  }

  private static func program(_ fields: inout Fields, _ secrets: [String: String]) throws(WireError) -> Program {
    guard let command = try fields.strings("command", limit: 256), let program = command.first, !program.isEmpty,
      !command.contains(where: { $0.utf8.contains(0) })
    else { throw .invalidParams("/settings/command", "'/settings/command' is not a program with its arguments") }
    return Program(
      // An argument may be a secret too; it then stands in the list of the processes of its jail.
      command: [program] + command.dropFirst().map { secrets[$0] ?? $0 },
      directory: try fields.optional("cwd"),
      environment: try values("environment", &fields, secrets),
      needs: try fields.body("needs") ?? Needs(),
      limits: try fields.body("limits") ?? ResourceLimits()
    )
  }

  private static func address(_ fields: inout Fields, _ secrets: [String: String]) throws(WireError) -> Address {
    let url = try fields.require("url", String.self)
    return Address(url: secrets[url] ?? url, headers: try values("headers", &fields, secrets))
  }

  /// An object of names of secrets, each replaced by what it names.
  private static func values(
    _ member: StaticString,
    _ fields: inout Fields,
    _ secrets: [String: String]
  ) throws(WireError) -> [String: String] {
    var values: [String: String] = [:]
    for (key, value) in try fields.optional(member, JSONObject.self)?.members.map({ ($0.key, $0.value) }) ?? [] {
      guard let name = value.stringValue, let secret = secrets[name] else {
        throw .invalidParams("\(fields.path(member))/\(key)", "'\(fields.path(member))/\(key)' names no secret")
      }
      guard !key.isEmpty, !key.utf8.contains(0), !secret.utf8.contains(0) else {
        throw .invalidParams("\(fields.path(member))/\(key)", "'\(fields.path(member))/\(key)' holds a NUL, or no name")
      }
      values[key] = secret
    }
    return values
  }

  private static func sampling(_ object: JSONObject) throws(WireError) -> Sampling {
    var fields = Fields(object, at: "/settings/sampling")
    let sampling = Sampling(
      model: try fields.optional("model"),
      maxTokens: try fields.integer("max_tokens", in: 1...1_000_000) ?? 1000
    )
    try fields.finish()
    return sampling
  }
}
