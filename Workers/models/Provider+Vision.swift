internal import JSON
internal import Models
internal import WorkerKit

extension Provider {
  static let visionName = "azure-vision"
  private static let visionKey = "AZURE_VISION_KEY"

  /// Azure AI Vision, from the setting `vision` or the environment; nil: neither names its endpoint. No role can name it.
  convenience init?(
    vision settings: JSONObject?,
    _ secrets: [String: String],
    _ environment: Environment
  ) throws(WireError) {
    var fields = Fields(settings ?? JSONObject(), at: "/vision")
    let given = try fields.optional("endpoint", String.self) ?? environment["AZURE_VISION_ENDPOINT"]
    let secret = try fields.optional("secret", String.self) ?? Self.visionKey
    let version = try fields.optional("api_version", String.self) ?? VisionRead.apiVersion
    guard var endpoint = given else {
      if settings == nil { return nil }
      throw .invalidParams(fields.path("endpoint"), "missing member 'endpoint' in '/vision'")
    }
    if !endpoint.contains("://") { endpoint = "https://" + endpoint }
    guard endpoint.hasPrefix("https://") || endpoint.hasPrefix("http://") else {
      throw .invalidParams(fields.path("endpoint"), "\(quotedName(endpoint)) is no http or https address")
    }
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    // The format is that of no conversation: nobody is asked for one here.
    self.init(name: Self.visionName, kind: Self.visionName, format: .openAIChat, baseURL: endpoint)
    apiVersion = version
    authentication = .header("ocp-apim-subscription-key", secret)
    if secrets[secret] == nil { missingSecret = secret }
    try readHeaders(&fields)
    try readLimits(&fields)
    proxy = try fields.optional("proxy") ?? environment.proxy(for: endpoint)
    caFile = try fields.optional("ca_file")
    try fields.finish()
  }
}
