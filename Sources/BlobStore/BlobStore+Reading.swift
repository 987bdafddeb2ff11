internal import CLinux
internal import Digest
internal import Glibc
internal import JSON
internal import Posix

extension BlobStore {
  package struct Part: Sendable, Equatable {
    /// Empty past the end.
    package let bytes: [UInt8]
    /// Of the whole artifact.
    package let total: Int64
  }

  private func open(_ digest: String) throws(BlobError) -> Descriptor {
    guard SHA256.isDigest(digest) else {
      throw BlobError(.invalid, "\(quoted(digest)) is no SHA-256 of 64 lower-case hexadecimal digits")
    }
    do {
      if let file = try directory.openForReading(BlobDirectory.path(of: digest)) { return file }
    } catch {
      throw .system(error, while: "reading an artifact")
    }
    throw BlobError(.notFound, "there is no artifact '\(digest)'")
  }

  /// At most `length` bytes from `offset` on.
  package func read(_ digest: String, offset: Int64, length: Int) throws(BlobError) -> Part {
    guard offset >= 0, length >= 0 else {
      throw BlobError(.invalid, "\(length) bytes at offset \(offset) cannot be read")
    }
    guard length <= limits.chunkBytes else {
      let bound = Int64(limits.chunkBytes)
      throw .exceeded(.chunkTooLarge, "blob_chunk_bytes", "chunk in bytes", value: Int64(length), bound: bound)
    }
    let file = try open(digest)
    do {
      let raw = file.raw
      var status = stat()
      try posix("fstat") { fstat(raw, &status) }
      let total = Int64(status.st_size)
      let count = offset < total ? Int(min(Int64(length), total - offset)) : 0
      return Part(bytes: try Self.read(raw, offset, count), total: total)
    } catch {
      throw .system(error, while: "reading an artifact")
    }
  }

  private static func read(_ raw: Int32, _ offset: Int64, _ count: Int) throws(PosixError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let start = filled
      let got = try posix("pread") {
        bytes.withUnsafeMutableBytes {
          pread(raw, $0.baseAddress.map { $0 + start }, count - start, Int(offset) + start)
        }
      }
      if got == 0 { break }
      filled += got
    }
    bytes.removeLast(count - filled)
    return bytes
  }

  /// Whether an artifact is there; says nothing about its bytes.
  package func contains(_ digest: String) -> Bool {
    guard SHA256.isDigest(digest) else { return false }
    // Safety of the dropped error: an artifact that cannot be looked at is as good as absent, and reading it says why.
    return (try? directory.size(of: BlobDirectory.path(of: digest))) != nil
  }

  /// Reads the whole artifact and throws `corrupted` when its bytes are not those of its digest.
  package func verify(_ digest: String) throws(BlobError) {
    let file = try open(digest)
    var hash = SHA256()
    var offset: Int64 = 0
    while true {
      let bytes: [UInt8]
      do {
        bytes = try Self.read(file.raw, offset, 1 << 18)
      } catch {
        throw .system(error, while: "verifying an artifact")
      }
      if bytes.isEmpty { break }
      hash.update(bytes)
      offset += Int64(bytes.count)
    }
    let found = hash.finish()
    guard found == digest else {
      throw BlobError(.corrupted, "artifact '\(digest)' is damaged: its \(offset) bytes have the digest '\(found)'")
    }
  }

  /// Removes artifacts that nothing names: those for which `isReferenced` says no and that were stored at least
  /// `seconds` ago, so that one that a result is about to name stays. Returns what was freed.
  package func removeUnreferenced(
    olderThan seconds: Int64,
    isReferenced: (String) -> Bool
  ) throws(BlobError) -> (artifacts: Int, bytes: Int64) {
    var freed = (artifacts: 0, bytes: Int64(0))
    do {
      for folder in try directory.names(in: ".") where folder.utf8.count == 2 {
        let before = freed.artifacts
        for name in try directory.names(in: folder) where SHA256.isDigest(folder + name) {
          let path = "\(folder)/\(name)"
          guard !isReferenced(folder + name), try directory.age(of: path) >= seconds,
            let size = try directory.size(of: path)
          else { continue }
          try directory.remove(path)
          forget(bytes: size)
          freed = (freed.artifacts + 1, freed.bytes + size)
        }
        if freed.artifacts > before { try directory.synchronize(folder) }
      }
      return freed
    } catch {
      throw .system(error, while: "removing artifacts")
    }
  }
}
