internal import HTTP
internal import JSON
internal import Models
internal import Synchronization
internal import WorkerKit

/// The worker's tools, made when `initialize` has brought settings and secrets.
struct ModelsWorker: Sendable {
  let model: ModelTool
  let embed: EmbedTool
  let imageText: ImageTextTool
  let list: ListTool

  private static let made = Mutex<ModelsWorker?>(nil)

  /// Where Entra's tokens come from, unless the settings name another authority.
  private static let authority = "https://login.microsoftonline.com"

  static func start(_ start: Worker.Start) throws(WireError) {
    var json = start.settings
    var authority = Self.authority
    if let given = json["entra_authority"] {
      guard let text = given.stringValue, text.hasPrefix("https://") || text.hasPrefix("http://127.0.0.1:") else {
        throw .invalidParams("/entra_authority", "'/entra_authority' is no https address")
      }
      authority = text
      json["entra_authority"] = nil
    }
    let settings = try ModelSettings(json, secrets: start.secrets, environment: .current)
    guard let client = HTTPClient(loop: start.loop, userAgent: "bulkhead-models/0.1") else {
      throw WireError(.setupFailed, "libcurl cannot be initialised")
    }
    let library = try Library(overlay: settings.catalog, vocabularies: settings.vocabularies)
    let engine = Engine(settings, Credentials(start.secrets, authority: authority), library, client)
    made.withLock {
      $0 = ModelsWorker(
        model: ModelTool(engine),
        embed: EmbedTool(engine),
        imageText: ImageTextTool(engine),
        list: ListTool(engine)
      )
    }
  }

  static func get() throws(WireError) -> ModelsWorker {
    guard let worker = made.withLock({ $0 }) else { throw WireError(.internalError, "not initialized") }
    return worker
  }
}
