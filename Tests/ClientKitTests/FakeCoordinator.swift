import ClientKit
import Foundation
import Glibc
import Posix
import Testing

struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// What listens on a socket and may say what no coordinator would: a script runs on a thread for its one client.
final class FakeCoordinator: Sendable {
  let folder: String
  var socket: String { folder + "/socket" }
  private let ended = Posix.Semaphore()
  private let failure = Guarded<(any Error)?>(nil)

  init(_ script: @escaping @Sendable (FakePeer) throws -> Void) throws {
    folder = "/tmp/bulkhead-kit-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let listener = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: (folder + "/socket").utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, listen(listener, 4) == 0 else { throw Failure("listen: \(errnoMessage(errno))") }
    startThread("fake") { [failure, ended] in
      let raw = accept(listener, nil, nil)
      close(listener)
      do { try script(FakePeer(raw)) } catch { failure.withLock { $0 = error } }
      close(raw)
      ended.signal()
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }  // Safety: only litter is left when it fails.

  /// Waits for the script's end and throws what it threw.
  func finish() throws {
    ended.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }
}

/// The other end of a client's connection: blocking, one frame at a time.
final class FakePeer {
  let raw: Int32
  private var buffer: [UInt8] = []

  init(_ raw: Int32) { self.raw = raw }

  /// Bytes written before the client stopped reading for `patience` milliseconds; all of them if it reads on.
  @discardableResult
  func write(_ bytes: [UInt8], patience: Int32 = 10_000) throws -> Int {
    var offset = 0
    while offset < bytes.count {
      let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
      let count = bytes[offset...].withUnsafeBytes { Glibc.send(raw, $0.baseAddress, $0.count, flags) }
      if count > 0 {
        offset += count
      } else if errno == EAGAIN {
        var waiting = pollfd(fd: raw, events: Int16(POLLOUT), revents: 0)
        if poll(&waiting, 1, patience) == 0 { return offset }
      } else {
        throw Failure("write: \(errnoMessage(errno))")
      }
    }
    return offset
  }

  static func frame(_ message: JSON) -> [UInt8] {
    let payload = message.serialized()
    let length = UInt32(payload.count)
    return [UInt8(length >> 24), UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff)] + payload
  }

  func send(_ message: JSON) throws {
    let bytes = Self.frame(message)
    guard try write(bytes) == bytes.count else { throw Failure("the client does not read") }
  }

  func notify(_ method: String, _ params: JSON) throws {
    try send(["jsonrpc": "2.0", "method": .string(method), "params": params])
  }

  /// The next message; nil at the end.
  func receive() throws -> JSON? {
    while true {
      if buffer.count >= 4 {
        let length = buffer[..<4].reduce(0) { $0 << 8 | Int($1) }
        if buffer.count >= 4 + length {
          let payload = Array(buffer[4..<4 + length])
          buffer.removeFirst(4 + length)
          return try JSON(parsing: payload)
        }
      }
      var waiting = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 20_000) == 1 else { throw Failure("the client says nothing") }
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      let count = chunk.withUnsafeMutableBytes { recv(raw, $0.baseAddress, $0.count, 0) }
      if count == 0 { return nil }
      guard count > 0 else { throw Failure("read: \(errnoMessage(errno))") }
      buffer += chunk[..<count]
    }
  }

  /// The next message, which must be `method`.
  func expect(_ method: String) throws -> JSON {
    guard let message = try receive() else { throw Failure("the client closed before '\(method)'") }
    guard message["method"]?.stringValue == method else { throw Failure("\(message) where '\(method)' is due") }
    return message
  }

  func answer(_ request: JSON, _ result: JSON) throws {
    try send(["jsonrpc": "2.0", "id": request["id"] ?? .null, "result": result])
  }

  func refuse(_ request: JSON, _ code: Int64, _ name: String, _ message: String) throws {
    let error: JSON = ["code": .integer(code), "message": .string(message), "data": ["name": .string(name)]]
    try send(["jsonrpc": "2.0", "id": request["id"] ?? .null, "error": error])
  }

  func greet(_ version: String = "1.0") throws {
    let hello = try expect("initialize")
    try answer(hello, ["protocol": .string(version), "coordinator": ["name": "fake", "version": "1.0", "pid": 1]])
  }
}

extension FakeCoordinator {
  func connect(timeout: Duration = .seconds(10)) async throws -> BulkheadClient {
    try await BulkheadClient.connect(socket: socket, name: "test", version: "1.0", timeout: timeout)
  }
}
