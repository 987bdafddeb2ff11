internal import MCP

/// What the bridge wants of a way to a server, beside what its session does.
protocol ServerTransport: MCPTransport {
  var receiver: (any MCPTransportReceiver)? { get set }
  /// Little time is left: whatever ends from here on ends soon.
  func hurry()
  /// Ends it without asking; `closed` follows.
  func kill()
}
