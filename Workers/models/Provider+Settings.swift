internal import HTTP
internal import JSON
internal import Models
internal import WorkerKit

extension Provider {
  /// One entry of `providers`. What is not said is the kind's.
  convenience init(
    _ name: String,
    _ fields: Fields,
    _ secrets: [String: String],
    _ environment: Environment
  ) throws(WireError) {
    var fields = fields
    let kindName = try fields.optional("kind", String.self) ?? name
    guard let kind = ProviderKind.named(kindName) else {
      let names = ProviderKind.all.map(\.name)
      let hint = nearest(to: kindName, among: names).map { "did you mean '\($0)'?" } ?? names.joined(separator: ", ")
      throw .invalidParams(fields.path("kind"), "\(quotedName(kindName)) is no kind of provider (\(hint))")
    }
    var format = kind.format
    if let text = try fields.optional("format", String.self) {
      guard let given = ModelFormat(rawValue: text) else {
        let names = ModelFormat.allCases.map(\.rawValue).joined(separator: ", ")
        throw .invalidParams(
          fields.path("format"),
          "'\(fields.path("format"))' is \(quotedName(text)) where \(names) is due"
        )
      }
      format = given
    }
    let azure = try AzureAddress(&fields, kind, environment)
    let given = try fields.optional("base_url", String.self) ?? azure?.baseURL ?? kind.baseURL
    guard let given else {
      throw .invalidParams(
        fields.path("base_url"),
        "missing member 'base_url': a provider of the kind '\(kindName)' needs one"
      )
    }
    guard given.hasPrefix("https://") || given.hasPrefix("http://") else {
      throw .invalidParams(fields.path("base_url"), "\(quotedName(given)) is no http or https address")
    }
    self.init(name: name, kind: kindName, format: format, baseURL: given)
    apiVersion = azure?.version
    quirks = kind.quirks
    model = try fields.optional("model") ?? kind.model
    embedder = try fields.optional("embedder") ?? kind.embedder
    headers = kind.headers
    try readHeaders(&fields)
    try readAuthentication(&fields, kind, secrets, environment)
    try readQuirks(&fields)
    try readLimits(&fields)
    proxy = try fields.optional("proxy") ?? environment.proxy(for: given)
    caFile = try fields.optional("ca_file")
    try fields.finish()
  }

  private func readAuthentication(
    _ fields: inout Fields,
    _ kind: ProviderKind,
    _ secrets: [String: String],
    _ environment: Environment
  ) throws(WireError) {
    let isRequired = try fields.optional("secret", String.self)
    let secret = isRequired ?? kind.secret
    let way = try fields.optional("auth", String.self)
    switch way {
    case nil, "key"?:
      guard let secret else { return }
      if secrets[secret] == nil {
        if isRequired != nil || !kind.isKeyOptional { missingSecret = secret }
        return
      }
      switch kind.authentication {
      case .none, .bearer: authentication = .bearer(secret)
      case .header(let name): authentication = .header(name, secret)
      }
    case "bearer"?:
      guard let secret else { throw .invalidParams(fields.path("auth"), "'auth: bearer' needs a 'secret'") }
      authentication = .bearer(secret)
      if secrets[secret] == nil { missingSecret = secret }
    case "none"?: authentication = .none
    case "entra"?:
      let scope = try fields.optional("scope", String.self)
      useEntra(environment.entra(secrets), scope: scope, secrets)
      return
    case let other?:
      throw .invalidParams(
        fields.path("auth"),
        "'\(fields.path("auth"))' is \(quotedName(other)) where key, bearer, entra or none is due"
      )
    }
    _ = try fields.optional("scope", String.self)
  }

  /// - Parameter scope: nil: what the address demands (classic or Foundry).
  func useEntra(_ source: EntraSource, scope: String?, _ secrets: [String: String]) {
    let usual = apiVersion == nil ? "https://ai.azure.com/.default" : "https://cognitiveservices.azure.com/.default"
    authentication = .entra(source, scope: scope ?? usual)
    missingSecret = secretName.flatMap { secrets[$0] == nil ? $0 : nil }
  }

  private func readQuirks(_ fields: inout Fields) throws(WireError) {
    guard let object = try fields.optional("quirks", JSONObject.self) else { return }
    var more = Fields(object, at: fields.path("quirks"))
    if let names = try more.strings("drop", limit: 64) { quirks.drops = Set(names) }
    if let highest = try more.optional("temperature_max", Double.self) {
      guard highest >= 0, highest <= 100 else {
        throw .invalidParams(more.path("temperature_max"), "'\(more.path("temperature_max"))' is not from 0 to 100")
      }
      quirks.temperature = 0...highest
    }
    if let text = try more.optional("schema", String.self) {
      guard let mode = Quirks.SchemaMode(rawValue: text) else {
        throw .invalidParams(
          more.path("schema"),
          "'\(more.path("schema"))' is \(quotedName(text)) where native, object or prompt is due"
        )
      }
      quirks.schema = mode
    }
    if let text = try more.optional("tools", String.self) {
      guard let mode = Quirks.ToolMode(rawValue: text) else {
        throw .invalidParams(
          more.path("tools"),
          "'\(more.path("tools"))' is \(quotedName(text)) where native or emulated is due"
        )
      }
      quirks.tools = mode
    }
    quirks.maxTokensMember = try more.optional("max_tokens_member") ?? quirks.maxTokensMember
    quirks.asksForStreamUsage = try more.optional("stream_usage") ?? quirks.asksForStreamUsage
    quirks.nearestModel = try more.optional("nearest_model") ?? quirks.nearestModel
    quirks.returnsReasoning = try more.optional("returns_reasoning") ?? quirks.returnsReasoning
    quirks.extra = try more.optional("extra") ?? quirks.extra
    streams = try more.optional("streams") ?? streams
    try more.finish()
  }
}

/// Azure's two kinds of addresses.
struct AzureAddress {
  let baseURL: String
  /// nil: the v1 address, which has no dated version.
  let version: String?

  /// nil: the provider is no Azure's, or has no endpoint.
  init?(_ fields: inout Fields, _ kind: ProviderKind, _ environment: Environment) throws(WireError) {
    let endpoint = try fields.optional("endpoint", String.self)
    let version = try fields.optional("api_version", String.self)
    guard kind.name == "azure-openai", let endpoint = endpoint ?? environment["AZURE_OPENAI_ENDPOINT"] else {
      return nil
    }
    self.init(endpoint: endpoint, version: version ?? environment["OPENAI_API_VERSION"])
  }

  init(endpoint: String, version: String?) {
    var root = endpoint
    while root.hasSuffix("/") { root.removeLast() }
    for end in ["/openai/v1", "/openai"] where root.hasSuffix(end) { root.removeLast(end.utf8.count) }
    if version == "v1" {
      baseURL = root + "/openai/v1"
      self.version = nil
    } else {
      baseURL = root + "/openai/deployments/{model}"
      self.version = version ?? "2024-10-21"
    }
  }
}
