import Digest
import Foundation
import Glibc
import Testing

@testable import BlobStore

@Suite struct StoreTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func open(_ change: (inout BlobStore.Limits) -> Void = { _ in }) throws -> BlobStore {
    var limits = BlobStore.Limits()
    change(&limits)
    return try BlobStore(scratch.store, limits: limits)
  }

  @Test func `an artifact is stored under its digest and read back in parts`() throws {
    let store = try open()
    let upload = try store.begin(owner: 1)
    try store.append(upload, owner: 1, offset: 0, [97])
    try store.append(upload, owner: 1, offset: 1, [])
    try store.append(upload, owner: 1, offset: 1, [98, 99])
    #expect(!store.contains(abcDigest), "not before it is finished")
    #expect(try store.finish(upload, owner: 1) == BlobStore.Stored(sha256: abcDigest, bytes: 3))
    #expect(scratch.files() == [abcPath])
    var status = stat()
    #expect(stat("\(scratch.store)/\(abcPath)", &status) == 0 && status.st_mode & 0o7777 == 0o400)
    #expect(stat(scratch.store, &status) == 0 && status.st_mode & 0o7777 == 0o700)
    #expect(try store.read(abcDigest, offset: 0, length: 2) == BlobStore.Part(bytes: [97, 98], total: 3))
    #expect(try store.read(abcDigest, offset: 2, length: 2) == BlobStore.Part(bytes: [99], total: 3))
    #expect(try store.read(abcDigest, offset: 3, length: 2) == BlobStore.Part(bytes: [], total: 3))
    #expect(try store.read(abcDigest, offset: .max, length: 2) == BlobStore.Part(bytes: [], total: 3))
    #expect(try store.read(abcDigest, offset: 0, length: 0) == BlobStore.Part(bytes: [], total: 3))
    try store.verify(abcDigest)
  }

  @Test func `nothing and much are stored too`() throws {
    let store = try open { $0.chunkBytes = 1_000 }
    #expect(try store.store([]).sha256 == emptyDigest)
    // FIPS 180-4's third example: one million times 'a'.
    let million = try store.store([UInt8](repeating: 97, count: 1_000_000))
    #expect(million.sha256 == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    #expect(store.usedBytes == 1_000_000 && store.artifacts == 2)
    try store.verify(million.sha256)
  }

  @Test func `equal artifacts are kept once`() throws {
    let store = try open()
    for _ in 0..<3 { #expect(try store.store(abc()).sha256 == abcDigest) }
    #expect(scratch.files() == [abcPath])
    #expect(store.usedBytes == 3 && store.artifacts == 1)
  }

  @Test func `a chunk at a wrong offset changes nothing`() throws {
    let store = try open()
    let upload = try store.begin(owner: 1)
    try store.append(upload, owner: 1, offset: 0, [97])
    for offset in [0, 2, -1, Int64.max, Int64.min] {
      let found = failure { try store.append(upload, owner: 1, offset: offset, [98]) }
      #expect(found?.code == .wrongOffset)
      #expect(found?.message == "chunk at offset \(offset) where 1 is due (upload '\(upload)')")
    }
    try store.append(upload, owner: 1, offset: 1, [98, 99])
    #expect(try store.finish(upload, owner: 1).sha256 == abcDigest)
  }

  @Test func `an upload belongs to its owner and ends once`() throws {
    let store = try open()
    let upload = try store.begin(owner: 1)
    #expect(failure { try store.append(upload, owner: 2, offset: 0, [1]) }?.code == .unknownUpload)
    #expect(failure { _ = try store.finish(upload, owner: 2) }?.code == .unknownUpload)
    store.abandon(upload, owner: 2)
    store.abandonAll(owner: 2)
    try store.append(upload, owner: 1, offset: 0, abc())
    _ = try store.finish(upload, owner: 1)
    let again = failure { _ = try store.finish(upload, owner: 1) }
    #expect(again?.message == "there is no open upload '\(upload)'")
    #expect(failure { try store.append("../../x", owner: 1, offset: 0, [1]) }?.code == .unknownUpload)
  }

  @Test func `interleaved uploads do not mix`() throws {
    let store = try open()
    let uploads = try (0..<8).map { try store.begin(owner: UInt64($0 % 3)) }
    for round in 0..<50 {
      for (i, upload) in uploads.enumerated() {
        let chunk = [UInt8](repeating: UInt8(i), count: i + 1)
        try store.append(upload, owner: UInt64(i % 3), offset: Int64(round * (i + 1)), chunk)
      }
    }
    for (i, upload) in uploads.enumerated().reversed() {
      let whole = [UInt8](repeating: UInt8(i), count: 50 * (i + 1))
      let stored = try store.finish(upload, owner: UInt64(i % 3))
      #expect(stored == BlobStore.Stored(sha256: SHA256.digest(whole), bytes: Int64(whole.count)))
      #expect(try store.read(stored.sha256, offset: 0, length: 1_000).bytes == whole)
    }
    #expect(store.openUploads == 0 && scratch.files().count == 8)
  }

  @Test func `an abandoned upload leaves nothing`() throws {
    let store = try open()
    let first = try store.begin(owner: 1)
    try store.append(first, owner: 1, offset: 0, abc())
    let second = try store.begin(owner: 1)
    try store.append(second, owner: 1, offset: 0, abc())
    let other = try store.begin(owner: 2)
    #expect(store.usedBytes == 6)
    store.abandon(first, owner: 1)
    #expect(store.usedBytes == 3)
    store.abandonAll(owner: 1)
    #expect(store.usedBytes == 0 && store.openUploads == 1)
    #expect(scratch.files() == ["uploads/\(other)"])
  }

  @Test func `what is no digest is never a path`() throws {
    let store = try open()
    for text in ["", "../uploads/u1", String(abcDigest.dropLast()), abcDigest.uppercased(), abcDigest + "0"] {
      #expect(failure { _ = try store.read(text, offset: 0, length: 1) }?.code == .invalid)
      #expect(failure { try store.verify(text) }?.code == .invalid)
      #expect(!store.contains(text))
    }
    let found = failure { _ = try store.read(abcDigest, offset: 0, length: 1) }
    #expect(found?.code == .notFound)
    #expect(found?.message == "there is no artifact '\(abcDigest)'")
    #expect(failure { _ = try store.read(abcDigest, offset: -1, length: 1) }?.code == .invalid)
    #expect(failure { _ = try store.read(abcDigest, offset: 0, length: -1) }?.code == .invalid)
  }

  @Test func `a damaged artifact is found when asked and healed by the next equal one`() throws {
    let store = try open()
    _ = try store.store(abc())
    let file = "\(scratch.store)/\(abcPath)"
    chmod(file, 0o600)
    try Data(Array("abd!".utf8)).write(to: URL(fileURLWithPath: file))
    let found = failure { try store.verify(abcDigest) }
    #expect(found?.code == .corrupted)
    #expect(found?.message.hasPrefix("artifact '\(abcDigest)' is damaged: its 4 bytes have the digest '") == true)
    _ = try store.store(abc())
    try store.verify(abcDigest)
  }

  @Test func `a symbolic link in an artifact's place is not followed`() throws {
    let store = try open()
    mkdir("\(scratch.store)/ba", 0o700)
    try #require(symlink("/etc/passwd", "\(scratch.store)/\(abcPath)") == 0)
    #expect(failure { _ = try store.read(abcDigest, offset: 0, length: 10) }?.code == .inputOutput)
    _ = try store.store(abc())
    #expect(try store.read(abcDigest, offset: 0, length: 10).bytes == abc())
  }

  // MARK: Opening again

  @Test func `what a crash left behind is removed and the rest is counted`() throws {
    var first: BlobStore? = try open()
    _ = try first?.store(abc())
    let upload = try #require(try first?.begin(owner: 1))
    try first?.append(upload, owner: 1, offset: 0, [1, 2, 3, 4])
    // Dropped without finishing, as a process that was killed.
    first = nil
    #expect(scratch.files() == [abcPath, "uploads/\(upload)"])
    let second = try open()
    #expect(scratch.files() == [abcPath])
    #expect(second.usedBytes == 3 && second.artifacts == 1 && second.openUploads == 0)
    #expect(try second.read(abcDigest, offset: 0, length: 3).bytes == abc())
  }

  @Test func `a store that is open is not opened again`() throws {
    let first = try open()
    let found = failure { _ = try open() }
    #expect(found?.code == .inUse)
    #expect(found?.message == "artifact store '\(scratch.store)' is in use by another process")
    withExtendedLifetime(first) {}
  }

  @Test func `a store that is a link or a file is refused`() throws {
    symlink("/tmp", scratch.store)
    #expect(failure { _ = try open() }?.code == .inputOutput)
    unlink(scratch.store)
    try Data().write(to: URL(fileURLWithPath: scratch.store))
    #expect(failure { _ = try open() }?.code == .inputOutput)
  }

  @Test func `only what nothing names and is old enough is removed`() throws {
    let store = try open()
    let kept = try store.store([1]).sha256
    let gone = try store.store([2, 2]).sha256
    #expect(try store.removeUnreferenced(olderThan: 60) { _ in false } == (0, 0))
    #expect(try store.removeUnreferenced(olderThan: 0) { $0 == kept } == (1, 2))
    #expect(store.contains(kept) && !store.contains(gone))
    #expect(store.usedBytes == 1 && store.artifacts == 1)
  }
}
