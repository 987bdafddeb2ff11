internal import WorkerKit

/// Names under which the tools of a server are offered: `SERVER.TOOL`, of the characters that our names have.
struct ToolNames {
  private let server: String
  private var taken: Set<String> = []

  init(server: String) { self.server = server }

  /// A name that nobody has; nil: another tool of the server got it before.
  mutating func take(_ tool: String) -> String? {
    let name = Self.name(server, tool)
    return taken.insert(name).inserted ? name : nil
  }

  func isTaken(_ tool: String) -> Bool { taken.contains(Self.name(server, tool)) }

  static func name(_ server: String, _ tool: String) -> String {
    let cleaned = tool.unicodeScalars.map { scalar in
      scalar.isASCII && Tool.isValidName(String(scalar)) ? Character(scalar) : "_"
    }
    let name = "\(server).\(String(cleaned))"
    if name.utf8.count <= Limit.toolNameBytes { return name }
    // What is cut off still tells two names apart, the same way each time.
    return name.prefix(Limit.toolNameBytes - 9) + "-" + Self.mark(tool)
  }

  /// Eight digits of FNV-1a.
  private static func mark(_ text: String) -> String {
    var hash: UInt32 = 0x811c_9dc5
    for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
