internal import CCurlCalls
internal import Posix
internal import Synchronization
internal import Tunnel
internal import WebProxy
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
    try startProxy(new)
  }

  /// Lets connections of jailed runs out, on a thread of its own, where the coordinator gave an end of the tunnel.
  private static func startProxy(_ settings: WebSettings) throws(WireError) {
    guard let tunnel = TunnelOffer.take() else { return }
    do throws(PosixError) {
      let loop = try EventLoop()
      _ = try ProxyServer(tunnel, hosts: settings.hosts, addresses: settings.addresses, on: loop)
      // Kept for as long as the process lives: the loop holds what it watches.
      startThread("proxy") { loop.run() }
    } catch {
      throw WireError(.setupFailed, "the proxy cannot be started: \(error)")
    }
  }

  static func fetch(_ call: Call) async throws -> JSON {
    guard let settings = settings.withLock({ $0 }) else { throw WireError(.internalError, "not initialized") }
    return try await Fetch(try FetchRequest(call.input), call, settings).run()
  }
}
