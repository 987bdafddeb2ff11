internal import HTTP
internal import Jail
internal import MCPHTTP
internal import Posix
internal import Tunnel
internal import WorkerKit

/// The one bridge of this process, made when `initialize` comes.
enum Bridges {
  private static let current = Guarded<Bridge?>(nil)

  /// While the process has one thread.
  static func prepare(_ start: Worker.Start) throws {
    let settings = try BridgeSettings(start.settings, secrets: start.secrets)
    let bridge: Bridge
    switch settings.transport {
    case .stdio(let program): bridge = try stdio(start, settings, program)
    case .http(let address): bridge = try http(start, settings, address)
    }
    current.withLock { $0 = bridge }
  }

  static func open() async throws {
    let bridge = current.withLock { $0 }
    try await bridge?.startUp()
  }

  static func close() async {
    let bridge = current.withLock { $0 }
    await bridge?.stop()
  }

  private static func stdio(
    _ start: Worker.Start,
    _ settings: BridgeSettings,
    _ program: BridgeSettings.Program
  ) throws -> Bridge {
    // Its environment and memory hold the server's secrets.
    OwnNamespaces.setDumpable(false)
    let tunnel = TunnelOffer.take()?.release()
    return Bridge(start, settings) { bridge in
      // Anew each time: a program may have been replaced since.
      let jail = try ServerJail(program, hasTunnel: tunnel != nil).prepare()
      let notes = bridge.notes
      return try StdioTransport(jail, hosts: program.needs.hosts, tunnel: tunnel, on: bridge.loop) {
        notes.server($0)
      }
    }
  }

  private static func http(
    _ start: Worker.Start,
    _ settings: BridgeSettings,
    _ address: BridgeSettings.Address
  ) throws -> Bridge {
    let endpoint: HTTPEndpoint
    do throws(HTTPEndpoint.Mistake) {
      endpoint = try HTTPEndpoint(
        url: address.url,
        headers: address.headers.sorted { $0.key < $1.key }.map { ($0, $1) }
      )
    } catch {
      throw WireError(.invalidParams, "the server's address cannot be used: \(error)")
    }
    guard let client = HTTPClient(loop: start.loop, userAgent: "bulkhead/0.1.0") else {
      throw WireError(.setupFailed, "libcurl cannot be started")
    }
    return Bridge(start, settings) { _ in HTTPTransport(endpoint, by: client) }
  }
}

extension HTTPTransport: ServerTransport {}
