internal import Digest
internal import JSON
internal import Posix
internal import Wire

/// Results of pure tools, kept for a while: the same tool of the same version with the same input gives the same output.
struct ResultCache {
  private struct Entry {
    let result: ToolResult
    let bytes: Int
    let expires: BootTime
  }

  private var entries: [String: Entry] = [:]
  private var order: [String] = []
  private var bytes = 0
  private let lifetime: Milliseconds
  private let limit: Int
  private(set) var hits = 0

  /// A lifetime of 0 keeps nothing.
  init(lifetime: Milliseconds, limit: Int = 16 << 20) {
    self.lifetime = lifetime
    self.limit = limit
  }

  var isOn: Bool { lifetime > 0 }

  static func key(tool: String, worker: String, version: String, input: JSON) -> String {
    SHA256.digest(Array("\(tool)\n\(worker)\n\(version)\n".utf8) + input.canonical())
  }

  mutating func find(_ key: String, now: BootTime = .now) -> ToolResult? {
    guard let entry = entries[key] else { return nil }
    guard now < entry.expires else {
      entries[key] = nil
      bytes -= entry.bytes
      return nil
    }
    hits += 1
    return entry.result
  }

  mutating func store(_ result: ToolResult, for key: String, now: BootTime = .now) {
    let size = result.output.serialized().count + key.utf8.count
    // What takes too much of the room is cheaper to make again than to keep.
    guard isOn, size <= limit / 16, entries[key] == nil else { return }
    entries[key] = Entry(result: result, bytes: size, expires: now + lifetime)
    order.append(key)
    bytes += size
    // Oldest first; keys that have expired are met on the way.
    var dropped = 0
    while bytes > limit, dropped < order.count {
      if let entry = entries.removeValue(forKey: order[dropped]) { bytes -= entry.bytes }
      dropped += 1
    }
    if order.count > 2 * entries.count + 64 || dropped > 0 {
      order = order.dropFirst(dropped).filter { entries[$0] != nil }
    }
  }
}
