import ClientKit
import Foundation
import Glibc
import Posix
import Testing

@Suite(.ownThread) struct ArtifactTests {
  /// A folder, and the names in it.
  private final class Folder {
    let path = "/tmp/bulkhead-kit-\(UInt32.random(in: 0...UInt32.max))"
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }  // Safety: only litter is left when it fails.
    var names: [String] {
      // Safety: then there are none.
      (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
    }
  }

  /// Of "hello".
  private static let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

  /// Answers reads of `digest` with `bytes`.
  private func serving(_ bytes: [UInt8], total: Int? = nil) throws -> FakeCoordinator {
    try FakeCoordinator { peer in
      try peer.greet()
      while let request = try peer.receive() {
        let offset = min(bytes.count, Int(request["params"]?["offset"]?.integerValue ?? 0))
        let data = Data(bytes[offset...]).base64EncodedString()
        try peer.answer(request, ["data": .string(data), "bytes": .integer(Int64(total ?? bytes.count))])
      }
    }
  }

  @Test func `a download has the digest that was asked for`() async throws {
    let folder = try Folder()
    let fake = try serving(Array("hello".utf8))
    let client = try await fake.connect()
    try await client.download(Self.digest, to: folder.path + "/got")
    #expect(FileManager.default.contents(atPath: folder.path + "/got") == Data("hello".utf8))
    #expect(folder.names == ["got"])
    client.close()
    try fake.finish()
  }

  @Test(arguments: ["hellO", "hello ", "hell"])
  func `a download with other bytes is refused and leaves nothing`(_ text: String) async throws {
    let folder = try Folder()
    try "before".write(toFile: folder.path + "/got", atomically: true, encoding: .utf8)
    let fake = try serving(Array(text.utf8))
    let client = try await fake.connect()
    do throws(ClientError) {
      try await client.download(Self.digest, to: folder.path + "/got")
      Issue.record("taken")
    } catch {
      #expect(error.code == .corrupted, "\(error)")
    }
    #expect(folder.names == ["got"])
    #expect(FileManager.default.contents(atPath: folder.path + "/got") == Data("before".utf8))
    client.close()
    try fake.finish()
  }

  @Test func `a download that ends early is refused`() async throws {
    let folder = try Folder()
    let fake = try serving(Array("hello".utf8), total: 9)
    let client = try await fake.connect()
    do throws(ClientError) {
      try await client.download(Self.digest, to: folder.path + "/got")
      Issue.record("taken")
    } catch {
      #expect(error.message.contains("ended after 5 of 9 bytes"), "\(error)")
    }
    #expect(folder.names == [])
    client.close()
    try fake.finish()
  }

  @Test func `what goes up comes down, of any size`() async throws {
    let folder = try Folder()
    let service = try Service()
    let client = try await service.connect()
    // Empty, one byte, one chunk exactly, and several.
    for (number, size) in [0, 1, 1 << 20, (3 << 20) + 7].enumerated() {
      let bytes = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
      try bytes.write(to: URL(filePath: folder.path + "/up"))
      let artifact = try await client.upload(folder.path + "/up", name: "n\(number)", mediaType: "text/x")
      #expect(artifact.bytes == Int64(size))
      #expect(artifact.name == "n\(number)")
      #expect(artifact.mediaType == "text/x")
      try await client.download(artifact, to: folder.path + "/down")
      #expect(FileManager.default.contents(atPath: folder.path + "/down") == bytes)
    }
    #expect(folder.names == ["down", "up"])
  }

  @Test func `what cannot be read or is not there is said, and nothing is left`() async throws {
    let folder = try Folder()
    let service = try Service()
    let client = try await service.connect()
    func code(_ body: () async throws(ClientError) -> Void) async -> String? {
      do throws(ClientError) {
        try await body()
        return nil
      } catch {
        return error.code.rawValue
      }
    }
    let missing = await code { () async throws(ClientError) in _ = try await client.upload(folder.path + "/none") }
    #expect(missing == "file")
    let unknown = await code { () async throws(ClientError) in
      try await client.download(Self.digest, to: folder.path + "/got")
    }
    #expect(unknown == "not_found")
    let nowhere = await code { () async throws(ClientError) in
      try await client.download(Self.digest, to: folder.path + "/none/got")
    }
    #expect(nowhere == "file")
    #expect(folder.names == [])
  }
}
