import Glibc
import JSON
import Posix
import Testing
import Wire

@testable import BlobStore

@Suite struct BoundTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func open(_ change: (inout BlobStore.Limits) -> Void = { _ in }) throws -> BlobStore {
    var limits = BlobStore.Limits()
    change(&limits)
    return try BlobStore(scratch.store, limits: limits)
  }

  @Test func `a chunk of one byte too many is refused and the upload stays`() throws {
    let store = try open()
    let full = [UInt8](repeating: 7, count: Limit.blobChunkBytes)
    let upload = try store.begin(owner: 1)
    let found = failure { try store.append(upload, owner: 1, offset: 0, full + [7]) }
    #expect(found?.code == .chunkTooLarge)
    #expect(found?.message == "chunk in bytes of 1048577 exceeds the limit of 1048576")
    try store.append(upload, owner: 1, offset: 0, full)
    let digest = try store.finish(upload, owner: 1).sha256
    #expect(try store.read(digest, offset: 0, length: full.count).bytes == full)
    #expect(failure { _ = try store.read(digest, offset: 0, length: full.count + 1) }?.code == .chunkTooLarge)
  }

  @Test func `an artifact of one byte too many is refused and its upload is gone`() throws {
    let store = try open { $0.artifactBytes = 10 }
    let upload = try store.begin(owner: 1)
    try store.append(upload, owner: 1, offset: 0, [UInt8](repeating: 1, count: 10))
    let found = failure { try store.append(upload, owner: 1, offset: 10, [1]) }
    #expect(found?.code == .artifactTooLarge)
    #expect(found?.message == "artifact in bytes of 11 exceeds the limit of 10")
    #expect(store.openUploads == 0 && store.usedBytes == 0 && scratch.files().isEmpty)
  }

  @Test func `the quota counts artifacts and open uploads`() throws {
    let store = try open { $0.storeBytes = 10 }
    _ = try store.store([1, 2, 3])
    let upload = try store.begin(owner: 1)
    try store.append(upload, owner: 1, offset: 0, [4, 5, 6])
    let found = failure { _ = try store.store([1, 2, 3, 4, 5]) }
    #expect(found?.code == .quotaExceeded)
    #expect(found?.message == "artifact store in bytes of 11 exceeds the limit of 10")
    _ = try store.store([1, 2, 3, 4])
    #expect(store.usedBytes == 10)
    #expect(failure { _ = try store.store([1]) }?.code == .quotaExceeded)
    store.abandonAll(owner: 1)
    _ = try store.store([1])
    #expect(store.openUploads == 0)
  }

  @Test func `open uploads are bounded for all and for each owner`() throws {
    let store = try open {
      $0.uploads = 5
      $0.uploadsPerOwner = 3
    }
    for _ in 0..<3 { _ = try store.begin(owner: 1) }
    let own = failure { _ = try store.begin(owner: 1) }
    #expect(own?.message == "count of open uploads of this connection of 4 exceeds the limit of 3")
    for _ in 0..<2 { _ = try store.begin(owner: 2) }
    let all = failure { _ = try store.begin(owner: 3) }
    #expect(all?.code == .tooManyUploads)
    #expect(all?.message == "count of open uploads of 6 exceeds the limit of 5")
    store.abandonAll(owner: 2)
    _ = try store.begin(owner: 3)
  }

  @Test func `errors travel with the protocol's names`() {
    func wire(_ code: BlobError.Code) -> WireError.Name { BlobError(code, "x").wire.name }
    #expect(wire(.notFound) == .notFound && wire(.invalid) == .invalidParams)
    #expect(wire(.unknownUpload) == .invalidParams && wire(.wrongOffset) == .invalidParams)
    #expect(wire(.diskFull) == .unavailable && wire(.readOnly) == .unavailable && wire(.closed) == .unavailable)
    #expect(wire(.corrupted) == .internalError && wire(.overloaded) == .overloaded)
    let limit = BlobError.exceeded(.quotaExceeded, "artifacts", "x", value: 3, bound: 2).wire
    #expect(limit.name == .limitExceeded && limit.data["limit"] == "artifacts" && limit.data["value"] == 3)
  }

  @Test func `what the system refuses has a name`() {
    func code(_ number: Int32) -> BlobError.Code {
      BlobError.system(PosixError("write", errno: number), while: "writing").code
    }
    #expect(code(ENOSPC) == .diskFull && code(EDQUOT) == .diskFull && code(EROFS) == .readOnly)
    #expect(code(EACCES) == .permissionDenied && code(EPERM) == .permissionDenied && code(EIO) == .inputOutput)
  }
}

