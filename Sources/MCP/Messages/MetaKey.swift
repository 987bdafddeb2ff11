/// The names that the protocol has in `_meta`.
enum MetaKey {
  static let version = "io.modelcontextprotocol/protocolVersion"
  static let client = "io.modelcontextprotocol/clientInfo"
  static let capabilities = "io.modelcontextprotocol/clientCapabilities"
  static let logLevel = "io.modelcontextprotocol/logLevel"
  static let subscription = "io.modelcontextprotocol/subscriptionId"
  static let server = "io.modelcontextprotocol/serverInfo"
  static let progress = "progressToken"
}
