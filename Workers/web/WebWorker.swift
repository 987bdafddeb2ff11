internal import CCurlCalls
internal import Synchronization
internal import WorkerKit

/// What the tool's calls share, made when `initialize` comes.
enum WebWorker {
  private static let settings = Mutex<WebSettings?>(nil)

  /// Called before the first thread, which `curl_global_init` demands.
  static func start(_ new: WebSettings) throws(WireError) {
    guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK else {
      throw WireError(.setupFailed, "libcurl cannot be initialised")
    }
    settings.withLock { $0 = new }
  }

  static func fetch(_ call: Call) async throws -> JSON {
    guard let settings = settings.withLock({ $0 }) else { throw WireError(.internalError, "not initialized") }
    return try await Fetch(try FetchRequest(call.input), call, settings).run()
  }
}
