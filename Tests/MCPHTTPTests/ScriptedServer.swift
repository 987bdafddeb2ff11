import JSON
import Posix
import ProviderServer
import Synchronization

/// An MCP server on loopback of either era that a test can have misbehave.
final class ScriptedServer: Sendable {
  typealias Reply = ProviderServer.Reply

  let server: ProviderServer
  /// Answers a request instead of the server; nil: the server does.
  private let script: @Sendable (String, JSON, ProviderServer.Request) -> Reply?
  private let modern: Bool
  private let sessions = Mutex(0)

  init(
    modern: Bool,
    _ script: @escaping @Sendable (_ method: String, _ body: JSON, ProviderServer.Request) -> Reply? = { _, _, _ in nil
    }
  ) throws {
    server = try ProviderServer()
    self.script = script
    self.modern = modern
    server.respond { [unowned self] in answer($0) }
  }

  var url: String { "http://127.0.0.1:\(server.port)/mcp" }

  func stop() { server.stop() }

  /// What it was sent, the methods of HTTP's where there is no message.
  var methods: [String] { server.requests.map { Self.method($0).0 } }

  static func method(_ request: ProviderServer.Request) -> (String, JSON) {
    let body = (try? JSON(parsing: request.body)) ?? .null
    if let method = body["method"]?.stringValue { return (method, body) }
    return (body.isNull ? String(request.line.split(separator: " ").first ?? "") : "answer", body)
  }

  static func result(_ body: JSON, _ result: String, headers: [(String, String)] = []) -> Reply {
    let text = #"{"jsonrpc":"2.0","id":\#(body["id"] ?? .null),"result":\#(result)}"#
    return .whole(headers: [("content-type", "application/json")] + headers, body: text)
  }

  static func error(_ body: JSON, _ code: Int, status: Int, data: String = "null") -> Reply {
    let text =
      #"{"jsonrpc":"2.0","id":\#(body["id"] ?? .null),"error":{"code":\#(code),"message":"no","data":\#(data)}}"#
    return .whole(status: status, body: text)
  }

  static func event(_ message: String, id: String? = nil) -> String {
    (id.map { "id: \($0)\n" } ?? "") + "event: message\ndata: \(message)\n\n"
  }

  private func answer(_ request: ProviderServer.Request) -> Reply {
    let (method, body) = Self.method(request)
    if let reply = script(method, body, request) { return reply }
    let capabilities = #"{"tools":{"listChanged":true}}"#
    switch method {
    case "server/discover" where modern:
      return Self.result(
        body,
        #"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":\#(capabilities),"ttlMs":0,"cacheScope":"public"}"#
      )
    case "initialize" where !modern:
      let number = sessions.withLock {
        $0 += 1
        return $0
      }
      let version = body["params"]?["protocolVersion"] ?? .null
      return Self.result(
        body,
        #"{"protocolVersion":\#(version),"capabilities":\#(capabilities),"serverInfo":{"name":"s","version":"1"}}"#,
        headers: [("Mcp-Session-Id", "session-\(number)")]
      )
    case "notifications/initialized", "notifications/cancelled", "answer":
      return .whole(status: 202, headers: [], body: "")
    case "tools/list": return Self.result(body, #"{"tools":[{"name":"t","inputSchema":{"type":"object"}}],"ttlMs":0}"#)
    case "tools/call": return Self.result(body, #"{"content":[{"type":"text","text":"done"}]}"#)
    case "subscriptions/listen": return .silence
    case "DELETE" where !modern: return .whole(status: 200, headers: [], body: "")
    case "GET", "DELETE": return .whole(status: 405, headers: [], body: "")
    default: return modern ? Self.error(body, -32601, status: 404) : Self.error(body, -32600, status: 400)
    }
  }
}
