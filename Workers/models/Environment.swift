internal import Glibc
internal import Models

/// The variables that other programs of this kind use, so that a machine that is set up for them needs nothing more.
struct Environment: Sendable {
  private let variables: [String: String]

  init(_ variables: [String: String]) { self.variables = variables }

  /// Of this process: what the manifest lists.
  static var current: Environment {
    var variables: [String: String] = [:]
    var entry = environ
    while let variable = entry.pointee {
      let parts = String(cString: variable).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return Environment(variables)
  }

  /// nil: not set, or empty.
  subscript(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }

  private func isTrue(_ name: String) -> Bool { ["true", "1", "yes", "on"].contains(self[name]?.lowercased() ?? "") }

  struct Found {
    var providers: [Provider] = []
    /// Role → `PROVIDER` or `PROVIDER/MODEL`.
    var roles: [String: String] = [:]
    var notes: [String] = []
  }

  func providers(secrets: [String: String]) -> Found {
    var found = Found()
    for name in ["openai", "anthropic", "gemini", "together"] {
      guard let kind = ProviderKind.named(name), var secret = kind.secret else { continue }
      if name == "gemini", secrets[secret] == nil { secret = "GOOGLE_API_KEY" }
      guard secrets[secret] != nil else { continue }
      let variable = "\(name.uppercased())_BASE_URL"
      found.providers.append(provider(name, kind, self[variable] ?? kind.baseURL ?? "", secret))
    }
    addAzure(&found, secrets)
    addSmall(&found, secrets)
    addAnyAgent(&found, secrets)
    if found.providers.allSatisfy({ $0.kind != "ollama" }), self["OLLAMA_HOST"] != nil { addOllama(&found) }
    if let name = self["PLANNER_PROVIDER"] {
      if let provider = found.providers.first(where: { $0.name == name }) {
        found.roles["planner"] = "\(name)" + (self["PLANNER_MODEL"] ?? provider.model).map { "/\($0)" }.orEmpty
      } else {
        found.notes.append("PLANNER_PROVIDER is '\(name.prefix(64))', for which no key is there")
      }
    }
    return found
  }

  private func provider(_ name: String, _ kind: ProviderKind, _ baseURL: String, _ secret: String?) -> Provider {
    let provider = Provider(name: name, kind: kind.name, format: kind.format, baseURL: baseURL)
    provider.quirks = kind.quirks
    provider.headers = kind.headers
    provider.model = kind.model
    provider.embedder = kind.embedder
    provider.proxy = proxy(for: baseURL)
    switch (kind.authentication, secret) {
    case (.header(let header), let secret?): provider.authentication = .header(header, secret)
    case (_, let secret?): provider.authentication = .bearer(secret)
    case (_, nil): break
    }
    return provider
  }

  private func addAzure(_ found: inout Found, _ secrets: [String: String]) {
    guard let endpoint = self["AZURE_OPENAI_ENDPOINT"], let kind = ProviderKind.named("azure-openai") else { return }
    let address = AzureAddress(endpoint: endpoint, version: self["OPENAI_API_VERSION"])
    let key = "AZURE_OPENAI_API_KEY"
    let azure = provider("azure-openai", kind, address.baseURL, secrets[key] == nil ? nil : key)
    azure.apiVersion = address.version
    azure.model = self["AZURE_OPENAI_DEPLOYMENT"] ?? kind.model
    if isTrue("AZURE_OPENAI_USE_AD") || secrets[key] == nil { azure.useEntra(entra(secrets), scope: nil, secrets) }
    found.providers.append(azure)
  }

  /// Whence Entra's tokens come: the nearest source that is there.
  func entra(_ secrets: [String: String]) -> Provider.EntraSource {
    if secrets["AZURE_OPENAI_AD_TOKEN"] != nil { return .token }
    if let tenant = self["AZURE_TENANT_ID"], let client = self["AZURE_CLIENT_ID"],
      secrets["AZURE_CLIENT_SECRET"] != nil
    {
      return .servicePrincipal(tenant: tenant, client: client, secret: "AZURE_CLIENT_SECRET")
    }
    return .az
  }

  private func addSmall(_ found: inout Found, _ secrets: [String: String]) {
    let backend = self["SMALL_MODEL_BACKEND"] ?? (isTrue("USE_SMALL_MODEL") ? "ollama" : nil)
    guard let backend else { return }
    let model = self["WORKER_MODEL"].map { "/\($0)" }.orEmpty
    switch backend {
    case "ollama":
      addOllama(&found)
      found.roles["worker"] = "ollama" + model
    case "azure":
      guard let endpoint = self["AZURE_SMALL_MODEL_ENDPOINT"], let kind = ProviderKind.named("openai-compatible") else {
        return found.notes.append("SMALL_MODEL_BACKEND is 'azure', and AZURE_SMALL_MODEL_ENDPOINT is not set")
      }
      // The address that the portal shows ends in /score; chat completions are beside it.
      var root = endpoint
      for end in ["/", "/score", "/v1/chat/completions", "/chat/completions", "/v1"] where root.hasSuffix(end) {
        root.removeLast(end.utf8.count)
      }
      let key = "AZURE_SMALL_MODEL_KEY"
      let small = provider("azure-small", kind, root + "/v1", secrets[key] == nil ? nil : key)
      small.model = self["WORKER_MODEL"]
      found.providers.append(small)
      found.roles["worker"] = "azure-small" + model
    default:
      let hint = "serve the model with vLLM, llama.cpp or Ollama, and configure that"
      found.notes.append("SMALL_MODEL_BACKEND is '\(backend.prefix(64))', which runs in no process here: \(hint)")
    }
  }

  private func addOllama(_ found: inout Found) {
    guard let kind = ProviderKind.named("ollama"), !found.providers.contains(where: { $0.name == "ollama" }) else {
      return
    }
    var host = self["OLLAMA_HOST"] ?? kind.baseURL ?? ""
    if !host.contains("://") { host = "http://" + host }
    while host.hasSuffix("/") { host.removeLast() }
    if host.split(separator: "/").last?.contains(":") != true { host += ":11434" }
    let ollama = provider("ollama", kind, host.replacing("//0.0.0.0", with: "//127.0.0.1"), nil)
    ollama.model = self["WORKER_MODEL"] ?? kind.model
    found.providers.append(ollama)
  }

  private func addAnyAgent(_ found: inout Found, _ secrets: [String: String]) {
    guard let name = self["ANY_AGENT_PROVIDER"]?.lowercased().filter({ $0 != "_" }) else { return }
    guard let kind = ProviderKind.named(name) ?? ProviderKind.named("openai-compatible"),
      let address = self["ANY_AGENT_API_BASE"] ?? kind.baseURL
    else { return found.notes.append("ANY_AGENT_PROVIDER is set, and ANY_AGENT_API_BASE is not") }
    let key = "ANY_AGENT_API_KEY"
    let agent = provider("any-agent", kind, address, secrets[key] == nil ? nil : key)
    agent.model = self["ANY_AGENT_MODEL"] ?? kind.model
    found.providers.append(agent)
  }

  /// The proxy for an address, by the variables that curl(1) knows; loopback never has one.
  func proxy(for url: String) -> String? {
    let isTLS = url.hasPrefix("https://")
    let host = url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" && $0 != ":" }.lowercased()
    if host == "localhost" || host.hasPrefix("127.") || host.hasPrefix("[") { return nil }
    let exceptions = (self["no_proxy"] ?? self["NO_PROXY"] ?? "").split { $0 == "," || $0 == " " }.map {
      $0.lowercased()
    }
    for exception in exceptions {
      let suffix = exception.hasPrefix(".") ? String(exception.dropFirst()) : exception
      if exception == "*" || host == suffix || host.hasSuffix("." + suffix) { return nil }
    }
    // HTTP_PROXY in capitals is a header's name to CGI programs; curl ignores it, and so do we.
    return isTLS ? self["https_proxy"] ?? self["HTTPS_PROXY"] : self["http_proxy"]
  }
}

extension Optional<String> {
  fileprivate var orEmpty: String { self ?? "" }
}
