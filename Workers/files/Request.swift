internal import JSON

/// What goes into the jail.
struct Request {
  /// The largest file that is written, or edited.
  static let fileBytes = 64 << 20
  /// The largest part of a file that one call returns, and the largest file that is edited as text.
  static let readBytes = 1 << 20

  let tool: String
  let root: String
  /// Which file the root must be.
  let device: UInt64
  let inode: UInt64
  /// Beneath the root; "." is the root itself.
  let relative: String
  let budgetMS: Int64
  let input: JSON

  /// The whole path.
  var shown: String { relative == "." ? root : root == "/" ? "/" + relative : root + "/" + relative }

  var json: JSON {
    [
      "tool": .string(tool), "root": .string(root), "device": .string(String(device)),
      "inode": .string(String(inode)), "relative": .string(relative), "budget_ms": .integer(budgetMS), "input": input,
    ]
  }
}

extension Request {
  /// nil when the bytes are no request.
  init?(_ bytes: [UInt8]) {
    // Safety: a request comes from our own parent; anything else is refused as a whole.
    guard let json = try? JSON(parsing: bytes), let tool = json["tool"]?.stringValue,
      let root = json["root"]?.stringValue, let device = json["device"]?.stringValue.flatMap({ UInt64($0) }),
      let inode = json["inode"]?.stringValue.flatMap({ UInt64($0) }), let relative = json["relative"]?.stringValue,
      let budget = json["budget_ms"]?.integerValue, let input = json["input"]
    else { return nil }
    self.init(
      tool: tool,
      root: root,
      device: device,
      inode: inode,
      relative: relative,
      budgetMS: budget,
      input: input
    )
  }
}
