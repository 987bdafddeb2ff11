internal import JSON
internal import Models
internal import WorkerKit

/// What the manifest and the configuration say, completed by what the environment says:
///
///     {"providers": {"local": {"kind": "llamacpp", "base_url": "http://127.0.0.1:18080/v1"}, "openai": {"kind": "openai"}},
///      "roles": {"planner": ["openai/gpt-4o", "local"], "worker": ["local/phi3"]},
///      "cache_ttl_ms": 0, "record": false, "replay": "SHA-256 of a recording", "catalog": {"models": {…}},
///      "vocabularies": {"o200k_base": "/path/of/o200k_base.tiktoken"}}
struct ModelSettings {
  /// A provider and one of its models; nil: the provider's own choice.
  struct Target {
    let provider: Provider
    let model: String?
  }

  static let providerLimit = 64
  static let chainLimit = 16

  private(set) var providers: [Provider] = []
  private(set) var roles: [String: [Target]] = [:]
  /// Who reads pictures; nil: nobody is configured.
  private(set) var vision: Provider?
  private(set) var cacheTTLMS: Int64 = 0
  private(set) var records = false
  /// Digest of the recording that answers every request.
  private(set) var replay: String?
  private(set) var catalog: JSONObject?
  private(set) var vocabularies: JSONObject?
  /// What of the environment could not be followed.
  private(set) var notes: [String] = []

  init(_ json: JSONObject, secrets: [String: String], environment: Environment) throws(WireError) {
    var fields = Fields(json, at: "")
    let given = try fields.optional("providers", JSONObject.self) ?? JSONObject()
    let chains = try fields.optional("roles", JSONObject.self) ?? JSONObject()
    cacheTTLMS = try fields.integer("cache_ttl_ms", in: 0...86_400_000) ?? 0
    records = try fields.optional("record") ?? false
    replay = try fields.optional("replay")
    catalog = try fields.optional("catalog")
    vocabularies = try fields.optional("vocabularies")
    vision = try Provider(vision: try fields.optional("vision"), secrets, environment)
    try fields.finish()
    if given.count > Self.providerLimit {
      throw .limitExceeded("providers", "count of '/providers'", value: given.count, limit: Self.providerLimit)
    }
    for member in given.members {
      guard isName(member.key) else {
        throw .invalidParams(
          "/providers",
          "\(quotedName(member.key)) names no provider: a-z 0-9 _ . - are due, 64 at most"
        )
      }
      providers.append(
        try Provider(member.key, try Fields(member.value, at: "/providers/\(member.key)"), secrets, environment)
      )
    }
    let found = environment.providers(secrets: secrets)
    notes = found.notes
    for provider in found.providers where !providers.contains(where: { $0.name == provider.name }) {
      providers.append(provider)
    }
    for member in chains.members {
      guard isName(member.key) else { throw .invalidParams("/roles", "\(quotedName(member.key)) names no role") }
      roles[member.key] = try chain(member.value, at: "/roles/\(member.key)")
    }
    for (role, text) in found.roles where roles[role] == nil { roles[role] = [try target(text, at: role)] }
    completeRoles()
  }

  /// Roles that nobody names: whoever could do it.
  private mutating func completeRoles() {
    let able = providers.filter { $0.missingSecret == nil }
    // A local server says itself which model it has; one whose model is known goes before it.
    let all = (able.filter { $0.model != nil } + able.filter { $0.model == nil && $0.isLocal })
      .map { Target(provider: $0, model: nil) }
    if roles["planner"] == nil { roles["planner"] = all.isEmpty ? roles["worker"] : all }
    if roles["worker"] == nil { roles["worker"] = roles["planner"] }
    if roles["verifier"] == nil { roles["verifier"] = roles["planner"] }
    if roles["embedder"] == nil {
      let embedders = providers.filter { $0.embedder != nil && $0.missingSecret == nil }
      if !embedders.isEmpty { roles["embedder"] = embedders.map { Target(provider: $0, model: $0.embedder) } }
    }
  }

  private func chain(_ json: JSON, at path: String) throws(WireError) -> [Target] {
    let items = json.arrayValue ?? [json]
    guard (1...Self.chainLimit).contains(items.count) else {
      throw .invalidParams(path, "'\(path)' needs 1 to \(Self.chainLimit) of PROVIDER/MODEL")
    }
    var targets: [Target] = []
    for item in items {
      guard let text = item.stringValue else {
        throw .invalidParams(path, "'\(path)' holds \(item.typeName) where PROVIDER/MODEL is due")
      }
      targets.append(try target(text, at: path))
    }
    return targets
  }

  /// `PROVIDER` or `PROVIDER/MODEL`; a model's name may have slashes of its own.
  func target(_ text: String, at path: String) throws(WireError) -> Target {
    let parts = text.split(separator: "/", maxSplits: 1)
    let name = parts.first.map(String.init) ?? ""
    guard let provider = providers.first(where: { $0.name == name }) else {
      let hint = nearest(to: name, among: providers.map(\.name)).map { " (did you mean '\($0)'?)" } ?? ""
      throw WireError(
        .invalidParams,
        "\(quotedName(text)) names no configured provider\(hint)",
        data: ["path": .string(path), "reason": "no_provider"]
      )
    }
    return Target(provider: provider, model: parts.count == 2 ? String(parts[1]) : nil)
  }
}

func quotedName(_ text: String) -> String { "'\(text.prefix(100))'" }

private func isName(_ name: String) -> Bool {
  (1...64).contains(name.utf8.count)
    && name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
        UInt8(ascii: "."), UInt8(ascii: "-"):
        true
      default: false
      }
    }
}
