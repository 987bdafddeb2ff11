import ClientKit
import Foundation
import Glibc
import Posix
import Testing

@Suite(.ownThread) struct ConnectTests {
  private func code(_ fake: FakeCoordinator, timeout: Duration = .seconds(10)) async throws -> ClientError {
    do {
      let client = try await fake.connect(timeout: timeout)
      throw Failure("connected to \(client.coordinator)")
    } catch let error as ClientError {
      return error
    }
  }

  static let garbage: [String: [UInt8]] = [
    "a web server": Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".utf8),
    "a zero frame": [0, 0, 0, 0],
    "a huge frame": [0xff, 0xff, 0xff, 0xff, 1],
    "no JSON": [0, 0, 0, 3] + Array("{{{".utf8),
    "a batch": [0, 0, 0, 2] + Array("[]".utf8),
    "half a frame": [0, 0, 1, 0] + Array("{".utf8),
    "nothing": [],
  ]

  @Test(arguments: garbage.keys.sorted())
  func `what does not speak the protocol is no coordinator`(_ name: String) async throws {
    let bytes = try #require(Self.garbage[name])
    let fake = try FakeCoordinator { peer in
      _ = try peer.expect("initialize")
      try peer.write(bytes)
    }
    let error = try await code(fake)
    #expect(error.code == .notACoordinator, "\(error)")
    #expect(error.meansUnreachable)
    #expect(error.socket == fake.socket)
    try fake.finish()
  }

  @Test func `who says nothing is not waited for longer than asked`() async throws {
    let fake = try FakeCoordinator { peer in
      _ = try peer.expect("initialize")
      while try peer.receive() != nil {}
    }
    let began = ContinuousClock().now
    let error = try await code(fake, timeout: .milliseconds(200))
    #expect(error.code == .notACoordinator)
    #expect(ContinuousClock().now - began < .seconds(8))
    try fake.finish()
  }

  @Test(arguments: ["2.0", "1.99", "0.9"])
  func `another version is refused`(_ version: String) async throws {
    let fake = try FakeCoordinator { peer in
      try peer.greet(version)
      while try peer.receive() != nil {}
    }
    let error = try await code(fake)
    #expect(error.code == .versionMismatch, "\(error)")
    #expect(error.hint == "use the client and the coordinator of one release")
    try fake.finish()
  }

  @Test func `a coordinator that refuses the version is believed`() async throws {
    let fake = try FakeCoordinator { peer in
      let hello = try peer.expect("initialize")
      try peer.refuse(hello, 4012, "version_mismatch", "protocol 9 is spoken here")
    }
    let error = try await code(fake)
    #expect(error.code == .versionMismatch)
    #expect(error.message.contains("protocol 9 is spoken here"))
    try fake.finish()
  }

  @Test func `nobody there is unreachable, and a file is no socket`() async throws {
    let folder = "/tmp/bulkhead-kit-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // Safety: only litter is left when it fails.
    try "".write(toFile: folder + "/file", atomically: true, encoding: .utf8)
    for path in [folder + "/none", folder + "/file", String(repeating: "x", count: 108), ""] {
      do throws(ClientError) {
        _ = try await BulkheadClient.connect(socket: path, name: "test", version: "1.0")
        Issue.record("connected to '\(path)'")
      } catch {
        #expect(error.code == .unreachable, "\(error)")
      }
    }
  }

  @Test func `a folder in tmp that others may write is not trusted`() throws {
    let folder = "/tmp/bulkhead-kit-\(UInt32.random(in: 0...UInt32.max))"
    let link = folder + "-link"
    defer {
      unlink(link)
      rmdir(folder)
    }
    func trust(_ folder: String, _ origin: SocketLocation.Origin = .temporaryFolder) -> ClientError.Code? {
      do throws(ClientError) {
        try SocketLocation(path: folder + "/bulkhead.sock", origin: origin).checkTrust()
        return nil
      } catch {
        return error.code
      }
    }
    // One that is not there was made by nobody.
    #expect(trust(folder) == nil)
    mkdir(folder, 0o700)
    #expect(trust(folder) == nil)
    for mode in [0o777, 0o770, 0o720, 0o1777] as [mode_t] {
      chmod(folder, mode)
      #expect(trust(folder) == .untrustedSocket, "mode \(mode)")
    }
    // Named by the user it is the user's business.
    #expect(trust(folder, .argument) == nil)
    chmod(folder, 0o700)
    symlink(folder, link)
    #expect(trust(link) == .untrustedSocket)
    if geteuid() == 0 {
      chown(folder, 12_345, 12_345)
      #expect(trust(folder) == .untrustedSocket)
    }
  }

  @Test func `a second reply ends the connection, and what waits learns of it`() async throws {
    let fake = try FakeCoordinator { peer in
      try peer.greet()
      let status = try peer.expect("status")
      try peer.send(["jsonrpc": "2.0", "id": 77, "result": [:]])
      _ = status
      while try peer.receive() != nil {}
    }
    let client = try await fake.connect()
    do throws(ClientError) {
      _ = try await client.status()
      Issue.record("answered")
    } catch {
      #expect(error.code == .connectionLost, "\(error)")
    }
    await client.waitUntilClosed()
    try fake.finish()
  }
}
