import Foundation
import Glibc
import JSON
import Posix
import Testing

/// A client that misbehaves costs only itself.
@Suite struct ClientTests {
  private func daemon(_ sins: String...) throws -> (Daemon, Client) {
    let daemon = try Daemon()
    for sin in sins { try daemon.addSin(sin) }
    return (daemon, try daemon.startReady(workers: sins.count))
  }

  static let garbage: [(what: String, bytes: [UInt8], error: String)] = [
    ("text", Array("GET / HTTP/1.1\r\n\r\n".utf8), "frame_too_large"),
    ("an empty frame", [0, 0, 0, 0], "empty_frame"),
    ("no JSON", Client.frame(Array("{'id':1}".utf8)), "parse_error"),
    ("a batch", Client.frame(Array("[]".utf8)), "invalid_request"),
    (
      "a call before initialize", Client.frame(Array(#"{"jsonrpc":"2.0","id":1,"method":"status"}"#.utf8)),
      "out_of_phase"
    ),
    (
      "a worker's method", Client.frame(Array(#"{"jsonrpc":"2.0","id":1,"method":"tool/invoke"}"#.utf8)), "out_of_phase"
    ),
    ("a reply to nothing", Client.frame(Array(#"{"jsonrpc":"2.0","id":1,"result":{}}"#.utf8)), "unexpected_reply"),
    (
      "a notification of its own", Client.frame(Array(#"{"jsonrpc":"2.0","method":"hello"}"#.utf8)),
      "unknown_notification"
    ),
  ]

  @Test func `garbage is answered with a named error, and the others go on`() throws {
    let (daemon, neighbour) = try daemon("behaves")
    let before = daemon.descriptorCount
    for (what, bytes, name) in Self.garbage {
      let client = try Client(daemon.socket)
      try client.write(bytes)
      let reply = try client.receive()
      #expect(reply?["error"]?["data"]?["name"]?.stringValue == name, "\(what): \(reply ?? .null)")
      #expect(reply?["id"]?.isNull == true)
      #expect(try client.receive() == nil, "\(what) closes the connection")
      #expect(try neighbour.call("behaves", ["n": 1]) == ["n": 1])
    }
    // Half a frame, and then the end.
    let client = try Client(daemon.socket)
    try client.write([0, 0, 1])
    client.close()
    try eventually("their descriptors are closed") { daemon.descriptorCount == before }
  }

  @Test func `another major version is refused with both versions`() throws {
    let (daemon, _) = try daemon("behaves")
    let client = try Client(daemon.socket)
    let error = try client.failure("initialize", ["protocol": "2.0", "client": ["name": "t", "version": "1"]])
    #expect(error["data"]?["name"] == "version_mismatch")
    #expect(error["data"]?["theirs"] == "2.0" && error["data"]?["ours"] == "1.0")
    #expect(try client.receive() == nil)
  }

  @Test func `the calls of a client that went away are cancelled in their worker`() throws {
    let (daemon, other) = try daemon("slow")
    let client = try daemon.connect()
    for _ in 0..<3 { try client.begin("tool/call", ["tool": "slow", "input": [:]]) }
    func lines(_ text: String) throws -> Int {
      let lines = try other.request("logs/read", ["worker": "slow"])["lines"]?.arrayValue ?? []
      return lines.count { $0["text"]?.stringValue == text }
    }
    try eventually("all run") { try lines("started") == 3 }
    #expect(try lines("cancelled: caller") == 0)
    client.close()
    try eventually("all are cancelled") { try lines("cancelled: caller") == 3 }
    #expect(try other.request("status")["calls_running"] == 0)
    #expect(try other.request("status")["clients"] == 1)
  }

  @Test func `a client that never reads holds up nobody and takes bounded memory`() throws {
    let (daemon, neighbour) = try daemon("behaves")
    let text = String(repeating: "x", count: 1 << 20)
    let client = try daemon.connect()
    #expect(try client.call("behaves", ["t": .string(text)])["t"]?.stringValue?.utf8.count == 1 << 20)
    let before = daemon.residentBytes
    // Sends without reading until its own side blocks: the coordinator has stopped reading from it, or has closed.
    var flags = fcntl(client.raw, F_GETFL)
    flags |= O_NONBLOCK
    _ = fcntl(client.raw, F_SETFL, flags)
    let request = JSON.object([
      "jsonrpc": "2.0", "id": 0, "method": "tool/call", "params": ["tool": "behaves", "input": ["t": .string(text)]],
    ]).serialized()
    var most = 0
    var sent = 0
    var stalled = 0
    var id = 100
    var rest: ArraySlice<UInt8> = []
    let deadline = Date().addingTimeInterval(20)
    while sent < 400 << 20, stalled < 200, Date() < deadline {
      if rest.isEmpty {
        id += 1
        let head = Array(#"{"jsonrpc":"2.0","id":\#(id),"#.utf8)
        rest = Client.frame(head + request.dropFirst(#"{"jsonrpc":"2.0","id":0,"#.utf8.count))[...]
      }
      let count = rest.withUnsafeBytes { send(client.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count > 0 {
        rest = rest.dropFirst(count)
        sent += count
        stalled = 0
      } else if errno == EAGAIN {
        stalled += 1
        usleep(2000)
      } else {
        break
      }
      if sent % (1 << 20) < 1 << 17 { most = max(most, daemon.residentBytes) }
    }
    most = max(most, daemon.residentBytes)
    #expect(sent < 400 << 20, "it was made to wait or was closed")
    #expect(most - before < 400 << 20, "grew by \((most - before) >> 20) MiB")
    let begin = Date()
    for n in 0..<20 { #expect(try neighbour.call("behaves", ["n": .integer(Int64(n))]) == ["n": .integer(Int64(n))]) }
    #expect(Date().timeIntervalSince(begin) < 10)
  }

  @Test func `a thousand idle clients are served and leave nothing behind`() throws {
    let (daemon, neighbour) = try daemon("behaves")
    let descriptors = daemon.descriptorCount
    let memory = daemon.residentBytes
    var clients: [Client] = []
    for _ in 0..<1000 { clients.append(try daemon.connect()) }
    #expect(try neighbour.request("status")["clients"] == 1001)
    #expect(daemon.residentBytes - memory < 40 << 20)
    for client in [clients[0], clients[999]] { #expect(try client.call("behaves", ["n": 1]) == ["n": 1]) }
    clients = []
    try eventually("all are gone") { daemon.descriptorCount == descriptors }
    #expect(try neighbour.request("status")["clients"] == 1)
  }
}
