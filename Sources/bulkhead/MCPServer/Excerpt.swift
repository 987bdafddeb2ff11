internal import ClientKit
internal import JSON
internal import Posix

/// The part of an output that an answer has room for. What is longer goes to the coordinator as an artifact, whose name
/// stands where the rest was, so that another call can be given all of it.
struct Excerpt: Sendable {
  /// Bytes that one output may have in an answer.
  static let standardLimit = 64 << 10

  let text: String
  /// Whether `text` is not all of it.
  var isPart = false
  /// All of it, where `text` is not; nil where it could not be kept either.
  var artifact: Artifact?

  /// - Parameter name: of the artifact, should there be one.
  static func of(_ whole: String, name: String, limit: Int, _ link: CoordinatorLink) async -> Excerpt {
    let bytes = Array(whole.utf8)
    guard bytes.count > limit else { return Excerpt(text: whole) }
    let artifact = await stored(bytes, name, link)
    // The end of an output often says most: a quarter is for it.
    let head = prefix(bytes, limit - limit / 4)
    let tail = suffix(bytes, limit / 4)
    let left = bytes.count - head.utf8.count - tail.utf8.count
    let place = artifact.map { "all of it is artifact \($0.sha256)" } ?? "it could not be kept"
    let text = "\(head)\n[… \(left) of \(bytes.count) bytes left out; \(place) …]\n\(tail)"
    return Excerpt(text: text, isPart: true, artifact: artifact)
  }

  /// nil: the coordinator would not have it; then the answer says that the rest is lost.
  private static func stored(_ bytes: [UInt8], _ name: String, _ link: CoordinatorLink) async -> Artifact? {
    do throws(ClientError) {
      return try await link.asking { client async throws(ClientError) in
        try await client.upload(bytes: bytes, name: name, mediaType: "text/plain; charset=utf-8")
      }
    } catch {
      return nil
    }
  }

  /// At most `limit` bytes from the start, of whole characters.
  static func prefix(_ bytes: [UInt8], _ limit: Int) -> String {
    var end = min(limit, bytes.count)
    while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }

  /// At most `limit` bytes of the end, of whole characters.
  static func suffix(_ bytes: [UInt8], _ limit: Int) -> String {
    var start = max(0, bytes.count - limit)
    while start < bytes.count, bytes[start] & 0xC0 == 0x80 { start += 1 }
    return String(decoding: bytes[start...], as: UTF8.self)
  }
}
