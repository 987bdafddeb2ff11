internal import Digest
internal import JSON
internal import Posix
internal import Wire

/// Results of pure tools, kept for as long as the tool allows: the same tool of the same version with the same input,
/// needs and limits gives the same output.
struct ResultCache {
  private struct Entry {
    let result: ToolResult
    let bytes: Int
    let expires: BootTime
  }

  private var entries: [String: Entry] = [:]
  private var order: [String] = []
  private var bytes = 0
  /// The longest that anything is kept.
  private let longest: Milliseconds
  private let limit: Int
  private(set) var hits = 0

  /// A `longest` of 0 keeps nothing.
  init(longest: Milliseconds, limit: Int = 16 << 20) {
    self.longest = longest
    self.limit = limit
  }

  var isOn: Bool { longest > 0 }

  static func key(
    tool: String,
    worker: String,
    version: String,
    _ input: JSON,
    _ needs: Needs?,
    _ limits: ResourceLimits?
  )
    -> String
  {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("tool", tool)
    writer.member("worker", worker)
    writer.member("version", version)
    writer.member("needs", needs)
    writer.member("limits", limits)
    writer.endObject()
    return SHA256.digest(writer.finish() + input.canonical())
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

  /// `lifetime`: what the tool allows.
  mutating func store(_ result: ToolResult, for key: String, lifetime: Milliseconds, now: BootTime = .now) {
    let size = result.output.serialized().count + key.utf8.count
    // What takes too much of the room is cheaper to make again than to keep.
    guard isOn, size <= limit / 16, entries[key] == nil else { return }
    entries[key] = Entry(result: result, bytes: size, expires: now + min(lifetime, longest))
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
