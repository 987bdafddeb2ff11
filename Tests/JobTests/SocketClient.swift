import Glibc
import JSON
import Posix
import Testing
import Transport
import Wire

@testable import Coordinator

/// A client on a real socket, which reads only when the test says so.
final class SocketClient {
  private let socket: Descriptor
  private var decoder = FrameDecoder()
  private(set) var messages: [JSON] = []
  let session: ClientSession

  /// - Parameter peer: who it is said to be by the kernel; nil: who it is.
  init(_ bench: JobBench, as peer: PeerIdentity? = nil) throws {
    var pair: [Int32] = [-1, -1]
    try posix("socketpair") {
      socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &pair)
    }
    let theirs = Descriptor(owning: pair[0])
    socket = Descriptor(owning: pair[1])
    try socket.setNonBlocking()
    let peer = try peer ?? PeerIdentity(of: theirs)
    session = try ClientSession(bench.coordinator, theirs, peer)
    bench.coordinator.sessions[ObjectIdentifier(session)] = session
    try send([
      "id": 0, "method": "initialize", "params": ["protocol": "1.0", "client": ["name": "t", "version": "1"]],
    ])
    try bench.until("it is greeted") {
      self.read()
      return !self.messages.isEmpty
    }
    messages = []
  }

  func send(_ message: JSONObject) throws {
    var message = message
    message["jsonrpc"] = "2.0"
    let payload = JSON.object(message).serialized()
    let length = withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) }
    try socket.writeAll(length + payload)
  }

  /// Takes what is there, at most `limit` bytes.
  func read(_ limit: Int = .max) {
    var left = limit
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while left > 0 {
      let count = Glibc.read(socket.raw, &buffer, min(buffer.count, left))
      guard count > 0 else { break }
      left -= count
      buffer.withUnsafeBytes { decoder.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
    do {
      while let message = try decoder.next({ payload in try? JSON(parsing: payload) }) {
        if let message { messages.append(message) }
      }
    } catch {
      Issue.record("\(error)")
    }
  }

  func reply(_ id: Int64) -> JSON? { messages.first { $0["id"]?.integerValue == id && $0["method"] == nil } }

  /// Of the events that came, without progress.
  var numbers: [Int64] {
    messages.compactMap { $0["params"]?["event"]?["number"]?.integerValue }.filter { $0 > 0 }
  }

  func waitForReply(_ id: Int64, _ bench: JobBench) throws {
    try bench.until("request \(id) is answered") {
      self.read()
      return self.reply(id) != nil
    }
  }
}
