import Foundation
import MCP
import MCPHTTP
import ProviderServer
import Testing

struct EndpointTests {
  @Test(arguments: [
    "", "nonsense", "ftp://example.com/", "http://", "https://user:secret-word@example.com/", "http://a b/", "/mcp",
    "http://example.com/\u{7F}", "file:///etc/passwd",
  ])
  func `what is no address of a server is refused, and not shown`(url: String) {
    #expect { try HTTPEndpoint(url: url) } throws: { !"\($0)".contains("secret-word") }
  }

  @Test(arguments: [
    ("", "x"), ("a b", "x"), ("a:", "x"), ("ä", "x"), ("X", "secret-word\r\nY: z"), ("X", "secret-word\u{0}"),
    ("Mcp-Session-Id", "x"), ("MCP-Protocol-Version", "x"), ("mcp-param-a", "x"), ("Content-Length", "0"),
    ("host", "x"),
  ])
  func `what may not stand in a header is refused, and not shown`(name: String, value: String) {
    #expect { try HTTPEndpoint(url: "https://example.com/mcp", headers: [(name, value)]) } throws: {
      !"\($0)".contains("secret-word")
    }
  }

  @Test func `a name that leads to a private address is not followed there, unless it is allowed`() async throws {
    let server = try ScriptedServer(modern: true)
    defer { server.stop() }
    // This machine's own name, which leads to loopback or to a private network.
    let url = "http://\(ProcessInfo.processInfo.hostName):\(server.server.port)/mcp"
    let session = try LiveSession(url)
    guard case .failure(let failure) = await session.call(.listTools) else { return #expect(Bool(false)) }
    #expect(failure.code == .transport(.addressRefused))
    #expect(server.server.accepted == 0)
    try await session.stop()
    let allowed = try LiveSession(url, allowed: ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])
    _ = try await allowed.tool("t")
    try await allowed.stop()
    let local = try LiveSession("http://localhost:\(server.server.port)/mcp")
    _ = try await local.tool("t")
    try await local.stop()
  }

  @Test func `a server that is not there is named as such`() async throws {
    // A port that is taken, so that nobody else gets it meanwhile, and at which nobody listens.
    let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(taken) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(taken, $0, length)
        _ = getsockname(taken, $0, &length)
      }
    }
    let session = try LiveSession("http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/mcp")
    guard case .failure(let failure) = await session.call(.listTools) else { return #expect(Bool(false)) }
    #expect(failure.code == .transport(.connectionRefused))
    try await session.stop()
    let unknown = try LiveSession("http://nobody.invalid/mcp")
    guard case .failure(let other) = await unknown.call(.listTools) else { return #expect(Bool(false)) }
    #expect(other.code == .transport(.hostNotFound))
    try await unknown.stop()
  }
}
