internal import Digest
internal import Glibc
internal import JSON
internal import Posix
public import Wire

extension BulkheadClient {
  /// Gives the file at `path` to the coordinator. `name` is the file's own unless given.
  public func upload(
    _ path: String,
    name: String? = nil,
    mediaType: String = "application/octet-stream"
  ) async throws(ClientError) -> Artifact {
    let file = try await offPool { () throws(ClientError) in try LocalFile.read(path) }
    let name = name ?? String(path.split(separator: "/").last ?? "file")
    var upload: String?
    var offset: Int64 = 0
    // One chunk ahead, since only the last one may say that it is the last.
    var chunk = try await offPool { () throws(ClientError) in try file.next() }
    while true {
      let next = chunk.isEmpty ? [] : try await offPool { () throws(ClientError) in try file.next() }
      let response = try await request(
        BlobWrite(
          upload: upload,
          offset: offset,
          data: chunk,
          isLast: next.isEmpty,
          mediaType: upload == nil ? mediaType : nil,
          name: upload == nil ? name : nil
        )
      )
      switch response {
      case .artifact(let artifact) where next.isEmpty: return artifact
      case .upload(let id) where !next.isEmpty: upload = id
      default:
        throw ClientError(.notACoordinator, "coordinator answered a chunk of an upload out of turn", socket: socket)
      }
      offset += Int64(chunk.count)
      chunk = next
    }
  }

  /// Gives `bytes` to the coordinator, as `upload(_:)` does with a file.
  public func upload(
    bytes: [UInt8],
    name: String,
    mediaType: String = "application/octet-stream"
  ) async throws(ClientError) -> Artifact {
    var upload: String?
    var offset = 0
    while true {
      let end = min(bytes.count, offset + Limit.blobChunkBytes)
      let response = try await request(
        BlobWrite(
          upload: upload,
          offset: Int64(offset),
          data: Array(bytes[offset..<end]),
          isLast: end == bytes.count,
          mediaType: upload == nil ? mediaType : nil,
          name: upload == nil ? name : nil
        )
      )
      switch response {
      case .artifact(let artifact) where end == bytes.count: return artifact
      case .upload(let id) where end < bytes.count: upload = id
      default:
        throw ClientError(.notACoordinator, "coordinator answered a chunk of an upload out of turn", socket: socket)
      }
      offset = end
    }
  }

  /// Writes an artifact to a file. The file appears under its name only when it is complete and its bytes have the digest
  /// that was asked for; one that exists is replaced.
  public func download(_ artifact: String, to path: String) async throws(ClientError) {
    let file = try await offPool { () throws(ClientError) in try LocalFile.create(besides: path) }
    do throws(ClientError) {
      var hash = SHA256()
      var offset: Int64 = 0
      while true {
        let part = try await request(
          BlobRead(sha256: artifact, offset: offset, length: Int64(Limit.blobChunkBytes))
        )
        if part.data.isEmpty {
          guard offset == part.total else {
            throw ClientError(.file, "artifact \(quoted(artifact)) ended after \(offset) of \(part.total) bytes")
          }
          break
        }
        try await offPool { () throws(ClientError) in try file.append(part.data) }
        hash.update(part.data)
        offset += Int64(part.data.count)
        if offset >= part.total { break }
      }
      let digest = hash.finish()
      guard digest == artifact else {
        throw ClientError(
          .corrupted,
          "artifact \(quoted(artifact)) came with bytes of another digest, \(quoted(digest)); nothing was written"
        )
      }
      try await offPool { () throws(ClientError) in try file.finish(as: path) }
    } catch {
      file.discard()
      throw error
    }
  }

  public func download(_ artifact: Artifact, to path: String) async throws(ClientError) {
    try await download(artifact.sha256, to: path)
  }
}

/// A file of this side, used from one task at a time and always off the cooperative pool.
private final class LocalFile: Sendable {
  private let descriptor: Descriptor
  private let path: String

  private init(_ descriptor: consuming Descriptor, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  static func read(_ path: String) throws(ClientError) -> LocalFile {
    try translated { () throws(PosixError) in LocalFile(try .open(path, O_RDONLY), path) }
  }

  static func create(besides path: String) throws(ClientError) -> LocalFile {
    let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).part"
    return try translated { () throws(PosixError) in
      LocalFile(try .open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o666), temporary)
    }
  }

  /// A full chunk, or what is left; empty at the end.
  func next() throws(ClientError) -> [UInt8] {
    try Self.translated { () throws(PosixError) in
      var chunk = [UInt8](repeating: 0, count: Limit.blobChunkBytes)
      var count = 0
      while count < chunk.count {
        let read = try posix("read", path) {
          chunk.withUnsafeMutableBytes { Glibc.read(descriptor.raw, $0.baseAddress! + count, $0.count - count) }
        }
        if read == 0 { break }
        count += read
      }
      chunk.removeLast(chunk.count - count)
      return chunk
    }
  }

  func append(_ bytes: [UInt8]) throws(ClientError) {
    try Self.translated { () throws(PosixError) in try descriptor.writeAll(bytes) }
  }

  func finish(as name: String) throws(ClientError) {
    try Self.translated { () throws(PosixError) in try posix("rename", name) { rename(path, name) } }
  }

  func discard() { unlink(path) }

  @discardableResult
  private static func translated<T>(_ body: () throws(PosixError) -> T) throws(ClientError) -> T {
    do throws(PosixError) { return try body() } catch {
      throw ClientError(.file, error.description, errno: error.errno)
    }
  }
}

/// Runs what may block on a thread of its own: Swift's shared threads are few.
private func offPool<T: Sendable>(_ body: @escaping @Sendable () throws(ClientError) -> T) async throws(ClientError)
  -> T
{
  let result: Result<T, ClientError> = await withCheckedContinuation { continuation in
    startThread("bulkhead-file") { continuation.resume(returning: Result(catching: body)) }
  }
  return try result.get()
}
