internal import Digest
internal import Glibc
internal import JSON
internal import Posix
internal import Wire

/// Artifacts by the SHA-256 of their bytes, on disk. Everything here blocks; `BlobService` gives it a thread.
///
/// An artifact is announced by `finish` only after its bytes and its name are on the disk. Uploads that a crash left
/// behind are removed when the store is opened. The quota counts artifacts and open uploads alike.
package final class BlobStore {
  /// At the value a thing is accepted, one above it is refused.
  package struct Limits: Sendable {
    package var chunkBytes = Limit.blobChunkBytes
    package var artifactBytes = Int64(Limit.artifactBytes)
    /// All artifacts and open uploads.
    package var storeBytes: Int64 = 16 << 30
    package var uploads = 256
    package var uploadsPerOwner = 16

    package init() {}
  }

  /// Whose upload it is: the connection that began it. Another one cannot touch it.
  package typealias Owner = UInt64

  /// The owner of what the coordinator itself stores; connections have others.
  package static let ownUploads: Owner = 0

  package struct Stored: Sendable, Equatable {
    package let sha256: String
    package let bytes: Int64
  }

  fileprivate struct Upload: ~Copyable {
    let file: Descriptor
    let path: String
    let owner: Owner
    var bytes: Int64 = 0
    var hash = SHA256()
  }

  /// A class, since a dictionary cannot hold what cannot be copied.
  private final class OpenUpload {
    var upload: Upload?
    let owner: Owner

    init(_ upload: consuming Upload) {
      owner = upload.owner
      self.upload = consume upload
    }
  }

  package let limits: Limits
  var directory: BlobDirectory
  private var uploads: [String: OpenUpload] = [:]
  private var nextUpload: UInt64 = 1
  /// Bytes of all artifacts and open uploads.
  package private(set) var usedBytes: Int64 = 0
  /// Count of artifacts.
  package private(set) var artifacts = 0

  /// Opens the store in `path`, whose parent must exist.
  package init(_ path: String, limits: Limits = Limits()) throws(BlobError) {
    self.limits = limits
    directory = try BlobDirectory(path)
    do {
      try removeLeftovers()
      try countArtifacts()
    } catch {
      throw .system(error, while: "opening the artifact store")
    }
  }

  private func removeLeftovers() throws(PosixError) {
    for name in try directory.names(in: BlobDirectory.uploads) {
      try directory.remove("\(BlobDirectory.uploads)/\(name)")
    }
  }

  private func countArtifacts() throws(PosixError) {
    for folder in try directory.names(in: ".") where folder.utf8.count == 2 {
      for name in try directory.names(in: folder) where SHA256.isDigest(folder + name) {
        guard let size = try directory.size(of: "\(folder)/\(name)") else { continue }
        usedBytes += size
        artifacts += 1
      }
    }
  }

  // MARK: Writing

  /// Starts an upload and returns its name.
  package func begin(owner: Owner) throws(BlobError) -> String {
    guard uploads.count < limits.uploads else {
      let count = Int64(uploads.count) + 1
      throw .exceeded(.tooManyUploads, "uploads", "count of open uploads", value: count, bound: Int64(limits.uploads))
    }
    let own = uploads.values.count { $0.owner == owner }
    guard own < limits.uploadsPerOwner else {
      let what = "count of open uploads of this connection"
      let bound = Int64(limits.uploadsPerOwner)
      throw .exceeded(.tooManyUploads, "uploads_per_connection", what, value: Int64(own) + 1, bound: bound)
    }
    let name = "u\(nextUpload)"
    nextUpload += 1
    let path = "\(BlobDirectory.uploads)/\(name)"
    do {
      uploads[name] = OpenUpload(Upload(file: try directory.create(path), path: path, owner: owner))
      return name
    } catch {
      throw .system(error, while: "starting an upload")
    }
  }

  private func find(_ name: String, _ owner: Owner) throws(BlobError) -> OpenUpload {
    guard let open = uploads[name], open.owner == owner else {
      throw BlobError(.unknownUpload, "there is no open upload \(quoted(name))")
    }
    return open
  }

  /// Adds `bytes`, which must continue where the last chunk ended. A wrong offset or an oversized chunk changes nothing;
  /// after any other error the upload is gone.
  package func append(_ name: String, owner: Owner, offset: Int64, _ bytes: [UInt8]) throws(BlobError) {
    let open = try find(name, owner)
    let written = open.upload?.bytes ?? 0
    guard offset == written else {
      throw BlobError(.wrongOffset, "chunk at offset \(offset) where \(written) is due (upload \(quoted(name)))")
    }
    let count = Int64(bytes.count)
    guard bytes.count <= limits.chunkBytes else {
      let bound = Int64(limits.chunkBytes)
      throw .exceeded(.chunkTooLarge, "blob_chunk_bytes", "chunk in bytes", value: count, bound: bound)
    }
    do {
      try checkRoom(written: written, adding: count)
      try open.upload?.write(bytes)
      usedBytes += count
    } catch {
      abandon(name, owner: owner)
      throw error
    }
  }

  /// Both sums are far from 64 bits: what is written is bounded by limits, what is added by a chunk.
  private func checkRoom(written: Int64, adding count: Int64) throws(BlobError) {
    guard written + count <= limits.artifactBytes else {
      let bound = limits.artifactBytes
      throw .exceeded(.artifactTooLarge, "artifact_bytes", "artifact in bytes", value: written + count, bound: bound)
    }
    guard usedBytes + count <= limits.storeBytes else {
      let what = "artifact store in bytes"
      throw .exceeded(.quotaExceeded, "artifacts", what, value: usedBytes + count, bound: limits.storeBytes)
    }
  }

  /// Ends an upload. When this returns, the artifact is on the disk.
  package func finish(_ name: String, owner: Owner) throws(BlobError) -> Stored {
    let open = try find(name, owner)
    uploads[name] = nil
    guard let upload = open.upload.take() else {
      throw BlobError(.unknownUpload, "there is no open upload \(quoted(name))")
    }
    let bytes = upload.bytes
    let path = upload.path
    let placed: (digest: String, replaced: Int64?)
    do {
      placed = try place(upload)
    } catch {
      usedBytes -= bytes
      discard(path)
      throw .system(error, while: "storing an artifact")
    }
    // The upload's bytes are counted already and are the artifact's now.
    if let replaced = placed.replaced { usedBytes -= replaced } else { artifacts += 1 }
    do {
      try directory.settle(placed.digest)
    } catch {
      throw .system(error, while: "storing an artifact")
    }
    return Stored(sha256: placed.digest, bytes: bytes)
  }

  /// The digest, and the size of the artifact that was there before.
  private func place(_ upload: consuming Upload) throws(PosixError) -> (digest: String, replaced: Int64?) {
    let path = upload.path
    let digest = upload.hash.finish()
    let replaced = try directory.size(of: BlobDirectory.path(of: digest))
    try directory.place(upload.file, path, as: digest)
    return (digest, replaced)
  }

  /// Drops an upload and its bytes; one that is gone already is no error.
  package func abandon(_ name: String, owner: Owner) {
    guard let open = uploads[name], open.owner == owner else { return }
    uploads[name] = nil
    guard let upload = open.upload.take() else { return }
    usedBytes -= upload.bytes
    discard(upload.path)
  }

  /// Drops every upload of a connection that has closed.
  package func abandonAll(owner: Owner) {
    for (name, open) in uploads where open.owner == owner { abandon(name, owner: owner) }
  }

  package func abandonAll() {
    for (name, open) in uploads { abandon(name, owner: open.owner) }
  }

  /// Stores `bytes` as one artifact.
  package func store(_ bytes: [UInt8]) throws(BlobError) -> Stored {
    let upload = try begin(owner: Self.ownUploads)
    var offset = 0
    repeat {
      let end = min(bytes.count, offset + limits.chunkBytes)
      try append(upload, owner: Self.ownUploads, offset: Int64(offset), Array(bytes[offset..<end]))
      offset = end
    } while offset < bytes.count
    return try finish(upload, owner: Self.ownUploads)
  }

  func hasUpload(_ name: String) -> Bool { uploads[name] != nil }

  func forget(bytes: Int64) {
    usedBytes -= bytes
    artifacts -= 1
  }

  package var openUploads: Int { uploads.count }

  /// A file that cannot be removed now is removed when the store is next opened.
  private func discard(_ path: String) {
    do { try directory.remove(path) } catch { leftovers += 1 }
  }

  /// Files of dropped uploads that could not be removed.
  package private(set) var leftovers = 0
}

extension BlobStore.Upload {
  /// Hashes what was written, in the same pass over the memory.
  fileprivate mutating func write(_ bytes: [UInt8]) throws(BlobError) {
    do {
      try file.writeAll(bytes)
    } catch {
      throw .system(error, while: "writing an artifact")
    }
    hash.update(bytes)
    self.bytes += Int64(bytes.count)
  }
}