/// A small file system of its own; needs root.
@Suite(.enabled(if: geteuid() == 0, "not testable here: root"))
struct DiskTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func withSmallDisk(_ body: () throws -> Void) throws {
    try #require(mkdir(scratch.store, 0o700) == 0)
    try #require(mount("tmpfs", scratch.store, "tmpfs", 0, "size=262144,nr_inodes=12") == 0)
    defer { umount2(scratch.store, 2) }
    try body()
  }

  @Test func `a full disk is a named error and leaves nothing half written`() throws {
    try withSmallDisk {
      let store = try BlobStore(scratch.store)
      let small = try store.store(abc())
      let found = failure { _ = try store.store([UInt8](repeating: 1, count: 300_000)) }
      #expect(found?.code == .diskFull)
      #expect(found?.message == "writing an artifact failed: write: no space left on device")
      #expect(scratch.files() == [abcPath])
      #expect(store.usedBytes == 3 && store.openUploads == 0 && store.leftovers == 0)
      #expect(try store.store([UInt8](repeating: 1, count: 100_000)).bytes == 100_000, "there is room again")
      try store.verify(small.sha256)
    }
  }

  @Test func `a disk without room for a name is a named error and leaves nothing`() throws {
    try withSmallDisk {
      let store = try BlobStore(scratch.store)
      // Root, uploads, and for each artifact a folder and a file: the inodes run out at one of the two.
      var stored = 0
      var code: BlobError.Code?
      for byte in 0..<UInt8(20) {
        guard let found = failure({ _ = try store.store([byte]) }) else {
          stored += 1
          continue
        }
        code = found.code
        break
      }
      #expect(code == .diskFull)
      #expect(stored > 0 && store.artifacts == stored && store.usedBytes == Int64(stored))
      #expect(scratch.files().count == stored)
    }
  }

  @Test func `a read-only disk is a named error and what is there can be read`() throws {
    try withSmallDisk {
      let store = try BlobStore(scratch.store)
      _ = try store.store(abc())
      try #require(mount("tmpfs", scratch.store, "tmpfs", 32 | 1, "size=262144,nr_inodes=12") == 0)
      #expect(failure { _ = try store.store([1]) }?.code == .readOnly)
      #expect(try store.read(abcDigest, offset: 0, length: 3).bytes == abc())
      #expect(store.usedBytes == 3 && scratch.files() == [abcPath])
    }
  }
}

/// Runs `body` as a user whom the store's folder shuts out. Root takes another user's identity for files, which is this
/// thread's alone (setfsuid(2)); others take away their own permission.
private func withoutPermission(_ scratch: Scratch, _ body: () throws -> Void) throws {
  guard geteuid() == 0 else {
    chmod("\(scratch.store)/uploads", 0o500)
    defer { chmod("\(scratch.store)/uploads", 0o700) }
    return try body()
  }
  let symbol = try #require(dlsym(nil, "setfsuid"))
  let setfsuid = unsafeBitCast(symbol, to: (@convention(c) (UInt32) -> Int32).self)
  _ = setfsuid(65_534)
  defer { _ = setfsuid(0) }
  try body()
}

@Suite struct PermissionTests {
  @Test func `a folder that may not be written is a named error`() throws {
    let scratch = try Scratch()
    let store = try BlobStore(scratch.store)
    try withoutPermission(scratch) {
      let found = failure { _ = try store.store([1]) }
      #expect(found?.code == .permissionDenied)
      #expect(found?.message == "starting an upload failed: open 'uploads/u1': permission denied")
    }
    #expect(scratch.files().isEmpty && store.usedBytes == 0)
    #expect(try store.store([1]).bytes == 1)
  }
}
