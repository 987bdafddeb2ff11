internal import JSON
package import Wire

/// The store as `blob/read` and `blob/write` speak to it. `name` and `media_type` may come with any chunk; the last wins.
package struct BlobMessages {
  package let store: BlobStore
  private var labels: [String: Labels] = [:]

  private struct Labels {
    let owner: BlobStore.Owner
    var name: String?
    var mediaType: String?
  }

  package init(_ store: BlobStore) { self.store = store }

  package func read(_ message: BlobRead) throws(BlobError) -> BlobRead.Response {
    let part = try store.read(message.sha256, offset: message.offset, length: Int(clamping: message.length))
    return BlobRead.Response(data: part.bytes, total: part.total)
  }

  package mutating func write(_ message: BlobWrite, owner: BlobStore.Owner) throws(BlobError) -> BlobWrite.Response {
    try check(message)
    let isNew = message.upload == nil
    if isNew, message.offset != 0 {
      throw BlobError(.wrongOffset, "first chunk at offset \(message.offset) where 0 is due")
    }
    let upload = if let name = message.upload { name } else { try store.begin(owner: owner) }
    do {
      try store.append(upload, owner: owner, offset: message.offset, message.data)
    } catch {
      // The caller of a first chunk never learns the upload's name.
      if isNew { store.abandon(upload, owner: owner) }
      if !store.hasUpload(upload) { labels[upload] = nil }
      throw error
    }
    var label = labels[upload] ?? Labels(owner: owner)
    label.name = message.name ?? label.name
    label.mediaType = message.mediaType ?? label.mediaType
    labels[upload] = message.isLast ? nil : label
    guard message.isLast else { return .upload(upload) }
    let stored = try store.finish(upload, owner: owner)
    return .artifact(
      Artifact(
        sha256: stored.sha256,
        bytes: stored.bytes,
        mediaType: label.mediaType ?? "application/octet-stream",
        name: label.name ?? "artifact"
      )
    )
  }

  private func check(_ message: BlobWrite) throws(BlobError) {
    if let name = message.name, !Self.isFileName(name) {
      throw BlobError(.invalid, "\(quoted(name)) is no file name without folders of at most 255 bytes")
    }
    if let type = message.mediaType, !Self.isMediaType(type) {
      throw BlobError(.invalid, "\(quoted(type)) is no media type of at most 255 bytes")
    }
  }

  private static func isFileName(_ name: String) -> Bool {
    (1...255).contains(name.utf8.count) && name != "." && name != ".."
      && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") }
  }

  private static func isMediaType(_ type: String) -> Bool {
    (3...255).contains(type.utf8.count) && type.utf8.allSatisfy { (0x20...0x7E).contains($0) } && type.contains("/")
  }

  package mutating func abandonAll(owner: BlobStore.Owner) {
    store.abandonAll(owner: owner)
    labels = labels.filter { $0.value.owner != owner }
  }
}
