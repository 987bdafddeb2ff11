internal import JSON
internal import Models
internal import Posix

/// Answers that may be given again, the least recently used of which go first. In memory alone: it ends with the process.
///
/// Safety: lives on the worker's loop.
final class AnswerCache: @unchecked Sendable {
  static let limitBytes = 16 << 20

  private struct Entry {
    let answer: JSON
    let bytes: Int
    let until: BootTime
    var used: UInt64
  }

  private var entries: [String: Entry] = [:]
  private var bytes = 0
  private var uses: UInt64 = 0

  /// The answer to the request with this key, if it is still good.
  func find(_ key: String) -> JSON? {
    guard var entry = entries[key] else { return nil }
    if entry.until <= .now {
      remove(key)
      return nil
    }
    uses += 1
    entry.used = uses
    entries[key] = entry
    return entry.answer
  }

  func keep(_ answer: JSON, for key: String, milliseconds: Int64) {
    let size = answer.serialized().count + key.utf8.count
    guard size <= Self.limitBytes / 4, milliseconds > 0 else { return }
    remove(key)
    while bytes + size > Self.limitBytes, let oldest = entries.min(by: { $0.value.used < $1.value.used })?.key {
      remove(oldest)
    }
    uses += 1
    entries[key] = Entry(answer: answer, bytes: size, until: .now + Milliseconds(milliseconds), used: uses)
    bytes += size
  }

  private func remove(_ key: String) {
    if let entry = entries.removeValue(forKey: key) { bytes -= entry.bytes }
  }
}
