import Foundation
import Glibc
import JSON
import Posix
import Testing

/// A client in the fewest words: blocking, one frame at a time, and able to say what no proper client would.
final class Client {
  let raw: Int32
  private var nextID: Int64 = 1
  private var buffer: [UInt8] = []
  private(set) var notifications: [JSON] = []
  private var replies: [Int64: JSON] = [:]

  init(_ path: String) throws {
    raw = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else {
      // The object is whole by now, so `deinit` closes the descriptor.
      throw Failure("connect: \(errnoMessage(errno))")
    }
  }

  private var isOpen = true
  func close() {
    if isOpen { Glibc.close(raw) }
    isOpen = false
  }
  deinit { close() }

  func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { throw Failure("write: \(errnoMessage(errno))") }
      rest = rest.dropFirst(count)
    }
  }

  static func frame(_ payload: [UInt8]) -> [UInt8] {
    let length = UInt32(payload.count)
    return [UInt8(length >> 24), UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff)] + payload
  }

  func send(_ message: JSONObject) throws { try write(Self.frame(JSON.object(message).serialized())) }

  @discardableResult
  func begin(_ method: String, _ params: JSONObject = [:]) throws -> Int64 {
    defer { nextID += 1 }
    try send(["jsonrpc": "2.0", "id": .integer(nextID), "method": .string(method), "params": .object(params)])
    return nextID
  }

  func notify(_ method: String, _ params: JSONObject) throws {
    try send(["jsonrpc": "2.0", "method": .string(method), "params": .object(params)])
  }

  /// The next message; nil at the end of input.
  func receive(within milliseconds: Int32 = 60_000) throws -> JSON? {
    while true {
      if buffer.count >= 4 {
        let length = buffer[..<4].reduce(0) { $0 << 8 | Int($1) }
        if buffer.count >= 4 + length {
          let payload = Array(buffer[4..<4 + length])
          buffer.removeFirst(4 + length)
          return try JSON(parsing: payload)
        }
      }
      var descriptor = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
      guard poll(&descriptor, 1, milliseconds) == 1 else { throw Failure("nothing came within \(milliseconds) ms") }
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      let count = chunk.withUnsafeMutableBytes { read(raw, $0.baseAddress, $0.count) }
      if count == 0 { return nil }
      guard count > 0 else { throw Failure("read: \(errnoMessage(errno))") }
      buffer += chunk[..<count]
    }
  }

  /// The whole reply to `id`; what comes before it is kept.
  func reply(to id: Int64) throws -> JSON {
    while true {
      if let reply = replies.removeValue(forKey: id) { return reply }
      guard let message = try receive() else { throw Failure("the connection was closed") }
      if message["method"] != nil {
        notifications.append(message)
      } else if let other = message["id"]?.integerValue {
        replies[other] = message
      } else {
        throw Failure("\(message)")
      }
    }
  }

  /// The result; an error reply is thrown.
  func request(_ method: String, _ params: JSONObject = [:]) throws -> JSON {
    let reply = try reply(to: begin(method, params))
    guard let result = reply["result"] else { throw Failure("\(reply["error"] ?? .null)") }
    return result
  }

  /// The error that a request gets.
  func failure(_ method: String, _ params: JSONObject = [:]) throws -> JSON {
    let reply = try reply(to: begin(method, params))
    return try #require(reply["error"], "\(reply)")
  }

  func initialize() throws {
    _ = try request("initialize", ["protocol": "1.0", "client": ["name": "test", "version": "1.0"]])
  }

  func call(_ tool: String, _ input: JSON = [:]) throws -> JSON {
    try request("tool/call", ["tool": .string(tool), "input": input])["output"] ?? .null
  }

  func callFailure(_ tool: String, _ input: JSON = [:], timeoutMS: Int64 = 60_000) throws -> JSON {
    try failure("tool/call", ["tool": .string(tool), "input": input, "timeout_ms": .integer(timeoutMS)])
  }

  func worker(_ kind: String) throws -> JSON? {
    try request("workers/list")["workers"]?.arrayValue?.first { $0["kind"]?.stringValue == kind }
  }

  /// Whether the other side has closed; reads what it said before.
  func isClosedByPeer() throws -> Bool {
    while let message = try receive() { notifications.append(message) }
    return true
  }
}
